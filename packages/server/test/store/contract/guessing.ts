// What every store must do so that guessing is limited: a failure counts, a check that was not made does not, and
// nobody outruns an allowance.

import { describe, expect, test } from 'vitest'
import {
  MOST_STRANGERS_EVENTS,
  STRANGERS_EVENTS_WINDOW_SECONDS,
} from '../../../src/store/limits.ts'
import type { Allowance, TryResult } from '../../../src/store/port/guessing.ts'
import { auditEventRecord, NOW, newTenant } from '../records.ts'
import type { TheStore } from './the-store.ts'

const WINDOW = 3600
const LIMIT = 3

const allowance = (changes: Partial<Allowance> = {}): Allowance => ({
  purpose: 'caller',
  slot: 'a',
  failures: LIMIT,
  windowSeconds: WINDOW,
  thenEverySeconds: 0,
  ...changes,
})
const SLOW = { thenEverySeconds: 10 }

type Settling = TryResult | { result: TryResult; at?: number; subject?: string | null }

export function guessContract(store: TheStore): void {
  const reserve = (tenant: string, allowances: readonly Allowance[], nowSeconds = NOW) =>
    store().reserveTry({ tenant, allowances, nowSeconds })
  const settle = (tenant: string, allowances: readonly Allowance[], settling: Settling) => {
    const {
      result,
      at = NOW,
      subject = null,
    } = typeof settling === 'string' ? { result: settling } : settling
    return store().settleTry({ tenant, allowances, result, nowSeconds: at, subject })
  }
  /** A check that is made and fails. */
  async function fail(tenant: string, allowances: readonly Allowance[], at = NOW) {
    expect(await reserve(tenant, allowances, at)).toEqual({ outcome: 'reserved' })
    return settle(tenant, allowances, { result: 'failed', at })
  }
  const RESERVED = { outcome: 'reserved' }
  const BUSY = { outcome: 'busy' }
  const spent = (seconds: number) => ({ outcome: 'spent', seconds })

  describe('what strangers bring about in the audit trail', () => {
    const QUARTER = STRANGERS_EVENTS_WINDOW_SECONDS
    const trail = async (tenant: string) =>
      (await store().listAuditEvents(tenant, { limit: 1000 })).map(
        ({ action, target }) => `${action} ${target}`,
      )
    /** A failure that uses up its allowance. */
    const spend = (tenant: string, slot: string, at = NOW) => {
      const record = auditEventRecord({ tenant, action: 'sign_in.locked', target: slot })
      const allowances = [allowance({ slot: `${slot} ${at}`, failures: 1 })]
      const event = { slot, record }
      const settling = { tenant, allowances, nowSeconds: at, subject: null, event }
      return store().settleTry({ ...settling, result: 'failed' })
    }

    test('ruling 11: is told with the failure that uses up an allowance, and with no other', async () => {
      const tenant = newTenant()
      const record = auditEventRecord({ tenant, action: 'sign_in.locked', target: 'ada' })
      const settling = { tenant, allowances: [allowance()], nowSeconds: NOW, subject: null }
      const event = { slot: 'ada', record }
      const settleAs = (result: TryResult) => store().settleTry({ ...settling, result, event })
      await settleAs('failed')
      await settleAs('failed')
      await settleAs('right')
      await settleAs('not_made')
      expect(await trail(tenant)).toEqual([])
      expect(await settleAs('failed')).toEqual([3])
      expect(await trail(tenant)).toEqual(['sign_in.locked ada'])
      await settleAs('failed')
      expect(await trail(tenant)).toEqual(['sign_in.locked ada'])
    })

    test('ruling 11: is told once for an account and source in a quarter of an hour', async () => {
      const tenant = newTenant()
      for (const at of [0, 1, QUARTER - 1]) await spend(tenant, 'ada', NOW + at)
      await spend(tenant, 'bo', NOW + 1)
      expect(await trail(tenant)).toEqual(['sign_in.locked bo', 'sign_in.locked ada'])
      await spend(tenant, 'ada', NOW + QUARTER)
      expect(await trail(tenant)).toHaveLength(3)
    })

    test('security L5: is a hundred events for a tenant in a quarter of an hour, and one that counts the rest', async () => {
      const [tenant, quiet, other] = [newTenant(), newTenant(), newTenant()]
      for (let at = 0; at < MOST_STRANGERS_EVENTS + 3; at += 1) {
        await spend(tenant, `account ${at}`)
        await spend(quiet, `account ${at}`)
      }
      expect(await trail(tenant)).toHaveLength(MOST_STRANGERS_EVENTS)
      await spend(other, 'account 0')
      expect(await trail(other)).toHaveLength(1)
      await spend(tenant, 'later', NOW + QUARTER)
      expect((await trail(tenant)).slice(0, 2)).toEqual([
        'sign_in.locked later',
        'audit_event.left_out count:3',
      ])
      // Where nobody comes any more, the clean-up tells it; once.
      for (const at of [QUARTER - 1, QUARTER, QUARTER]) await store().deleteExpired(NOW + at, 1000)
      for (const each of [tenant, quiet]) {
        const told = (await trail(each)).filter((text) => text.startsWith('audit_event.left_out'))
        expect(told).toEqual(['audit_event.left_out count:3'])
      }
      expect(await trail(other)).toHaveLength(1)
    })
  })

  describe('an allowance of failures', () => {
    test('lets so many checks fail, then none until its window is over', async () => {
      const tenant = newTenant()
      const all = [allowance()]
      expect(await fail(tenant, all)).toEqual([1])
      expect(await fail(tenant, all, NOW + 10)).toEqual([2])
      expect(await fail(tenant, all, NOW + 20)).toEqual([3])
      expect(await reserve(tenant, all, NOW + 20)).toEqual(spent(WINDOW - 20))
      expect(await reserve(tenant, all, NOW + WINDOW - 1)).toEqual(spent(1))
      expect(await fail(tenant, all, NOW + WINDOW)).toEqual([1])
    })

    test('has no more places under way than failures that it would allow', async () => {
      const tenant = newTenant()
      const all = [allowance()]
      await fail(tenant, all)
      expect(await reserve(tenant, all)).toEqual(RESERVED)
      expect(await reserve(tenant, all)).toEqual(RESERVED)
      expect(await reserve(tenant, all)).toEqual(BUSY)
      await settle(tenant, all, 'not_made')
      expect(await reserve(tenant, all)).toEqual(RESERVED)
      expect(await settle(tenant, all, 'failed')).toEqual([2])
      expect(await reserve(tenant, all)).toEqual(BUSY)
    })

    test('counts nothing for a check that was right, or not made', async () => {
      const tenant = newTenant()
      const all = [allowance()]
      for (let turn = 0; turn < 2 * LIMIT; turn++) {
        expect(await reserve(tenant, all)).toEqual(RESERVED)
        expect(await settle(tenant, all, turn % 2 === 0 ? 'right' : 'not_made')).toEqual([0])
      }
    })

    test('starts anew with a check that is right, where it says so', async () => {
      const tenant = newTenant()
      const all = [allowance({ endsWithSuccess: true }), allowance({ purpose: 'source' })]
      await fail(tenant, all)
      await reserve(tenant, all)
      expect(await settle(tenant, all, 'not_made')).toEqual([1, 1])
      await reserve(tenant, all)
      expect(await settle(tenant, all, 'right')).toEqual([0, 1])
    })

    test('has its places back when a process that took them is gone', async () => {
      const tenant = newTenant()
      const all = [allowance()]
      for (let turn = 0; turn < LIMIT; turn++) await reserve(tenant, all)
      expect(await reserve(tenant, all, NOW + 59)).toEqual(BUSY)
      expect(await reserve(tenant, all, NOW + 60)).toEqual(RESERVED)
    })

    test('can let one check through in so many seconds when it is used up', async () => {
      const tenant = newTenant()
      const all = [allowance(SLOW)]
      for (let turn = 0; turn < LIMIT; turn++) await fail(tenant, all)
      expect(await reserve(tenant, all, NOW + 4)).toEqual(spent(6))
      expect(await fail(tenant, all, NOW + 10)).toEqual([4])
      expect(await reserve(tenant, all, NOW + 10)).toEqual(spent(10))
      expect(await reserve(tenant, all, NOW + 20)).toEqual(RESERVED)
      expect(await reserve(tenant, all, NOW + 20)).toEqual(spent(10))
      // That one was not made: it is the turn of the next at once.
      await settle(tenant, all, { result: 'not_made', at: NOW + 21 })
      expect(await reserve(tenant, all, NOW + 21)).toEqual(RESERVED)
    })

    test('can let those go first who have not failed', async () => {
      const tenant = newTenant()
      const own = (slot: string) => allowance({ purpose: 'caller', slot, failures: 10 })
      const common = allowance({
        ...{ purpose: 'strangers', slot: 'ada', ...SLOW },
        thenEverySecondsAfterFailures: 20,
      })
      for (let turn = 0; turn < LIMIT; turn++) await fail(tenant, [own('bad'), common])
      expect(await reserve(tenant, [own('bad'), common], NOW + 10)).toEqual(spent(10))
      expect(await reserve(tenant, [own('good'), common], NOW + 9)).toEqual(spent(1))
      expect(await reserve(tenant, [own('good'), common], NOW + 10)).toEqual(RESERVED)
    })

    test('takes places in all of several or in none, and names what keeps it', async () => {
      const tenant = newTenant()
      const [wide, narrow] = [allowance({ failures: 9 }), allowance({ purpose: 'z', failures: 1 })]
      await fail(tenant, [narrow])
      for (let turn = 0; turn < 20; turn++) {
        expect(await reserve(tenant, [wide, narrow])).toEqual(spent(WINDOW))
      }
      expect(await settle(tenant, [wide], 'failed')).toEqual([1])
      for (let turn = 0; turn < 8; turn++) expect(await reserve(tenant, [wide])).toEqual(RESERVED)
    })

    test('is one per tenant, purpose and slot', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      for (let turn = 0; turn < LIMIT; turn++) await fail(tenant, [allowance()])
      expect(await reserve(tenant, [allowance()])).toEqual(spent(WINDOW))
      expect(await reserve(other, [allowance()])).toEqual(RESERVED)
      expect(await reserve(tenant, [allowance({ purpose: 'other' })])).toEqual(RESERVED)
      expect(await reserve(tenant, [allowance({ slot: 'b' })])).toEqual(RESERVED)
    })

    test('goes when its window is over, and not before', async () => {
      const tenant = newTenant()
      await fail(tenant, [allowance()])
      while ((await store().deleteExpired(NOW + WINDOW - 1, 50)) > 0);
      expect(await settle(tenant, [allowance()], 'not_made')).toEqual([1])
      while ((await store().deleteExpired(NOW + WINDOW, 50)) > 0);
      expect(await settle(tenant, [allowance()], 'not_made')).toEqual([0])
    })
  })

  describe('a failure of a look-up', () => {
    const count = (tenant: string, nowSeconds = NOW, changes: Partial<Allowance> = {}) =>
      store().countFailure({ tenant, allowance: allowance(changes), nowSeconds })
    const listed = async (tenant: string, nowSeconds = NOW) =>
      (await store().listSpentAllowances(nowSeconds, { limit: 1000 })).filter(
        (each) => each.tenant === tenant,
      )

    test('counts as often as is allowed, and says when it was one too many', async () => {
      const tenant = newTenant()
      for (const failures of [1, 2, 3]) expect(await count(tenant)).toEqual({ failures })
      expect(await count(tenant, NOW + 5)).toEqual({ spentForSeconds: WINDOW - 5 })
      expect(await count(tenant, NOW + WINDOW)).toEqual({ failures: 1 })
      expect(await count(tenant, NOW + WINDOW + 1)).toEqual({ failures: 2 })
      expect(await count(tenant, NOW + 2 * WINDOW)).toEqual({ failures: 1 })
    })

    test('is on the list of what is used up from the last that is allowed until the window ends', async () => {
      const tenant = newTenant()
      await count(tenant)
      await count(tenant)
      expect(await listed(tenant)).toEqual([])
      await count(tenant)
      const { purpose, slot } = allowance()
      const entry = { tenant, purpose, slot, spentUntilSeconds: NOW + WINDOW }
      expect(await listed(tenant, NOW + WINDOW - 1)).toEqual([entry])
      expect(await listed(tenant, NOW + WINDOW)).toEqual([])
      await count(tenant, NOW + WINDOW)
      expect(await listed(tenant, NOW + WINDOW)).toEqual([])
    })

    test('is on that list at once where one is allowed', async () => {
      const tenant = newTenant()
      expect(await count(tenant, NOW, { failures: 1 })).toEqual({ failures: 1 })
      expect(await listed(tenant)).toHaveLength(1)
      expect(await count(tenant, NOW, { failures: 1 })).toEqual({ spentForSeconds: WINDOW })
    })
  })

  describe('the failures of a user', () => {
    test('are listed while an allowance is used up, and can be lifted', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      const failOf = async (where: string, slot: string, subject: string | null) => {
        const all = [allowance({ slot, failures: 1 })]
        await reserve(where, all)
        await settle(where, all, { result: 'failed', subject })
      }
      await failOf(tenant, 'a', 'ada')
      await failOf(tenant, 'b', 'bob')
      await failOf(tenant, 'c', null)
      await failOf(other, 'a', 'ada')
      await settle(tenant, [allowance({ slot: 'd' })], { result: 'failed', subject: 'dan' })
      const names = async (where: string, now = NOW) =>
        (await store().listLockedSubjects(where, now, { limit: 10 })).map(({ subject }) => subject)
      expect(await names(tenant)).toEqual(['ada', 'bob'])
      expect(await names(tenant, NOW + WINDOW)).toEqual([])
      expect(await store().listLockedSubjects(tenant, NOW, { limit: 1 })).toEqual([
        { subject: 'ada', purpose: 'caller', failures: 1, windowEndsAtSeconds: NOW + WINDOW },
      ])
      expect(await store().liftFailures(tenant, ['nobody', 'ada'])).toBe(true)
      expect(await store().liftFailures(tenant, ['nobody', 'ada'])).toBe(false)
      expect(await names(tenant)).toEqual(['bob'])
      expect(await names(other)).toEqual(['ada'])
    })
  })

  describe('a known caller', () => {
    const DAY = 86_400
    const key = (tenant: string, changes: object = {}) => ({
      ...{ tenant, account: 'ada', slot: '1', caller: 'home' },
      ...changes,
    })
    const remember = (tenant: string, lastAtSeconds: number, changes: object = {}) =>
      store().rememberCaller({
        ...key(tenant, changes),
        lastAtSeconds,
        expiresAtSeconds: lastAtSeconds + DAY,
      })

    test('is known at this account alone, until it has not been seen for long', async () => {
      const tenant = newTenant()
      const find = (changes: object, now = NOW) =>
        store().findKnownCaller(key(tenant, changes), now)
      expect(await find({})).toBeNull()
      await remember(tenant, NOW)
      expect(await find({})).toBe(NOW)
      expect(await find({ account: 'bob' })).toBeNull()
      expect(await find({ caller: 'office' })).toBeNull()
      expect(await find({ tenant: newTenant() })).toBeNull()
      expect(await find({}, NOW + DAY)).toBeNull()
      await remember(tenant, NOW + 10)
      expect(await find({}, NOW + DAY)).toBe(NOW + 10)
      await store().deleteExpired(NOW + DAY + 10, 50)
      expect(await find({})).toBeNull()
    })

    test('takes the place of another in its slot', async () => {
      const tenant = newTenant()
      await remember(tenant, NOW)
      await remember(tenant, NOW + 1, { caller: 'office' })
      expect(await store().findKnownCaller(key(tenant), NOW)).toBeNull()
      expect(await store().findKnownCaller(key(tenant, { caller: 'office' }), NOW)).toBe(NOW + 1)
    })
  })
}
