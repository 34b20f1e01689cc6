// A clock that stands still until a test moves it.

import type { Clock } from '../../src/platform/clock.ts'

export interface FakeClock extends Clock {
  advance(seconds: number): void
}

export function createFakeClock(): FakeClock {
  // Real time, so that clients that look at a real clock agree with it until it is moved.
  let now = Math.floor(Date.now() / 1000)
  return {
    nowSeconds: () => now,
    advance: (seconds) => {
      now += seconds
    },
  }
}
