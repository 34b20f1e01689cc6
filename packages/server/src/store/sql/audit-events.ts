// Plans that write and read the audit trail.

import type { Page } from '../port/page.ts'
import type { BySequence } from '../port.ts'
import type { AuditEventRecord } from '../records.ts'
import { AUDIT_EVENT, columnsOf, valuesOf } from './columns.ts'
import { listedBy, type PageInput } from './page.ts'
import { call, finishWith, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

export const insertAuditEvent = statement((db, p: AuditEventRecord) =>
  db.insertInto('auditEvents').values(valuesOf(AUDIT_EVENT, p)),
)

export function* recordAuditEvent(event: AuditEventRecord): Plan<void> {
  yield* run(insertAuditEvent, event)
}

/** What a change says when it did not come about. */
const UNCHANGED: ReadonlySet<unknown> = new Set([
  ...[false, 'exists', 'outdated', 'lost'],
  ...['no_client', 'full', 'held', 'revoked'],
])

type Change<Args extends unknown[], Result> = (...args: Args) => Plan<Result>
type AuditedChange<Args extends unknown[], Result> = Change<
  [...Args, event?: AuditEventRecord],
  Result
>

/**
 * A change that takes the event which tells of it as one argument more, and writes both in one transaction: neither is
 * kept without the other.
 */
export function audited<Args extends unknown[], Result>(
  change: Change<Args, Result>,
): AuditedChange<Args, Result> {
  return function* (...given) {
    const args = given.slice(0, change.length) as Args
    const event = given[change.length] as AuditEventRecord | undefined
    const plan = change(...args)
    if (event === undefined) return yield* plan
    let recorded = false
    let step = plan.next()
    while (!step.done) {
      const { calls, last } = step.value
      // The commit travels with the last step, which only a change that came about has: so the event goes with it.
      const more = last ? [call(insertAuditEvent, event)] : []
      recorded = last
      const rows = yield { ...step.value, calls: [...more, ...calls] }
      step = plan.next(rows.slice(more.length))
    }
    if (!(recorded || UNCHANGED.has(step.value))) yield* finishWith([call(insertAuditEvent, event)])
    return step.value
  }
}

const LATEST_FIRST = listedBy<BySequence>(['sequence'], 'desc')

const selectAuditEvents = statement((db, p: PageInput & { tenant: string }) =>
  LATEST_FIRST.part(
    db
      .selectFrom('auditEvents')
      .where('tenant', '=', p.tenant)
      .select([...columnsOf(AUDIT_EVENT), 'sequence']),
    p,
  ),
)

export const listAuditEvents = (
  tenant: string,
  page?: Page<BySequence>,
): Plan<readonly (AuditEventRecord & BySequence)[]> =>
  run(selectAuditEvents, { tenant, ...LATEST_FIRST.input(page) })
