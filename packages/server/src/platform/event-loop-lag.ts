// How late the event loop is: what is due waits for so long, because the process has too much to do.

import { monotonicClock } from './clock.ts'

export interface EventLoopLag {
  /** As it was lately. One long pause, such as that of a garbage collection, is no lag: it is over. */
  lastingMilliseconds(): number
  stop(): void
}

const LOOK_EVERY_MS = 100

export function watchEventLoop(): EventLoopLag {
  let due = monotonicClock.nowMilliseconds() + LOOK_EVERY_MS
  let before = 0
  let last = 0
  const timer = setInterval(() => {
    const now = monotonicClock.nowMilliseconds()
    before = last
    last = Math.max(0, now - due)
    due = now + LOOK_EVERY_MS
  }, LOOK_EVERY_MS).unref()
  return {
    lastingMilliseconds: () => Math.min(before, last),
    stop: () => clearInterval(timer),
  }
}
