// Plans about who does what only one process at a time should do.

import type { LeaseStore } from '../port/process.ts'
import { first, type Plan } from './plan.ts'
import { statement } from './statement.ts'

type Lease = Parameters<LeaseStore['takeLease']>[0]

/** A row that somebody else holds stays as it is, and is not returned. */
const upsertLease = statement((db, p: Lease) =>
  db
    .insertInto('leases')
    .values({ task: p.task, holder: p.holder, endsAtSeconds: p.endsAtSeconds })
    .onConflict((conflict) =>
      conflict
        .column('task')
        .doUpdateSet((eb) => ({
          holder: eb.ref('excluded.holder'),
          endsAtSeconds: eb.ref('excluded.endsAtSeconds'),
        }))
        .where((eb) =>
          eb.or([
            eb('leases.holder', '=', eb.ref('excluded.holder')),
            eb('leases.endsAtSeconds', '<=', p.nowSeconds),
          ]),
        ),
    )
    .returning('task'),
)

export function* takeLease(lease: Lease): Plan<boolean> {
  return (yield* first(upsertLease, lease)) !== undefined
}

const deleteLease = statement((db, p: { task: string; holder: string }) =>
  db
    .deleteFrom('leases')
    .where('task', '=', p.task)
    .where('holder', '=', p.holder)
    .returning('task'),
)

export function* endLease(task: string, holder: string): Plan<boolean> {
  return (yield* first(deleteLease, { task, holder })) !== undefined
}
