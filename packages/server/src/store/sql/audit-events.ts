// Plans that write and read the audit trail.

import type { AuditEventRecord } from '../records.ts'
import { AUDIT_EVENT, columnsOf, valuesOf } from './columns.ts'
import { type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

const insertAuditEvent = statement((db, p: AuditEventRecord) =>
  db.insertInto('auditEvents').values(valuesOf(AUDIT_EVENT, p)),
)

export function* recordAuditEvent(event: AuditEventRecord): Plan<void> {
  yield* run(insertAuditEvent, event)
}

const selectAuditEvents = statement((db, p: { tenant: string; limit: number }) =>
  db
    .selectFrom('auditEvents')
    .where('tenant', '=', p.tenant)
    .select(columnsOf(AUDIT_EVENT))
    .orderBy('sequence', 'desc')
    .limit(p.limit),
)

/** The latest first. */
export const listAuditEvents = (tenant: string, limit: number): Plan<readonly AuditEventRecord[]> =>
  run(selectAuditEvents, { tenant, limit })
