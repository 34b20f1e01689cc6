// What the audit trail of a tenant says last, without the numbers by which its list is read on.

import type { Store } from '../../src/store/port.ts'
import type { AuditEventRecord } from '../../src/store/records.ts'

export async function latestEvents(
  store: Pick<Store, 'listAuditEvents'>,
  tenant: string,
  limit = 1000,
): Promise<readonly AuditEventRecord[]> {
  const listed = await store.listAuditEvents(tenant, { limit })
  return listed.map(({ sequence: _, ...event }) => event)
}
