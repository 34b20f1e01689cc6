// What every store must know of those who follow a feed: how far each has read, and who is waited for.

import { describe, expect, test } from 'vitest'
import type { FollowerStore } from '../../../src/store/port/followers.ts'
import { NOW, newTenant } from '../records.ts'

const MOST = 64
const EXPIRY = NOW + 45

export function followerContract(store: () => FollowerStore): void {
  describe('those who follow a feed', () => {
    const readings = (tenant: string, sequence: number, followers: readonly string[]) =>
      followers.map((follower) => ({
        ...{ tenant, follower, sequence, expiresAtSeconds: EXPIRY },
      }))
    const behind = (tenant: string, sequence: number, nowSeconds = NOW) =>
      store().findFollowersBehind({ tenant, sequence, nowSeconds })

    const judge = (tenant: string, sequence: number, nowSeconds = NOW) =>
      store().judgeFollowers({ tenant, sequence, nowSeconds })

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
      expect(await judge(tenant, 2, EXPIRY)).toBe(0)
    })

    test('ruling 2: who let one wait lapse is not waited for until it reads a line in time', async () => {
      const tenant = newTenant()
      await store().recordFollowers(readings(tenant, 1, ['a', 'b']), NOW)
      await store().recordFollowers(readings(tenant, 2, ['b']), NOW)
      expect(await judge(tenant, 2)).toBe(1)
      // Nobody lapses twice.
      expect(await judge(tenant, 2)).toBe(0)
      expect(await behind(tenant, 3)).toEqual(['b'])
      // Late, but it asks: the next line shows whether it is in time again.
      await store().recordFollowers(readings(tenant, 2, ['a']), NOW)
      expect(await behind(tenant, 3)).toEqual(['b'])
      await store().recordFollowers(readings(tenant, 3, ['a', 'b']), NOW)
      expect(await judge(tenant, 3)).toBe(0)
      expect(await behind(tenant, 4)).toEqual(['a', 'b'])
    })

    test(`ruling 2: are ${MOST} at most; one more is kept when one has gone`, async () => {
      const tenant = newTenant()
      const names = Array.from({ length: MOST }, (_, index) => `api ${100 + index}`)
      await store().recordFollowers(readings(tenant, 1, names), NOW)
      const oneMore = { tenant, follower: 'one more', sequence: 1 }
      await store().recordFollowers([{ ...oneMore, expiresAtSeconds: EXPIRY }], NOW)
      expect(await behind(tenant, 2)).toEqual(names)
      // Those who are known go on.
      await store().recordFollowers(readings(tenant, 2, names.slice(1)), NOW)
      expect(await behind(tenant, 2)).toEqual(names.slice(0, 1))
      await store().recordFollowers([{ ...oneMore, expiresAtSeconds: EXPIRY + 45 }], EXPIRY)
      expect(await behind(tenant, 2, EXPIRY)).toEqual(['one more'])
    })

    test('ruling 2: who is waited for no more leaves the place to others, and is remembered', async () => {
      const tenant = newTenant()
      const silent = Array.from({ length: MOST }, (_, index) => `silent ${100 + index}`)
      await store().recordFollowers(readings(tenant, 1, silent), NOW)
      expect(await judge(tenant, 2)).toBe(MOST)
      await store().recordFollowers(readings(tenant, 1, ['one more', ...silent]), NOW)
      expect(await behind(tenant, 2)).toEqual(['one more'])
    })
  })
}
