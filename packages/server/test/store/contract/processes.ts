// What every store must do for the processes that share it: count failed guesses, and let one hold a lease.

import { describe, expect, test } from 'vitest'
import { hashOf, NOW, newTenant } from '../records.ts'
import type { TheStore } from './the-store.ts'

const WINDOW = 60

export function guessContract(store: TheStore): void {
  describe('failed guesses', () => {
    const fail = (purpose: string, who: string, nowSeconds = NOW) =>
      store().recordFailedGuess({
        ...{ purpose, hash: hashOf(who), nowSeconds },
        windowEndsAtSeconds: nowSeconds + WINDOW,
      })
    const blocked = (purpose: string, failures: number, nowSeconds = NOW) =>
      store().listBlockedGuesses({ purpose, failures, nowSeconds })

    test('are counted by purpose and by whose they are', async () => {
      const [purpose, other] = [newTenant(), newTenant()]
      expect(await fail(purpose, 'ada')).toBe(1)
      expect(await fail(purpose, 'ada')).toBe(2)
      expect(await fail(purpose, 'bo')).toBe(1)
      expect(await fail(other, 'ada')).toBe(1)
      expect(await blocked(purpose, 3)).toEqual([])
      expect(await blocked(purpose, 2)).toEqual([
        { hash: hashOf('ada'), windowEndsAtSeconds: NOW + WINDOW },
      ])
    })

    test('count from the first one until its window is over, then anew', async () => {
      const purpose = newTenant()
      await fail(purpose, 'ada')
      expect(await fail(purpose, 'ada', NOW + WINDOW - 1)).toBe(2)
      expect(await blocked(purpose, 2, NOW + WINDOW - 1)).toHaveLength(1)
      expect(await blocked(purpose, 2, NOW + WINDOW)).toEqual([])
      expect(await fail(purpose, 'ada', NOW + WINDOW)).toBe(1)
      expect(await fail(purpose, 'ada', NOW + WINDOW)).toBe(2)
      expect(await blocked(purpose, 2, NOW + WINDOW)).toEqual([
        { hash: hashOf('ada'), windowEndsAtSeconds: NOW + 2 * WINDOW },
      ])
    })

    test('go when their window is over, and not before', async () => {
      const purpose = newTenant()
      await fail(purpose, 'ada')
      while ((await store().deleteExpired(NOW + WINDOW - 1, 50)) > 0);
      expect(await fail(purpose, 'ada')).toBe(2)
      while ((await store().deleteExpired(NOW + WINDOW, 50)) > 0);
      // Had it stayed, this one would be the third.
      expect(await fail(purpose, 'ada')).toBe(1)
    })
  })
}

export function leaseContract(store: TheStore): void {
  describe('a lease', () => {
    const take = (task: string, holder: string, nowSeconds = NOW) =>
      store().takeLease({ task, holder, nowSeconds, endsAtSeconds: nowSeconds + WINDOW })

    test('is held by one, who may take it again before it ends', async () => {
      const [task, other] = [newTenant(), newTenant()]
      expect(await take(task, 'a')).toBe(true)
      expect(await take(task, 'b')).toBe(false)
      expect(await take(other, 'b')).toBe(true)
      expect(await take(task, 'a', NOW + WINDOW - 1)).toBe(true)
      expect(await take(task, 'b', NOW + WINDOW)).toBe(false)
    })

    test('of a holder that has died is anybody’s when it has ended', async () => {
      const task = newTenant()
      await take(task, 'a')
      expect(await take(task, 'b', NOW + WINDOW - 1)).toBe(false)
      expect(await take(task, 'b', NOW + WINDOW)).toBe(true)
      expect(await take(task, 'a', NOW + WINDOW)).toBe(false)
    })

    test('that its holder gives back is free, and nobody else can give it back', async () => {
      const task = newTenant()
      await take(task, 'a')
      expect(await store().endLease(task, 'b')).toBe(false)
      expect(await take(task, 'b')).toBe(false)
      expect(await store().endLease(task, 'a')).toBe(true)
      expect(await take(task, 'b')).toBe(true)
    })
  })
}
