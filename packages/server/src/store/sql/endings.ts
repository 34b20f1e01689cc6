// Ends what holds a tag (an app, a key, an issuer, a user), or what opened grants (an access identifier). However many
// grants it has, it ends with one line: their tokens carry the tag that is void from this transaction on, and nothing is
// refreshed or redeemed under a former tag. The rows of the grants follow in batches, the first of them here.

import { type SqlBool, sql } from 'kysely'
import type { ClientId, RevocationTag, UserId } from '../../protocol/ids.ts'
import { lastTokenEnd } from '../../protocol/token-lifetime.ts'
import type { HolderEnding } from '../port.ts'
import { endCodesOfClient, endCodesOfUser, shortlyBefore } from './end-codes.ts'
import { call, finishWith, first, type Plan, run } from './plan.ts'
import { FOR_EVER, findIdsUntil, nextSequence, publish, replaceLine } from './publish.ts'
import type { UnfinishedEndingRow } from './schema.ts'
import { type Statement, statement } from './statement.ts'

/** What is ended together with its holder: few enough that no request waits behind it. */
export const GRANTS_AT_ONCE = 200

/** An id is used again, so its line speaks of tokens issued so far: APIs refuse those from further ahead than this. */
const CLOCK_MARGIN_SECONDS = 60

type Holder = (
  | { readonly kind: 'client'; readonly id: ClientId }
  | { readonly kind: 'user'; readonly id: UserId }
) & {
  /** The one that its tokens carry, up to now. */
  readonly tag: RevocationTag
}

/** @param input whose new tag the caller has stored. @returns how many grants were ended with it */
export function* endHolder(holder: Holder, input: HolderEnding): Plan<number> {
  const { kind, id, tag } = holder
  const { tenant, nowSeconds, tokensName } = input
  // Before its grants: this waits for a redemption that is under way, whose grant is then there to be found.
  const codes = { tenant, nowSeconds }
  if (holder.kind === 'user') yield* run(endCodesOfUser, { ...codes, userId: holder.id })
  else yield* run(endCodesOfClient, { ...codes, id: holder.id })
  const sequence = yield* nextSequence(tenant)
  const line = { tenant, kind, nowSeconds }
  yield* publish({ ...line, sequence, subject: tag, issuedUntilSeconds: FOR_EVER })
  const isTold = tokensName === 'tags'
  if (isTold && nowSeconds < (yield* findIdsUntil())) {
    const issuedUntilSeconds = nowSeconds + CLOCK_MARGIN_SECONDS
    yield* publish({
      ...line,
      sequence: yield* nextSequence(tenant),
      subject: id,
      issuedUntilSeconds,
    })
  }
  return yield* endGrantsOf({
    ...{ tenant, kind: isTold ? kind : `${kind}-alone`, subject: tag, ownerId: id },
    endedAtSeconds: nowSeconds,
  })
}

export function* endGrantsOfIdentifier(input: {
  readonly tenant: string
  readonly id: string
  readonly nowSeconds: number
}): Plan<void> {
  const { tenant, id: subject, nowSeconds: endedAtSeconds } = input
  yield* endGrantsOf({ tenant, kind: 'identifier', subject, ownerId: '', endedAtSeconds })
}

const insertUnfinished = statement((db, p: UnfinishedEndingRow) =>
  db.insertInto('unfinishedEndings').values({
    tenant: p.tenant,
    kind: p.kind,
    subject: p.subject,
    ownerId: p.ownerId,
    endedAtSeconds: p.endedAtSeconds,
  }),
)

/** @param ending whose transaction has taken a number of the feed, unless each grant takes one */
function* endGrantsOf(ending: UnfinishedEndingRow): Plan<number> {
  const ended = yield* endBatch(ending, GRANTS_AT_ONCE)
  if (ended === GRANTS_AT_ONCE) yield* run(insertUnfinished, ending)
  return ended
}

const selectUnfinished = statement((db, _input: object) =>
  db
    .selectFrom('unfinishedEndings')
    .select(['tenant', 'kind', 'subject', 'ownerId', 'endedAtSeconds'])
    .orderBy('endedAtSeconds')
    .orderBy('subject')
    .limit(1),
)

const deleteUnfinished = statement((db, p: UnfinishedEndingRow) =>
  db
    .deleteFrom('unfinishedEndings')
    .where('tenant', '=', p.tenant)
    .where('kind', '=', p.kind)
    .where('subject', '=', p.subject),
)

export function* hasUnfinishedEndings(): Plan<boolean> {
  return (yield* first(selectUnfinished, {})) !== undefined
}

export function* continueEndings(limit: number): Plan<boolean> {
  const ending = yield* first(selectUnfinished, {})
  if (ending === undefined) return false
  // The lock of the sequence comes before those of grants, also where no number is needed.
  yield* nextSequence(ending.tenant)
  const ended = yield* endBatch(ending, limit)
  if (ended < limit) yield* finishWith([call(deleteUnfinished, ending)])
  return true
}

/** @returns how many it ended: when fewer than the limit, there are no more */
function* endBatch(ending: UnfinishedEndingRow, limit: number): Plan<number> {
  const { tenant, endedAtSeconds } = ending
  const { publishAll, endAll } = BATCHES[ending.kind]
  const expiresAtSeconds = lastTokenEnd(endedAtSeconds)
  if (publishAll === undefined) {
    return (yield* run(endAll, { ...ending, limit, sequence: 0, expiresAtSeconds })).length
  }
  const batch = { ...ending, limit, sequence: yield* nextSequence(tenant), expiresAtSeconds }
  yield* run(publishAll, batch)
  const { length } = yield* run(endAll, batch)
  if (length > 1) yield* run(skipSequences, { tenant, count: length - 1 })
  return length
}

interface BatchInput extends UnfinishedEndingRow {
  readonly limit: number
  /** Of the first line. */
  readonly sequence: number
  readonly expiresAtSeconds: number
}

interface Batch {
  /**
   * Undefined where the tag says it all. Elsewhere tokens can be named by their grant alone, and each is told with its
   * batch. Whoever asks us is right meanwhile: introspection reads the tag in the row of the grant, and looks whether its
   * access identifier is still there.
   */
  readonly publishAll: Statement<BatchInput, unknown> | undefined
  readonly endAll: Statement<BatchInput, { id: string }>
}

const BATCHES: Readonly<Record<UnfinishedEndingRow['kind'], Batch>> = {
  client: batchBy('clientTag', 'silent'),
  'client-alone': batchBy('clientTag', 'published'),
  user: batchBy('userTag', 'silent'),
  'user-alone': batchBy('userTag', 'published'),
  identifier: batchBy('accessIdentifierId', 'published'),
}

function batchBy(
  column: 'clientTag' | 'userTag' | 'accessIdentifierId',
  how: 'silent' | 'published',
): Batch {
  const live = (db: Parameters<Batch['endAll']['build']>[0], p: BatchInput) =>
    db
      .selectFrom('grants')
      .where('tenant', '=', p.tenant)
      .where(sql.ref<string>(column), '=', p.subject)
      .$if(column === 'userTag', (query) => query.where(sql.ref<string>('userId'), '=', p.ownerId))
      .where('revokedAtSeconds', 'is', null)
      // Nobody needs to be told of what has no live token, and the one that ends first is told first.
      .$if(how === 'published', (query) =>
        query
          .where('endsAtSeconds', '>', shortlyBefore(p.endedAtSeconds))
          .orderBy('endsAtSeconds')
          .orderBy('id'),
      )
      .limit(p.limit)
  const endAll = statement((db, p: BatchInput) =>
    db
      .updateTable('grants')
      .set({ revokedAtSeconds: p.endedAtSeconds })
      .where('tenant', '=', p.tenant)
      .where('id', 'in', live(db, p).select('id'))
      .where('revokedAtSeconds', 'is', null)
      .returning('id'),
  )
  const publishAll = statement((db, p: BatchInput) =>
    db
      .insertInto('revocations')
      .columns(['tenant', 'sequence', 'kind', 'subject', 'issuedUntilSeconds', 'expiresAtSeconds'])
      .expression(
        db
          .selectFrom(live(db, p).select(['tenant', 'id', 'endsAtSeconds']).as('live'))
          // SQLite would else take what follows for the condition of a join.
          .where(sql<SqlBool>`true`)
          .select([
            'tenant',
            sql<number>`cast(${p.sequence} as bigint) - 1
              + row_number() over (order by ends_at_seconds, id)`.as('sequence'),
            sql<'grant'>`'grant'`.as('kind'),
            'id as subject',
            sql<number>`cast(${p.endedAtSeconds} as bigint)`.as('issuedUntilSeconds'),
            sql<number>`cast(${p.expiresAtSeconds} as bigint)`.as('expiresAtSeconds'),
          ]),
      )
      // There may be a line already: a token was revoked whose grant had no row yet.
      .onConflict(replaceLine),
  )
  return { endAll, publishAll: how === 'published' ? publishAll : undefined }
}

const skipSequences = statement((db, p: { tenant: string; count: number }) =>
  db
    .updateTable('revocationSequences')
    .set((eb) => ({ sequence: eb('sequence', '+', p.count) }))
    .where('tenant', '=', p.tenant),
)
