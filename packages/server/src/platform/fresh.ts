// Something that other processes may change, read again on use when it is older than so long. That bounds how stale
// it can be by construction: no timer that stops, no connection that breaks unnoticed, and no read while nobody asks.

import type { Clock } from './clock.ts'

/** What changes in one process is seen by the others within a second, whatever else takes time. */
const SHARED_MAX_AGE_MS = 250

export interface Fresh<Value> {
  /** @throws what the reading threw; the next call reads again */
  get(): Promise<Value>
  /** The next call reads, whatever the age. */
  forget(): void
}

export function keepFresh<Value>(
  read: () => Promise<Value>,
  {
    clock,
    maxAgeMs = SHARED_MAX_AGE_MS,
  }: { readonly clock: Pick<Clock, 'nowMilliseconds'>; readonly maxAgeMs?: number },
): Fresh<Value> {
  let last: { readonly at: number; readonly value: Promise<Value> } | undefined
  return {
    get() {
      const now = clock.nowMilliseconds()
      // A clock that was set back must not make what is old young.
      if (last && Math.abs(now - last.at) < maxAgeMs) return last.value
      // Its age counts from the moment it was asked for: what changes while it is read may be missing.
      const reading = { at: now, value: read() }
      last = reading
      reading.value.catch(() => {
        if (last === reading) last = undefined
      })
      return reading.value
    },
    forget() {
      last = undefined
    },
  }
}
