// A clock that stands still until a test moves it.

import type { Clock } from '../../src/platform/clock.ts'

export interface FakeClock extends Clock {
  advance(seconds: number): void
  /** Moves on for one act and back again: the sample API beside the server looks at a real clock. */
  ahead<T>(seconds: number, act: () => Promise<T>): Promise<T>
}

export function createFakeClock(): FakeClock {
  // Real time, so that clients that look at a real clock agree with it until it is moved.
  let now = Math.floor(Date.now() / 1000)
  return {
    nowSeconds: () => now,
    nowMilliseconds: () => now * 1000,
    advance: (seconds) => {
      now += seconds
    },
    async ahead(seconds, act) {
      now += seconds
      try {
        return await act()
      } finally {
        now -= seconds
      }
    },
  }
}
