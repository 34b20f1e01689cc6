// A cookie that tells one browser from others before anyone has signed in (RFC 9700 §4.7).

import { newId } from '../platform/random.ts'
import type { CookieChange, IncomingRequest } from '../protocol/message.ts'

export function identifyBrowser(incoming: IncomingRequest): {
  browser: string
  cookies: readonly CookieChange[]
} {
  const known = incoming.cookies.browser
  if (known !== undefined) return { browser: known, cookies: [] }
  const browser = newId()
  return { browser, cookies: [{ name: 'browser', value: browser, maxAgeSeconds: undefined }] }
}
