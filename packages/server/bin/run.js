// Starts main.ts with what Node made of the sources last time. JavaScript itself, so that Node need not load what
// strips types for the sake of one file. The cache stands beside the code, because somebody who may write to it may run
// code here; where the folder is not writable there is none (decision 0028).

import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

// While the heap is small, a burst of requests makes V8 take what each of them needs for a moment for what stays. From
// then on it would put such things beside the old ones, where they and all that hangs on them live until the next full
// collection, and a server that was unlucky in its first second would be slower by a third for as long as it runs.
setFlagsFromString('--no-allocation-site-pretenuring')

enableCompileCache(fileURLToPath(new URL('../.compile-cache', import.meta.url)))
await import('../src/main.ts')
