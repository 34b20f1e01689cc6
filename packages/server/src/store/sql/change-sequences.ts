// Numbers that grow with every change of something that processes keep in memory, in the transaction of the change:
// who reads the same number as before knows that nothing has changed since.

import { call, finishWith, first, type Plan, type StatementCall } from './plan.ts'
import { statement } from './statement.ts'

const increment = statement((db, p: { name: string }) =>
  db
    .insertInto('changeSequences')
    .values({ name: p.name, sequence: 1 })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet((eb) => ({ sequence: eb('changeSequences.sequence', '+', 1) })),
    ),
)

/**
 * Ends a transaction with what it still has to do, and last of all the announcement: its row is the same for all, and
 * held until the end.
 */
export function finishAndAnnounce(name: string, calls: readonly StatementCall[] = []): Plan<void> {
  return finishWith([...calls, call(increment, { name })])
}

const select = statement((db, p: { name: string }) =>
  db.selectFrom('changeSequences').where('name', '=', p.name).select('sequence'),
)

export function* readSequence(name: string): Plan<number> {
  return (yield* first(select, { name }))?.sequence ?? 0
}
