// Plans that end single grants, and what users end of their own.

import type { ClientId, GrantId, RevocationTag, UserId } from '../../protocol/ids.ts'
import { tokenEnd } from '../../protocol/token-lifetime.ts'
import type { GrantEndingOutcome, GrantStore, UserEnding } from '../port.ts'
import { insertAuditEvent } from './audit-events.ts'
import { endCodesToClient, endCodesToClientIn, shortlyBefore } from './end-codes.ts'
import { endHolder } from './endings.ts'
import { countFailure } from './guesses.ts'
import { holdUserTag } from './hold-tags.ts'
import { call, finishWith, first, type Plan, run, type StatementCall } from './plan.ts'
import { nextSequence, publication, publish } from './publish.ts'
import type { GrantRow } from './schema.ts'
import { statement } from './statement.ts'
import { isVoid } from './voiding.ts'

type Input<Method extends keyof GrantStore> = Parameters<GrantStore[Method]>[0]

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

function* hasTraces(grant: GrantKey): Plan<boolean> {
  return (yield* first(selectTraces, grant)) !== undefined
}

export function* revokeGrant(input: Input<'revokeGrant'>): Plan<GrantEndingOutcome> {
  const { tenant, grantId, nowSeconds, endsConsent, machineToken, event } = input
  const sequence = yield* nextSequence(tenant)
  // The grant of an app that acts for itself mostly has no record that could be ended.
  const mayHaveRecord = machineToken === undefined || (yield* hasTraces(input))
  const ended = mayHaveRecord ? yield* first(endGrant, input) : undefined
  // A grant that was not ended now either ended before, or never had a record: then only its line can tell.
  if (mayHaveRecord && ended === undefined && (yield* hasTraces(input))) return 'ended_before'
  const alone = ended === undefined ? machineToken : undefined
  if (alone) {
    const counted = yield* countFailure({ tenant, nowSeconds, allowance: alone.allowance })
    if ('spentForSeconds' in counted) return counted
  }
  const line = { tenant, nowSeconds, sequence, kind: 'grant', subject: grantId } as const
  const lineEnd = alone && { expiresAtSeconds: tokenEnd(alone.expiresAtSeconds, nowSeconds) }
  yield* finishWith([
    publication({ ...line, ...lineEnd }),
    ...(endsConsent && ended ? consentOf(tenant, ended) : []),
    ...(event ? [call(insertAuditEvent, event)] : []),
  ])
  return 'ended'
}

/** What forgets the consent that a grant hangs on. An app that acts for itself has asked nobody. */
function consentOf(
  tenant: string,
  { userId, clientId, organisationId }: Pick<GrantRow, 'userId' | 'clientId' | 'organisationId'>,
): readonly StatementCall[] {
  if (userId === null) return []
  // A consent without an organisation is kept under an empty one.
  const consent = { tenant, userId, clientId, organisationId: organisationId ?? '' }
  return [call(deleteConsentIn, consent)]
}

type UserKey = { tenant: string; userId: UserId }

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

const renewTag = statement((db, p: UserKey & { newTag: RevocationTag }) =>
  db
    .updateTable('users')
    .set({ tag: p.newTag })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.userId),
)

function* renewUser(input: UserEnding): Plan<number> {
  const held = yield* first(holdUserTag, input)
  if (held === undefined) return 0
  yield* run(renewTag, input)
  return yield* endHolder({ kind: 'user', id: input.userId, tag: held.tag }, input)
}

export function* revokeUserGrants(input: Input<'revokeUserGrants'>): Plan<number> {
  const { clientId, organisationId } = input
  if (clientId === null) {
    const ended = yield* renewUser(input)
    yield* finishWith([call(deleteConsents, input)])
    return ended
  }
  const ended = yield* endUserGrantsTo(input, clientId)
  yield* finishWith([
    organisationId === undefined
      ? call(deleteConsentsTo, { ...input, clientId })
      : // A consent without an organisation is kept under an empty one.
        call(deleteConsentIn, { ...input, clientId, organisationId: organisationId ?? '' }),
  ])
  return ended
}

const selectVoiding = statement((db, p: Parameters<typeof isVoid>[0]) =>
  db.selectNoFrom((eb) => eb.lit(1).as('revoked')).where(isVoid(p)),
)

export function* isRevoked(token: Input<'isRevoked'>): Plan<boolean> {
  const clientKey = token.clientTag ?? token.clientId
  const userKey = token.userTag ?? token.userId
  return (yield* first(selectVoiding, { ...token, clientKey, userKey })) !== undefined
}
