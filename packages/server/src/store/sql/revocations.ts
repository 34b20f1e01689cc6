// Plans that end grants, and the feed that tells APIs about it. Sequence numbers come from one row per tenant,
// which a revoking transaction updates before it touches any grant: its lock lets revokers of a tenant through one
// by one, so they commit in the order of their numbers, and no two can wait for each other. Codes are taken away before.

import type { ClientId, GrantId, UserId } from '../../protocol/ids.ts'
import { lastTokenEnd, tokenEnd } from '../../protocol/token-lifetime.ts'
import type { GrantStore, UserEnding } from '../port.ts'
import type { RevocationRecord } from '../records.ts'
import { recordAuditEvent } from './audit-events.ts'
import { endCodesOfUser, endCodesToClient, endCodesToClientIn, shortlyBefore } from './end-codes.ts'
import { first, type Plan, run } from './plan.ts'
import type { GrantRow } from './schema.ts'
import { statement } from './statement.ts'
import { isVoid } from './voiding.ts'

type Input<Method extends keyof GrantStore> = Parameters<GrantStore[Method]>[0]

const takeSequence = statement((db, p: { tenant: string }) =>
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
  const row = yield* first(takeSequence, { tenant })
  if (row === undefined) throw new Error('the database returned no sequence number')
  return row.sequence
}

interface Publication {
  readonly tenant: string
  readonly sequence: number
  readonly kind: RevocationRecord['kind']
  readonly subject: string
  readonly nowSeconds: number
  readonly expiresAtSeconds: number
}

/** One line per subject is enough: a later one takes its place, under a new number. */
const upsertLine = statement((db, p: Publication) =>
  db
    .insertInto('revocations')
    .values({
      tenant: p.tenant,
      sequence: p.sequence,
      kind: p.kind,
      subject: p.subject,
      issuedUntilSeconds: p.nowSeconds,
      expiresAtSeconds: p.expiresAtSeconds,
    })
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'kind', 'subject']).doUpdateSet((eb) => {
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
      }),
    ),
)

/** @param publication without an end: then its line outlives every token that may be about */
export function* publish(
  publication: Omit<Publication, 'expiresAtSeconds'> & { readonly expiresAtSeconds?: number },
): Plan<void> {
  const expiresAtSeconds = publication.expiresAtSeconds ?? lastTokenEnd(publication.nowSeconds)
  yield* run(upsertLine, { ...publication, expiresAtSeconds })
}

type GrantKey = { tenant: string; grantId: GrantId }

const endGrant = statement((db, p: GrantKey & { nowSeconds: number }) =>
  db
    .updateTable('grants')
    .set({ revokedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.grantId)
    .where('revokedAtSeconds', 'is', null)
    .returning(['userId', 'clientId', 'organisationId']),
)

const selectTraces = statement((db, p: GrantKey) =>
  db
    .selectFrom('grants')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.grantId)
    .select((eb) => eb.cast<string>('id', 'text').as('trace'))
    .unionAll(
      db
        .selectFrom('revocations')
        .where('tenant', '=', p.tenant)
        .where('kind', '=', 'grant')
        .where('subject', '=', p.grantId)
        .select('subject as trace'),
    ),
)

export function* revokeGrant(input: Input<'revokeGrant'>): Plan<boolean> {
  const sequence = yield* nextSequence(input.tenant)
  const ended = yield* first(endGrant, input)
  // A grant that was not ended now either ended before, or never had a record: then only its line can tell.
  if (ended === undefined && (yield* first(selectTraces, input)) !== undefined) return false
  const { tokenExpiresAtSeconds: lastEnd, nowSeconds } = input
  const isAlone = ended === undefined && lastEnd !== undefined
  yield* publish({
    ...input,
    ...(isAlone && { expiresAtSeconds: tokenEnd(lastEnd, nowSeconds) }),
    sequence,
    kind: 'grant',
    subject: input.grantId,
  })
  if (input.endsConsent && ended !== undefined) yield* forgetConsent(input.tenant, ended)
  if (input.event) yield* recordAuditEvent(input.event)
  return true
}

function* forgetConsent(
  tenant: string,
  { userId, clientId, organisationId }: Pick<GrantRow, 'userId' | 'clientId' | 'organisationId'>,
): Plan<void> {
  // An app that acts for itself has asked nobody.
  if (userId === null) return
  // A consent without an organisation is kept under an empty one.
  yield* run(deleteConsentIn, { tenant, userId, clientId, organisationId: organisationId ?? '' })
}

type UserKey = { tenant: string; userId: UserId }

const endGrantsOfUser = statement((db, p: UserKey & { nowSeconds: number }) =>
  db
    .updateTable('grants')
    .set({ revokedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('revokedAtSeconds', 'is', null)
    .returning('id'),
)

/** Ends every grant of a user. @returns how many. */
export function* endUser(input: UserEnding): Plan<number> {
  yield* run(endCodesOfUser, input)
  const sequence = yield* nextSequence(input.tenant)
  const ended = yield* run(endGrantsOfUser, input)
  yield* publish({ ...input, sequence, kind: 'user', subject: input.userId })
  return ended.length
}

const endGrantsToClient = statement((db, p: UserKey & { clientId: ClientId; nowSeconds: number }) =>
  db
    .updateTable('grants')
    .set({ revokedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('clientId', '=', p.clientId)
    .where('revokedAtSeconds', 'is', null)
    .where('endsAtSeconds', '>', shortlyBefore(p.nowSeconds))
    .returning('id'),
)

type ClientOfUser = UserKey & { clientId: ClientId }
type ClientInOrganisation = ClientOfUser & { organisationId: string | null }

const endGrantsToClientIn = statement((db, p: ClientInOrganisation & { nowSeconds: number }) =>
  db
    .updateTable('grants')
    .set({ revokedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('clientId', '=', p.clientId)
    .where('organisationId', 'is not distinct from', p.organisationId)
    .where('revokedAtSeconds', 'is', null)
    .where('endsAtSeconds', '>', shortlyBefore(p.nowSeconds))
    .returning('id'),
)

function* endUserGrantsTo(input: Input<'revokeUserGrants'>, clientId: ClientId): Plan<number> {
  const { organisationId } = input
  if (organisationId === undefined) yield* run(endCodesToClient, { ...input, clientId })
  else yield* run(endCodesToClientIn, { ...input, clientId, organisationId })
  let sequence = yield* nextSequence(input.tenant)
  const ended =
    organisationId === undefined
      ? yield* run(endGrantsToClient, { ...input, clientId })
      : yield* run(endGrantsToClientIn, { ...input, clientId, organisationId })
  // The databases return the rows in different orders; their lines always come in the same one.
  for (const [index, subject] of ended
    .map(({ id }) => id)
    .toSorted()
    .entries()) {
    if (index > 0) sequence = yield* nextSequence(input.tenant)
    yield* publish({ ...input, sequence, kind: 'grant', subject })
  }
  return ended.length
}

const deleteConsents = statement((db, p: UserKey) =>
  db.deleteFrom('consents').where('tenant', '=', p.tenant).where('userId', '=', p.userId),
)

const deleteConsentsTo = statement((db, p: ClientOfUser) =>
  db
    .deleteFrom('consents')
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('clientId', '=', p.clientId),
)

const deleteConsentIn = statement((db, p: ClientOfUser & { organisationId: string }) =>
  db
    .deleteFrom('consents')
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('clientId', '=', p.clientId)
    .where('organisationId', '=', p.organisationId),
)

export function* revokeUserGrants(input: Input<'revokeUserGrants'>): Plan<number> {
  const { clientId, organisationId } = input
  if (clientId === null) {
    const ended = yield* endUser(input)
    yield* run(deleteConsents, input)
    return ended
  }
  const ended = yield* endUserGrantsTo(input, clientId)
  if (organisationId === undefined) yield* run(deleteConsentsTo, { ...input, clientId })
  // A consent without an organisation is kept under an empty one.
  else yield* run(deleteConsentIn, { ...input, clientId, organisationId: organisationId ?? '' })
  return ended
}

const selectVoiding = statement((db, p: Input<'isRevoked'>) =>
  db.selectNoFrom((eb) => eb.lit(1).as('revoked')).where(isVoid(p)),
)

export function* isRevoked(token: Input<'isRevoked'>): Plan<boolean> {
  return (yield* first(selectVoiding, token)) !== undefined
}
