// bcrypt, as most of the world has it: `$2b$10$…`, or `$2a$` and `$2y$`, which mean the same since 2014. It sees the
// first 72 bytes of a password only. Runs in a thread of its own, because the library would hold up everything else.

import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { BcryptTask } from './bcrypt-thread.ts'
import { boundProblem, type HashFormat } from './format.ts'

const BCRYPT = /^(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/

/** One more doubles the time; 14 takes a second. */
const COST = { what: 'cost', least: 4, most: 14 }

export const bcryptFormat: HashFormat = {
  name: 'bcrypt',
  read(text) {
    const [, setting, cost, digest] = BCRYPT.exec(text) ?? []
    if (setting === undefined || digest === undefined) return undefined
    const problem = boundProblem([{ ...COST, value: Number(cost) }])
    if (problem !== undefined) return { problem }
    return {
      async matches(password) {
        const derived = await derive({ password, setting })
        // The setting is left out: writers differ in the unused bits of its last character.
        return timingSafeEqual(Buffer.from(derived.slice(setting.length)), Buffer.from(digest))
      },
    }
  },
}

/** A thread per check costs 30 ms and leaves nothing behind: a hash of this kind is checked until the next sign-in. */
async function derive(workerData: BcryptTask): Promise<string> {
  const worker = new Worker(new URL('./bcrypt-thread.ts', import.meta.url), { workerData })
  const [derived] = await once(worker, 'message')
  return String(derived)
}
