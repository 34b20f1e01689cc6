// What every store must know of those who follow a feed: how far each has read, and who is waited for.

import { describe, expect, test } from 'vitest'
import { NOW, newTenant } from '../records.ts'
import type { TheStore } from './the-store.ts'

const MOST = 64
const EXPIRY = NOW + 45

export function followerContract(store: TheStore): void {
  describe('those who follow a feed', () => {
    const readings = (tenant: string, sequence: number, followers: readonly string[]) =>
      followers.map((follower) => ({
        ...{ tenant, follower, sequence, isInTime: false, expiresAtSeconds: EXPIRY },
      }))
    const behind = (tenant: string, sequence: number, nowSeconds = NOW) =>
      store().findFollowersBehind({ tenant, sequence, nowSeconds })

    test('are behind until they have read so far, each tenant with its own', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      await store().recordFollowers(
        [...readings(tenant, 3, ['b', 'a']), ...readings(other, 3, ['c'])],
        NOW,
      )
      expect(await behind(tenant, 3)).toEqual([])
      expect(await behind(tenant, 4)).toEqual(['a', 'b'])
      await store().recordFollowers(readings(tenant, 4, ['a']), NOW)
      expect(await behind(tenant, 4)).toEqual(['b'])
      expect(await behind(other, 4)).toEqual(['c'])
    })

    test('are forgotten when they have not asked again', async () => {
      const tenant = newTenant()
      await store().recordFollowers(readings(tenant, 1, ['a']), NOW)
      expect(await behind(tenant, 2, EXPIRY - 1)).toEqual(['a'])
      expect(await behind(tenant, 2, EXPIRY)).toEqual([])
      while ((await store().deleteExpired(EXPIRY, 100)) > 0);
      expect(await behind(tenant, 2, NOW)).toEqual([])
    })

    test('ruling 2: who let one wait lapse is not waited for until it confirms in time', async () => {
      const tenant = newTenant()
      await store().recordFollowers(readings(tenant, 1, ['a', 'b']), NOW)
      await store().recordFollowers(readings(tenant, 2, ['b']), NOW)
      const lapsed = { tenant, followers: ['a', 'b'], sequence: 2 }
      // The other one has confirmed meanwhile, and nobody lapses twice.
      expect(await store().recordLapses(lapsed)).toBe(1)
      expect(await store().recordLapses(lapsed)).toBe(0)
      expect(await behind(tenant, 3)).toEqual(['b'])
      await store().recordFollowers(readings(tenant, 2, ['a']), NOW)
      expect(await behind(tenant, 3)).toEqual(['b'])
      const [inTime] = readings(tenant, 2, ['a'])
      await store().recordFollowers(inTime ? [{ ...inTime, isInTime: true }] : [], NOW)
      expect(await behind(tenant, 3)).toEqual(['a', 'b'])
    })

    test(`ruling 2: are ${MOST} at most; one more is kept when one has gone`, async () => {
      const tenant = newTenant()
      const names = Array.from({ length: MOST }, (_, index) => `api ${100 + index}`)
      await store().recordFollowers(readings(tenant, 1, names), NOW)
      await store().recordFollowers(readings(tenant, 1, ['one more']), NOW)
      expect(await behind(tenant, 2)).toEqual(names)
      // Those who are known go on.
      await store().recordFollowers(readings(tenant, 2, names.slice(1)), NOW)
      expect(await behind(tenant, 2)).toEqual(names.slice(0, 1))
      const later = { tenant, follower: 'one more', sequence: 1, isInTime: false }
      await store().recordFollowers([{ ...later, expiresAtSeconds: EXPIRY + 45 }], EXPIRY)
      expect(await behind(tenant, 2, EXPIRY)).toEqual(['one more'])
    })
  })
}
