// The plan that lets an id be used once: the answer to a page, a JWT id.

import type { OneTimeId } from '../port.ts'
import { TABLES, valuesOf } from './columns.ts'
import { first, type Plan } from './plan.ts'
import { statement } from './statement.ts'

const insertOneTimeId = statement((db, p: OneTimeId) =>
  db
    .insertInto('oneTimeIds')
    .values(valuesOf(TABLES.oneTimeIds, p))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

export function* claimOnce(id: OneTimeId): Plan<boolean> {
  return (yield* first(insertOneTimeId, id)) !== undefined
}
