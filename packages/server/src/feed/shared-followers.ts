// The followers of a feed where several processes serve a tenant: an answer of one waits for those that follow at
// another. What each has read is in the store, and nothing is written for tenants whose answers wait for nobody.

import { type Clock, monotonicClock } from '../platform/clock.ts'
import { apart, waitFor } from '../platform/deadline.ts'
import type { FollowerReading } from '../store/port/followers.ts'
import type { Store } from '../store/port.ts'
import { Bells } from './bells.ts'
import {
  createFollowers,
  FORGOTTEN_SECONDS,
  type Followers,
  PATIENCE_MILLISECONDS,
} from './followers.ts'

/** How often a wait looks whether it is over, where nobody tells what others hear, and where somebody does. */
const LOOK_MILLISECONDS = 25
const LOOK_WHILE_TOLD_MILLISECONDS = 250

type FollowersInStore = Pick<
  Store,
  'recordFollowers' | 'findFollowersBehind' | 'recordLapses' | 'hearNews' | 'hearsOthers'
>

export function createSharedFollowers({
  store,
  clock,
}: {
  readonly store: FollowersInStore
  readonly clock: Clock
}): Followers {
  const here = createFollowers()
  const record = recordTogether((readings) => store.recordFollowers(readings, clock.nowSeconds()))
  const bells = new Bells(store)

  async function waitForAll(
    { tenant, sequence }: { tenant: string; sequence: number },
    ended: AbortSignal,
  ): Promise<number> {
    const overAt = monotonicClock.nowMilliseconds() + PATIENCE_MILLISECONDS
    const bell = bells.hang(tenant)
    const stop = () => bell.ring()
    ended.addEventListener('abort', stop)
    try {
      while (!ended.aborted) {
        bell.still()
        const nowSeconds = clock.nowSeconds()
        const followers = await store.findFollowersBehind({ tenant, sequence, nowSeconds })
        if (followers.length === 0) return 0
        const left = overAt - monotonicClock.nowMilliseconds()
        if (left <= 0) return await store.recordLapses({ tenant, sequence, followers })
        const pause = store.hearsOthers() ? LOOK_WHILE_TOLD_MILLISECONDS : LOOK_MILLISECONDS
        await bell.heard(Math.min(left, pause))
      }
      return 0
    } finally {
      ended.removeEventListener('abort', stop)
      bells.takeDown(bell)
    }
  }

  return {
    async hold(asking) {
      const noted = here.note(asking)
      if (noted === undefined || !asking.isAwaited) return noted?.end
      const { tenant, follower, sequence } = asking
      const expiresAtSeconds = clock.nowSeconds() + FORGOTTEN_SECONDS
      const { isInTime } = noted
      try {
        // Before the feed is read: a line that comes in between is one that it is waited for.
        await record({ tenant, follower, sequence, isInTime, expiresAtSeconds })
      } catch (error) {
        noted.end?.()
        throw error
      }
      return noted.end
    },
    // It has been revoked, whatever becomes of the waiting.
    wait: (tenant, sequence, ended) =>
      apart(() => waitForAll({ tenant, sequence }, ended)).catch(() => 0),
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

  return ({ ...reading }) => {
    gathered.set(`${reading.tenant} ${reading.follower}`, reading)
    if (next === undefined) {
      next = apart(() => underWay.then(writeGathered))
      underWay = next.catch(() => undefined)
    }
    return waitFor(next)
  }
}
