// The followers of a feed that an answer to a revocation waits for: APIs that say who they are. One confirms a line by its
// next request, which asks for what comes after it, at whatever process.

import { type Clock, monotonicClock } from '../platform/clock.ts'
import { apart, waitFor } from '../platform/deadline.ts'
import type { FollowerReading, FollowerStore } from '../store/port/followers.ts'
import type { NewsStore } from '../store/port/process.ts'
import { Bells } from './bells.ts'

/** For so long an answer waits at most. */
const PATIENCE_MILLISECONDS = 1000
/** Beyond it, for a database that does not say whether the wait is over. */
const GRACE_MILLISECONDS = 250
/** Who has not asked for so long follows no more. */
const FORGOTTEN_SECONDS = 45
/** How often a wait looks whether it is over, where nobody tells what others hear, and where somebody does. */
const LOOK_MILLISECONDS = 25
const LOOK_WHILE_TOLD_MILLISECONDS = 250

export interface Followers {
  /** A follower has read up to this number. To be noted before the feed is read for it. */
  note(reading: Omit<FollowerReading, 'expiresAtSeconds'>): Promise<void>
  /** Until all who are waited for have read up to this number. @returns how many have not, in the time there is */
  wait(tenant: string, sequence: number, ended: AbortSignal): Promise<number>
}

interface Line {
  readonly tenant: string
  readonly sequence: number
  readonly judgedAtMilliseconds: number
}

export function createFollowers({
  store,
  clock,
}: {
  readonly store: FollowerStore & NewsStore
  readonly clock: Pick<Clock, 'nowSeconds'>
}): Followers {
  const record = recordTogether((readings) => store.recordFollowers(readings, clock.nowSeconds()))
  const bells = new Bells(store)
  /** Tenants of which a line is to be judged. */
  const judged = new Set<string>()

  const judge = ({ tenant, sequence }: Line) =>
    store.judgeFollowers({ tenant, sequence, nowSeconds: clock.nowSeconds() })

  /** Whoever was late before, and has read this line in time, is waited for again. One line at a time says enough. */
  function judgeLater(line: Line): void {
    if (judged.has(line.tenant)) return
    judged.add(line.tenant)
    const left = line.judgedAtMilliseconds - monotonicClock.nowMilliseconds()
    const judgeNow = () => {
      judged.delete(line.tenant)
      // The next line is judged as well.
      judge(line).catch(() => undefined)
    }
    setTimeout(judgeNow, left).unref()
  }

  async function waitForAll(line: Line, ended: AbortSignal): Promise<number> {
    const { tenant, sequence } = line
    const bell = bells.hang(tenant)
    const stop = () => bell.ring()
    ended.addEventListener('abort', stop)
    try {
      while (!ended.aborted) {
        bell.still()
        const nowSeconds = clock.nowSeconds()
        const behind = await store.findFollowersBehind({ tenant, sequence, nowSeconds })
        if (behind.length === 0) break
        const left = line.judgedAtMilliseconds - monotonicClock.nowMilliseconds()
        if (left <= 0) return await judge(line)
        const pause = store.hearsOthers() ? LOOK_WHILE_TOLD_MILLISECONDS : LOOK_MILLISECONDS
        await bell.heard(Math.min(left, pause))
      }
      judgeLater(line)
      return 0
    } finally {
      ended.removeEventListener('abort', stop)
      bells.takeDown(bell)
    }
  }

  return {
    note: (reading) =>
      record({ ...reading, expiresAtSeconds: clock.nowSeconds() + FORGOTTEN_SECONDS }),
    wait(tenant, sequence, ended) {
      const judgedAtMilliseconds = monotonicClock.nowMilliseconds() + PATIENCE_MILLISECONDS
      const all = apart(() => waitForAll({ tenant, sequence, judgedAtMilliseconds }, ended))
      // The token has ended, whatever becomes of the waiting.
      return waitFor(all, PATIENCE_MILLISECONDS + GRACE_MILLISECONDS).catch(() => 0)
    },
  }
}

/** A line makes all followers read on at once: what they have read is written together, one write after the other. */
function recordTogether(
  write: (readings: readonly FollowerReading[]) => Promise<void>,
): (reading: FollowerReading) => Promise<void> {
  let gathered = new Map<string, FollowerReading>()
  let next: Promise<void> | undefined
  let underWay: Promise<void> = Promise.resolve()

  async function writeGathered(): Promise<void> {
    const readings = [...gathered.values()]
    gathered = new Map()
    next = undefined
    await write(readings)
  }

  return (reading) => {
    gathered.set(`${reading.tenant} ${reading.follower}`, reading)
    if (next === undefined) {
      next = apart(() => underWay.then(writeGathered))
      underWay = next.catch(() => undefined)
    }
    return waitFor(next)
  }
}
