// Those who wait for a place that others have: first come, first served, one for each place that is given back, and
// nobody for longer than a while.

import { monotonicClock } from './clock.ts'
import { giveUpAtMilliseconds } from './deadline.ts'

export interface Line {
  /**
   * Tries at once, then whenever a place by one of these names is given back and it is this one's turn.
   * @returns what the first try gives that gives something, or undefined when the time is over
   */
  take<Place>(
    names: readonly string[],
    attempt: () => Promise<Place | undefined>,
  ): Promise<Place | undefined>
  /** A place by each of these names was given back. */
  wake(names: readonly string[]): void
}

export interface LineLimits {
  readonly longestMs: number
  /** Tries again meanwhile, because what other processes give back cannot be seen. */
  readonly tryAgainMs: number
}

export function createLine({ longestMs, tryAgainMs }: LineLimits): Line {
  const lines = new Map<string, Set<() => void>>()

  function leave(names: readonly string[], wakeUp: () => void): void {
    for (const name of names) {
      const line = lines.get(name)
      line?.delete(wakeUp)
      if (line?.size === 0) lines.delete(name)
    }
  }

  function wait(names: readonly string[], milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wakeUp = () => {
        clearTimeout(timer)
        leave(names, wakeUp)
        resolve()
      }
      const timer = setTimeout(wakeUp, milliseconds)
      for (const name of names) {
        const line = lines.get(name) ?? new Set()
        lines.set(name, line.add(wakeUp))
      }
    })
  }

  return {
    async take(names, attempt) {
      const untilMs = giveUpAtMilliseconds(longestMs)
      for (;;) {
        const place = await attempt()
        const leftMs = untilMs - monotonicClock.nowMilliseconds()
        if (place !== undefined || leftMs <= 0) return place
        await wait(names, Math.min(leftMs, tryAgainMs))
      }
    },
    wake(names) {
      const first = names.flatMap((name) => lines.get(name)?.values().next().value ?? [])
      for (const wakeUp of new Set(first)) wakeUp()
    },
  }
}
