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
    const listOf = (tenant: string, fromDay: string) =>
      store().listAllowanceUses({ tenant, clientId: CLIENT, fromDay })

    test('are added up per app and allowance', async () => {
      const tenant = newTenant()
      await store().addAllowanceUses([
        use(tenant, { uses: 3_000_000_000 }),
        use(tenant, { allowance: 'password' }),
        use(tenant, { clientId: OTHER_CLIENT }),
        use(tenant, { day: YESTERDAY }),
      ])
      await store().addAllowanceUses([use(tenant, { uses: 5 })])
      expect(await listOf(tenant, YESTERDAY)).toEqual([
        { allowance: 'implicit', uses: 3_000_000_006, lastDay: TODAY },
        { allowance: 'password', uses: 1, lastDay: TODAY },
      ])
      const ofOther = { tenant, clientId: OTHER_CLIENT, fromDay: YESTERDAY }
      expect(await store().listAllowanceUses(ofOther)).toEqual([
        { allowance: 'implicit', uses: 1, lastDay: TODAY },
      ])
    })

    test('are listed from a day on, per tenant', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      await store().addAllowanceUses([
        use(tenant),
        use(tenant, { day: YESTERDAY }),
        use(other, { uses: 7 }),
      ])
      const ofToday = { allowance: 'implicit', uses: 1, lastDay: TODAY }
      expect(await listOf(tenant, TODAY)).toEqual([ofToday])
      expect(await listOf(tenant, dayOf(NOW + DAY))).toEqual([])
      expect(await listOf(other, YESTERDAY)).toEqual([{ ...ofToday, uses: 7 }])
    })

    test('cost nothing when there are none', async () => {
      const tenant = newTenant()
      await store().addAllowanceUses([])
      expect(await listOf(tenant, YESTERDAY)).toEqual([])
    })

    test('are kept for 400 days', async () => {
      const tenant = newTenant()
      const days = [dayOf(NOW - 400 * DAY), dayOf(NOW - 401 * DAY)]
      await store().addAllowanceUses(days.map((day) => use(tenant, { day })))
      while ((await store().deleteExpired(NOW, 50)) > 0);
      expect(await listOf(tenant, '2000-01-01')).toEqual([
        { allowance: 'implicit', uses: 1, lastDay: dayOf(NOW - 400 * DAY) },
      ])
    })
  })
}
