// Ends the live grants of an application key, a trusted issuer or an access identifier, and publishes each of them:
// their tokens may name nothing but the grant. The caller has ended whatever opens such grants, which locks its row,
// and the sequence keeps out whoever else ends grants: so what is published and what is ended are the same.

import { sql } from 'kysely'
import { lastTokenEnd } from '../../protocol/token-lifetime.ts'
import { type Plan, run } from './plan.ts'
import { nextSequence, publish } from './revocations.ts'
import { statement } from './statement.ts'

interface Ending {
  readonly tenant: string
  readonly id: string
  readonly nowSeconds: number
}

/** Tokens that name the client are void by its own line as well, whatever becomes of their grants. */
export function* endTokensOfClient(input: Ending): Plan<void> {
  yield* endGrantsOfClient(input)
  const sequence = yield* nextSequence(input.tenant)
  yield* publish({ ...input, sequence, kind: 'client', subject: input.id })
}

/** @returns a plan that takes one number of the feed, or one for each grant that it ends */
function endingBy(opener: 'clientId' | 'accessIdentifierId'): (input: Ending) => Plan<void> {
  const publishAll = statement((db, p: Ending & { sequence: number; expiresAtSeconds: number }) =>
    db
      .insertInto('revocations')
      .columns(['tenant', 'sequence', 'kind', 'subject', 'issuedUntilSeconds', 'expiresAtSeconds'])
      .expression(
        db
          .selectFrom('grants')
          .where('tenant', '=', p.tenant)
          .where(sql.ref<string>(opener), '=', p.id)
          .where('revokedAtSeconds', 'is', null)
          .where('endsAtSeconds', '>', p.nowSeconds)
          .select([
            'tenant',
            sql<number>`cast(${p.sequence} as bigint) - 1 + row_number() over (order by id)`.as(
              'sequence',
            ),
            sql<'grant'>`'grant'`.as('kind'),
            'id as subject',
            sql<number>`cast(${p.nowSeconds} as bigint)`.as('issuedUntilSeconds'),
            sql<number>`cast(${p.expiresAtSeconds} as bigint)`.as('expiresAtSeconds'),
          ]),
      ),
  )

  const endAll = statement((db, p: Ending) =>
    db
      .updateTable('grants')
      .set({ revokedAtSeconds: p.nowSeconds })
      .where('tenant', '=', p.tenant)
      .where(sql.ref<string>(opener), '=', p.id)
      .where('revokedAtSeconds', 'is', null)
      .where('endsAtSeconds', '>', p.nowSeconds)
      .returning('id'),
  )

  return function* (input) {
    const sequence = yield* nextSequence(input.tenant)
    const expiresAtSeconds = lastTokenEnd(input.nowSeconds)
    yield* run(publishAll, { ...input, sequence, expiresAtSeconds })
    const ended = yield* run(endAll, input)
    if (ended.length > 1) yield* run(skipSequences, { ...input, count: ended.length - 1 })
  }
}

const skipSequences = statement((db, p: { tenant: string; count: number }) =>
  db
    .updateTable('revocationSequences')
    .set((eb) => ({ sequence: eb('sequence', '+', p.count) }))
    .where('tenant', '=', p.tenant),
)

const endGrantsOfClient = endingBy('clientId')
export const endGrantsOfIdentifier = endingBy('accessIdentifierId')
