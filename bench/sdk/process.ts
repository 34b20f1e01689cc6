// The process in which the SDK is measured: an API that does nothing else.

import { measureSdk, type SdkInput } from './costs.ts'

process.once('message', async (input: SdkInput) => {
  process.send?.(await measureSdk(input))
  process.disconnect?.()
})
