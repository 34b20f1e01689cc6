// Plans about what a user allowed: approvals, consents and grants.

import { isDeepStrictEqual } from 'node:util'
import type { GrantId, UserId } from '../../protocol/ids.ts'
import type { ByAge, Page } from '../port/page.ts'
import type { GrantStore } from '../port.ts'
import type { ConsentRecord, GrantRecord, NewConsentRecord } from '../records.ts'
import { makeRoomFor } from './bound-grants.ts'
import { insertCode } from './codes.ts'
import { columnsOf, GRANT, TABLES, valuesOf } from './columns.ts'
import { liveGrantsOf } from './connections.ts'
import { countFailure } from './guesses.ts'
import { claimOnce, isClaimed } from './one-time-ids.ts'
import { openingOf } from './opening.ts'
import { NEWEST_FIRST, type PageInput } from './page.ts'
import { call, finishWith, first, type Plan, run } from './plan.ts'
import type { ConsentRow } from './schema.ts'
import { holdSession } from './sessions.ts'
import { statement } from './statement.ts'

type Input<Method extends keyof GrantStore> = Parameters<GrantStore[Method]>[0]

// --- Approval

export function* approveAuthorization(
  input: Input<'approveAuthorization'>,
): Plan<Awaited<ReturnType<GrantStore['approveAuthorization']>>> {
  const { given, consent, interaction, session } = input
  const parties = given.kind === 'code' ? given.code : given.grant
  const held = session === null || (yield* holdSession({ ...parties, hash: session }))
  if (!held) return 'signed_out'
  const refused = yield* countAnswer(input)
  if (refused !== undefined) return refused
  if (interaction !== null && !(yield* claimOnce(interaction))) return 'already_decided'
  if (consent !== null) yield* addConsent(consent)
  if (given.kind === 'token') yield* makeRoomFor(given.grant)
  yield* finishWith(
    given.kind === 'code'
      ? [call(insertCode, given.code)]
      : openingOf(given.grant, {
          ...given,
          tokens: { accessToken: given.accessToken, refreshToken: null },
        }),
  )
  return 'approved'
}

function* countAnswer({
  given,
  interaction,
  allowance,
}: Input<'approveAuthorization'>): Plan<
  'already_decided' | { readonly spentForSeconds: number } | undefined
> {
  if (allowance === null) return undefined
  // An answer that gives nothing must not use up what others may have.
  if (interaction !== null && (yield* isClaimed(interaction))) return 'already_decided'
  const nowSeconds =
    given.kind === 'code' ? given.code.issuedAtSeconds : given.grant.createdAtSeconds
  const { tenant } = given.kind === 'code' ? given.code : given.grant
  const counted = yield* countFailure({ tenant, nowSeconds, allowance })
  return 'spentForSeconds' in counted ? counted : undefined
}

/** Locks the consent, or makes it: of two approvals at once, the second sees what the first allowed. */
const touchConsent = statement((db, p: ConsentRow) =>
  db
    .insertInto('consents')
    .values(valuesOf(TABLES.consents, p))
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'userId', 'clientId', 'organisationId'])
        .doUpdateSet((eb) => ({ grantedAtSeconds: eb.ref('excluded.grantedAtSeconds') })),
    )
    .returning(['scopes', 'redirectUris']),
)

const changeConsent = statement((db, p: ConsentRow) =>
  db
    .updateTable('consents')
    .set({ scopes: p.scopes, redirectUris: p.redirectUris })
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('clientId', '=', p.clientId)
    .where('organisationId', '=', p.organisationId),
)

function* addConsent(consent: NewConsentRecord): Plan<void> {
  const row = { ...consent, organisationId: consent.organisationId ?? '' }
  const kept = (yield* first(touchConsent, row)) ?? row
  const scopes = [...new Set([...kept.scopes, ...consent.scopes])]
  const redirectUris = coveredAfter(kept.redirectUris, consent)
  const same =
    scopes.length === kept.scopes.length && isDeepStrictEqual(redirectUris, kept.redirectUris)
  if (!same) yield* run(changeConsent, { ...row, scopes, redirectUris })
}

/** In the order in which the app has them registered. */
function coveredAfter(
  covered: readonly string[],
  { redirectUris, shownRedirectUri }: NewConsentRecord,
): readonly string[] {
  return redirectUris.filter((uri) => covered.includes(uri) || uri === shownRedirectUri)
}

type ConsentKey = Pick<ConsentRow, 'tenant' | 'userId' | 'clientId' | 'organisationId'>

const selectConsent = statement((db, p: ConsentKey) =>
  db
    .selectFrom('consents')
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('clientId', '=', p.clientId)
    .where('organisationId', '=', p.organisationId)
    .select(columnsOf(TABLES.consents)),
)

export function* findConsent(key: Input<'findConsent'>): Plan<ConsentRecord | null> {
  const row = yield* first(selectConsent, { ...key, organisationId: key.organisationId ?? '' })
  return row === undefined ? null : { ...row, organisationId: key.organisationId }
}

// --- Grants themselves

const selectGrant = statement((db, p: { tenant: string; id: GrantId }) =>
  db
    .selectFrom('grants')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .select(columnsOf(GRANT)),
)

export function* findGrant(tenant: string, id: GrantId): Plan<GrantRecord | null> {
  return (yield* first(selectGrant, { tenant, id })) ?? null
}

const selectGrants = statement((db, p: PageInput & { tenant: string; userId: UserId }) =>
  NEWEST_FIRST.part(liveGrantsOf(db, p).select(columnsOf(GRANT)), p),
)

export const listUserGrants = (
  tenant: string,
  userId: UserId,
  page?: Page<ByAge>,
): Plan<readonly GrantRecord[]> =>
  run(selectGrants, { tenant, userId, ...NEWEST_FIRST.input(page) })
