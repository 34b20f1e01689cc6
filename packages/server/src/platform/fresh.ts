// Something that other processes may change, read again on use when it is older than so long. That bounds how stale
// it can be by construction: no timer that stops, no connection that breaks unnoticed, and no read while nobody asks.

import type { Clock } from './clock.ts'
import { apart, waitFor } from './deadline.ts'

/** What changes in one process is seen by the others within a second, whatever else takes time. */
const SHARED_MAX_AGE_MS = 250

export interface Fresh<Value> {
  /** @throws what the reading threw, or DeadlineError; the next call reads again */
  get(): Promise<Value>
  /** The next call reads, whatever the age. */
  forget(): void
}

interface Reading<Value> {
  readonly at: number
  readonly value: Promise<Value>
  isDone: boolean
}

export function keepFresh<Value>(
  read: () => Promise<Value>,
  {
    clock,
    maxAgeMs = SHARED_MAX_AGE_MS,
  }: { readonly clock: Pick<Clock, 'nowMilliseconds'>; readonly maxAgeMs?: number },
): Fresh<Value> {
  let last: Reading<Value> | undefined
  return {
    get() {
      const now = clock.nowMilliseconds()
      // A clock that was set back must not make what is old young.
      if (last && Math.abs(now - last.at) < maxAgeMs)
        return last.isDone ? last.value : waitFor(last.value)
      // Its age counts from the moment it was asked for: what changes while it is read may be missing.
      const reading: Reading<Value> = { at: now, value: apart(read), isDone: false }
      last = reading
      reading.value.then(
        () => {
          reading.isDone = true
        },
        () => {
          if (last === reading) last = undefined
        },
      )
      return waitFor(reading.value)
    },
    forget() {
      last = undefined
    },
  }
}
