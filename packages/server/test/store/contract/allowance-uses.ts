// What every store must do with counts of how often apps use legacy allowances.

import { describe, expect, test } from 'vitest'
import { dayOf } from '../../../src/protocol/day.ts'
import type { AllowanceUseRecord } from '../../../src/store/records.ts'
import { CLIENT, DAY, NOW, newTenant, OTHER_CLIENT } from '../records.ts'
import type { TheStore } from './the-store.ts'

const TODAY = dayOf(NOW)
const YESTERDAY = dayOf(NOW - DAY)

function use(tenant: string, given: Partial<AllowanceUseRecord> = {}): AllowanceUseRecord {
  return { tenant, clientId: CLIENT, allowance: 'implicit', day: TODAY, uses: 1, ...given }
}

export function allowanceUseContract(store: TheStore): void {
  describe('uses of legacy allowances', () => {
    test('are added up per app, allowance and day', async () => {
      const tenant = newTenant()
      await store().addAllowanceUses([
        use(tenant, { uses: 3_000_000_000 }),
        use(tenant, { allowance: 'password' }),
        use(tenant, { clientId: OTHER_CLIENT }),
        use(tenant, { day: YESTERDAY }),
      ])
      await store().addAllowanceUses([use(tenant, { uses: 5 })])
      expect(await store().listAllowanceUses(tenant, YESTERDAY)).toEqual([
        use(tenant, { day: YESTERDAY }),
        use(tenant, { uses: 3_000_000_005 }),
        use(tenant, { allowance: 'password' }),
        use(tenant, { clientId: OTHER_CLIENT }),
      ])
    })

    test('are listed from a day on, per tenant', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      await store().addAllowanceUses([
        use(tenant),
        use(tenant, { day: YESTERDAY }),
        use(other, { uses: 7 }),
      ])
      expect(await store().listAllowanceUses(tenant, TODAY)).toEqual([use(tenant)])
      expect(await store().listAllowanceUses(tenant, dayOf(NOW + DAY))).toEqual([])
      expect(await store().listAllowanceUses(other, YESTERDAY)).toEqual([use(other, { uses: 7 })])
    })

    test('cost nothing when there are none', async () => {
      const tenant = newTenant()
      await store().addAllowanceUses([])
      expect(await store().listAllowanceUses(tenant, YESTERDAY)).toEqual([])
    })

    test('are kept for 400 days', async () => {
      const tenant = newTenant()
      const days = [dayOf(NOW - 400 * DAY), dayOf(NOW - 401 * DAY)]
      await store().addAllowanceUses(days.map((day) => use(tenant, { day })))
      while ((await store().deleteExpired(NOW, 50)) > 0);
      expect(await store().listAllowanceUses(tenant, '2000-01-01')).toEqual([
        use(tenant, { day: dayOf(NOW - 400 * DAY) }),
      ])
    })
  })
}
