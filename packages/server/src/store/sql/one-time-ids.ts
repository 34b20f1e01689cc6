// The plans that let an id be used once: the answer to a page, a JWT id.

import { sql } from 'kysely'
import type { JwtId, OneTimeId } from '../port.ts'
import { first, type Plan } from './plan.ts'
import { FOR_EVER } from './publish.ts'
import { statement } from './statement.ts'

const insertOneTimeId = statement((db, p: JwtId) =>
  db
    .insertInto('oneTimeIds')
    .columns(['tenant', 'purpose', 'id', 'expiresAtSeconds'])
    .expression(
      db
        .selectNoFrom([
          sql<string>`cast(${p.tenant} as text)`.as('tenant'),
          sql<string>`cast(${p.purpose} as text)`.as('purpose'),
          sql<string>`cast(${p.id} as text)`.as('id'),
          sql<number>`cast(${p.expiresAtSeconds} as bigint)`.as('expiresAtSeconds'),
        ])
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('revocations')
                .where('tenant', '=', p.tenant)
                .where('kind', '=', 'tenant')
                .where('subject', '=', '')
                .where('issuedUntilSeconds', '>=', p.madeAtSeconds)
                .select('sequence'),
            ),
          ),
        ),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

const selectOneTimeId = statement((db, p: OneTimeId) =>
  db
    .selectFrom('oneTimeIds')
    .where('tenant', '=', p.tenant)
    .where('purpose', '=', p.purpose)
    .where('id', '=', p.id)
    .select('id'),
)

/** Whoever comes at the same moment sees nothing of it: only claiming it tells for sure. */
export function* isClaimed(id: OneTimeId): Plan<boolean> {
  return (yield* first(selectOneTimeId, id)) !== undefined
}

export function* claimOnce(id: OneTimeId): Plan<boolean> {
  return yield* claimJwt({ ...id, madeAtSeconds: FOR_EVER })
}

/** Never one from before a restore: it may have been used since the backup. */
export function* claimJwt(id: JwtId): Plan<boolean> {
  return (yield* first(insertOneTimeId, id)) !== undefined
}
