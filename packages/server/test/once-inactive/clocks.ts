// The clocks of a world without real time: one monotonic clock, and a wall clock for each machine that can be stepped.

import type { Clock } from '../../src/platform/clock.ts'

/** In the middle of a day of 2026: a test that depends on the date fails on every day or on none. */
const START_SECONDS = 1_780_000_000

/** How far the clock of a machine may be off, either way. */
const FARTHEST_OFF_SECONDS = 60

export interface Machine extends Clock {
  /** Sets its wall clock, which no monotonic clock notices. */
  step(seconds: number): void
}

export interface Clocks {
  /** Time goes by for everybody. */
  pass(seconds: number): void
  createMachine(): Machine
  /** Makes the clocks of this process those of one machine, for code that is handed none. @returns what puts them back */
  install(machine: Machine): () => void
}

export function createClocks(): Clocks {
  let passedSeconds = 0
  return {
    pass(seconds) {
      passedSeconds += seconds
    },
    createMachine() {
      let steppedSeconds = 0
      const nowSeconds = () => START_SECONDS + passedSeconds + steppedSeconds
      return {
        nowSeconds,
        nowMilliseconds: () => nowSeconds() * 1000,
        step(seconds) {
          steppedSeconds = Math.min(
            Math.max(steppedSeconds + seconds, -FARTHEST_OFF_SECONDS),
            FARTHEST_OFF_SECONDS,
          )
        },
      }
    },
    install(machine) {
      const [wall, monotonic] = [Date.now, performance.now]
      Date.now = () => machine.nowMilliseconds()
      performance.now = () => passedSeconds * 1000
      return () => {
        Date.now = wall
        performance.now = monotonic
      }
    },
  }
}
