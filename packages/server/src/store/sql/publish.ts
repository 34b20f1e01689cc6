// Lines of the feed that tells APIs what has ended. Their numbers come from one row per tenant, which a revoking
// transaction updates before it touches any grant: its lock lets revokers of a tenant through one by one, so they commit
// in the order of their numbers, and no two can wait for each other.

import type { OnConflictBuilder } from 'kysely'
import { lastTokenEnd } from '../../protocol/token-lifetime.ts'
import type { RevocationRecord } from '../records.ts'
import { announce, call, first, type Plan, type StatementCall } from './plan.ts'
import type { Database } from './schema.ts'
import { statement } from './statement.ts'

const raiseSequence = statement((db, p: { tenant: string }) =>
  db
    .updateTable('revocationSequences')
    .set((eb) => ({ sequence: eb('sequence', '+', 1) }))
    .where('tenant', '=', p.tenant)
    .returning('sequence'),
)

const startSequence = statement((db, p: { tenant: string }) =>
  db
    .insertInto('revocationSequences')
    .values({ tenant: p.tenant, sequence: 1 })
    .onConflict((conflict) =>
      conflict
        .column('tenant')
        .doUpdateSet((eb) => ({ sequence: eb('revocationSequences.sequence', '+', 1) })),
    )
    .returning('sequence'),
)

/** The next number of the feed. Held until the transaction ends; a number that is not used stays a gap for ever. */
export function* nextSequence(tenant: string): Plan<number> {
  yield* announce({ of: 'feed', tenant })
  // An insertion that always finds its row costs twice as much as the update that it becomes.
  const row = (yield* first(raiseSequence, { tenant })) ?? (yield* first(startSequence, { tenant }))
  if (row === undefined) throw new Error('the database returned no sequence number')
  return row.sequence
}

const selectIdsUntil = statement((db) => db.selectFrom('feeds').select('idsUntilSeconds'))

/** Until then there may be tokens that carry no tags. */
export function* findIdsUntil(): Plan<number> {
  return (yield* first(selectIdsUntil, {}))?.idsUntilSeconds ?? 0
}

/** A moment that no clock reaches: the last second of the year 9999. */
export const FOR_EVER = 253_402_300_799

interface Publication extends RevocationRecord {
  readonly tenant: string
}

/** One line per subject is enough: a later one takes its place, under a new number. */
export function replaceLine(conflict: OnConflictBuilder<Database, 'revocations'>) {
  return conflict.columns(['tenant', 'kind', 'subject']).doUpdateSet((eb) => {
    const later = (column: 'issuedUntilSeconds' | 'expiresAtSeconds') =>
      eb
        .case()
        .when(`excluded.${column}`, '>', eb.ref(`revocations.${column}`))
        .then(eb.ref(`excluded.${column}`))
        .else(eb.ref(`revocations.${column}`))
        .end()
    return {
      sequence: eb.ref('excluded.sequence'),
      issuedUntilSeconds: later('issuedUntilSeconds'),
      expiresAtSeconds: later('expiresAtSeconds'),
    }
  })
}

const upsertLine = statement((db, p: Publication) =>
  db
    .insertInto('revocations')
    .values({
      tenant: p.tenant,
      sequence: p.sequence,
      kind: p.kind,
      subject: p.subject,
      issuedUntilSeconds: p.issuedUntilSeconds,
      expiresAtSeconds: p.expiresAtSeconds,
    })
    .onConflict(replaceLine),
)

/** Unless it says otherwise, a line is about tokens issued until now, and outlives every one that may be about. */
interface Line extends Omit<Publication, 'issuedUntilSeconds' | 'expiresAtSeconds'> {
  readonly nowSeconds: number
  readonly issuedUntilSeconds?: number
  readonly expiresAtSeconds?: number
}

export function* publish(line: Line): Plan<void> {
  yield { calls: [publication(line)], last: false }
}

/** The statement that publishes, to travel with others. */
export function publication(line: Line): StatementCall {
  const { nowSeconds } = line
  const usual = { issuedUntilSeconds: nowSeconds, expiresAtSeconds: lastTokenEnd(nowSeconds) }
  return call(upsertLine, { ...usual, ...line })
}
