// What every store must do with counts of calls per version of the API.

import { describe, expect, test } from 'vitest'
import { asClientId } from '../../../src/protocol/ids.ts'
import type { VersionUses } from '../../../src/store/port/versions.ts'
import type { OneTimeId, Store } from '../../../src/store/port.ts'
import type { VersionUseRecord } from '../../../src/store/records.ts'
import { CLIENT, clientRecord, DAY, NOW, newTenant, OTHER_CLIENT } from '../records.ts'
import type { TheStore } from './the-store.ts'

const dayOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10)
const TODAY = dayOf(NOW)

async function tenantWithApps(store: Store): Promise<string> {
  const tenant = newTenant()
  await store.createClient(clientRecord({ tenant }), null)
  await store.createClient(clientRecord({ tenant, id: OTHER_CLIENT }), null)
  return tenant
}

function use(tenant: string, given: Partial<VersionUseRecord> = {}): VersionUseRecord {
  return { tenant, clientId: CLIENT, version: '1.7.0', day: TODAY, calls: 1, ...given }
}

function sum(given: Partial<VersionUses> = {}): VersionUses {
  return { clientId: CLIENT, version: '1.7.0', calls: 1, lastDay: TODAY, ...given }
}

function batch(tenant: string, id: string): OneTimeId {
  return { tenant, purpose: 'version uses', id, expiresAtSeconds: NOW + DAY }
}

export function versionUseContract(store: TheStore): void {
  describe('uses of versions', () => {
    const list = (tenant: string, fromDay = TODAY) =>
      store().listVersionUses({ tenant, clientId: null, fromDay })

    test('are added up per app and version', async () => {
      const tenant = await tenantWithApps(store())
      const uses = [
        use(tenant, { calls: 3_000_000_000 }),
        use(tenant, { version: '1.8.0' }),
        use(tenant, { clientId: OTHER_CLIENT }),
        use(tenant, { day: dayOf(NOW - DAY) }),
        use(tenant, { calls: 4 }),
      ]
      expect(await store().recordVersionUses({ uses, batch: null })).toBe('recorded')
      await store().recordVersionUses({ uses: [use(tenant)], batch: null })
      expect(await list(tenant, dayOf(NOW - DAY))).toEqual([
        sum({ calls: 3_000_000_006 }),
        sum({ version: '1.8.0' }),
        sum({ clientId: OTHER_CLIENT }),
      ])
      expect(await list(tenant)).toContainEqual(sum({ calls: 3_000_000_005 }))
    })

    test('are listed from a day on, of all apps or of one', async () => {
      const tenant = await tenantWithApps(store())
      const uses = [use(tenant, { day: dayOf(NOW - DAY) }), use(tenant)]
      await store().recordVersionUses({
        uses: [...uses, use(tenant, { clientId: OTHER_CLIENT })],
        batch: null,
      })
      expect(await list(tenant)).toHaveLength(2)
      const ofOne = { tenant, clientId: CLIENT, fromDay: dayOf(NOW - DAY) }
      expect(await store().listVersionUses(ofOne)).toEqual([sum({ calls: 2 })])
      expect(await list(newTenant())).toEqual([])
    })

    test('of one batch count once', async () => {
      const tenant = await tenantWithApps(store())
      const other = await tenantWithApps(store())
      const report = (where: string, id: string) =>
        store().recordVersionUses({ uses: [use(where)], batch: batch(where, id) })
      expect(await report(tenant, 'a')).toBe('recorded')
      expect(await report(tenant, 'a')).toBe('already_recorded')
      expect(await report(tenant, 'b')).toBe('recorded')
      expect(await report(other, 'a')).toBe('recorded')
      expect(await list(tenant)).toEqual([sum({ calls: 2 })])
      expect(await list(other)).toEqual([sum()])
    })

    test('of an app that there is not are not kept, and cost the others nothing', async () => {
      const tenant = await tenantWithApps(store())
      const stranger = use(tenant, { clientId: asClientId('nobody') })
      const uses = [stranger, use(tenant)]
      expect(await store().recordVersionUses({ uses, batch: batch(tenant, 'a') })).toBe('recorded')
      expect(await list(tenant)).toEqual([sum()])
    })

    test('are kept for 400 days', async () => {
      const tenant = await tenantWithApps(store())
      const days = [dayOf(NOW - 400 * DAY), dayOf(NOW - 401 * DAY)]
      const uses = days.map((day) => use(tenant, { day }))
      await store().recordVersionUses({ uses, batch: null })
      while ((await store().deleteExpired(NOW, 50)) > 0);
      expect(await list(tenant, '2000-01-01')).toEqual([sum({ lastDay: days[0] })])
    })
  })
}
