import { describe, expect, it } from 'vitest'
import { monotonicClock, systemClock } from '../platform/clock.ts'
import { createFollowers } from './followers.ts'
import { createFollowersInMemory } from './followers-in-memory.ts'

const TENANT = 'main'
const NOBODY = new AbortController().signal

describe('an answer that waits for followers', () => {
  it('goes out when the database says nothing any more', { timeout: 10_000 }, async () => {
    const silent = () => new Promise<never>(() => undefined)
    const store = { ...createFollowersInMemory(), findFollowersBehind: silent }
    const startedAt = monotonicClock.nowMilliseconds()
    expect(await createFollowers({ store, clock: systemClock }).wait(TENANT, 1, NOBODY)).toBe(0)
    expect(monotonicClock.nowMilliseconds() - startedAt).toBeLessThan(5000)
  })

  it('waits again for who was late once, wherever it confirms the next line', async () => {
    const store = createFollowersInMemory()
    const [here, elsewhere] = [1, 2].map(() => createFollowers({ store, clock: systemClock }))
    const reads = async (at: typeof here, sequence: number) =>
      at?.note({ tenant: TENANT, follower: 'api', sequence })
    await reads(here, 1)
    expect(await here?.wait(TENANT, 2, NOBODY)).toBe(1)
    // Not waited for: the answer goes out before it has read the line, which it does soon, at the other process.
    expect(await here?.wait(TENANT, 3, NOBODY)).toBe(0)
    await reads(elsewhere, 3)
    const isBehind = async () =>
      store.findFollowersBehind({
        tenant: TENANT,
        sequence: 4,
        nowSeconds: systemClock.nowSeconds(),
      })
    await expect.poll(isBehind, { timeout: 5000 }).toEqual(['api'])
  })
})
