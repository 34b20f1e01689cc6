// What every store must do for the processes that share it: let one hold a lease.

import { describe, expect, test } from 'vitest'
import { NOW, newTenant } from '../records.ts'
import type { TheStore } from './the-store.ts'

const WINDOW = 60

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
