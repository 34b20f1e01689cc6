// Plans about what a user allowed: grants, consents, and the codes that start them.

import { isDeepStrictEqual } from 'node:util'
import type { ClientId, GrantId, TokenHash, UserId } from '../../protocol/ids.ts'
import type { GrantStore, GrantUse, NewTokens } from '../port.ts'
import type { CodeRecord, ConsentRecord, GrantRecord, NewConsentRecord } from '../records.ts'
import { insertAccessToken } from './access-tokens.ts'
import { CODE, columnsIn, columnsOf, GRANT, pick, TABLES, valuesOf } from './columns.ts'
import { claimOnce } from './one-time-ids.ts'
import { call, finishWith, first, type Plan, run, type StatementCall } from './plan.ts'
import { insertRefreshToken, newRefreshToken } from './refresh-tokens.ts'
import type { ConsentRow, GrantRow } from './schema.ts'
import { holdSession } from './sessions.ts'
import { statement } from './statement.ts'
import { GRANT_BESIDE_TOKEN, grantIsLive, grantOf } from './token-grant.ts'

type Input<Method extends keyof GrantStore> = Parameters<GrantStore[Method]>[0]

// --- Approval

export const insertGrant = statement((db, p: GrantRow) =>
  db.insertInto('grants').values(valuesOf(TABLES.grants, p)),
)

export function newGrant(
  grant: GrantRecord,
  rest: Pick<GrantRow, 'endsAtSeconds' | 'accessIdentifierId'>,
): GrantRow {
  return { ...grant, ...rest, lastUsedAtSeconds: null }
}

const insertCode = statement((db, p: CodeRecord) =>
  db.insertInto('codes').values(valuesOf(CODE, p)),
)

export function* approveAuthorization(
  input: Input<'approveAuthorization'>,
): Plan<'approved' | 'already_decided' | 'signed_out'> {
  const { grant, code, accessToken, endsAtSeconds, consent, interaction, session } = input
  const held = session === null || (yield* holdSession({ tenant: grant.tenant, hash: session }))
  if (!held) return 'signed_out'
  if (interaction !== null && !(yield* claimOnce(interaction))) return 'already_decided'
  if (consent !== null) yield* addConsent(consent)
  yield* finishWith([
    call(insertGrant, newGrant(grant, { endsAtSeconds, accessIdentifierId: null })),
    ...(code ? [call(insertCode, code)] : []),
    ...(accessToken ? [call(insertAccessToken, accessToken)] : []),
  ])
  return 'approved'
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

// --- Codes

type TokenKey = { tenant: string; hash: TokenHash }

const selectCode = statement((db, p: TokenKey) =>
  db
    .selectFrom('codes')
    .innerJoin('grants', (join) =>
      join.onRef('grants.tenant', '=', 'codes.tenant').onRef('grants.id', '=', 'codes.grantId'),
    )
    .where('codes.tenant', '=', p.tenant)
    .where('codes.hash', '=', p.hash)
    .select(columnsIn('codes', CODE))
    .select(GRANT_BESIDE_TOKEN),
)

export function* findCode(
  tenant: string,
  hash: TokenHash,
): Plan<{ code: CodeRecord; grant: GrantRecord } | null> {
  const row = yield* first(selectCode, { tenant, hash })
  if (row === undefined) return null
  return { code: pick(CODE, row), grant: grantOf(row) }
}

const spendCode = statement((db, p: TokenKey & { clientId: ClientId; nowSeconds: number }) =>
  db
    .updateTable('codes')
    .set({ redeemedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('hash', '=', p.hash)
    .where('clientId', '=', p.clientId)
    .where('redeemedAtSeconds', 'is', null)
    .where('expiresAtSeconds', '>', p.nowSeconds)
    .where(grantIsLive('codes'))
    .returning('grantId'),
)

const selectSpent = statement((db, p: TokenKey) =>
  db
    .selectFrom('codes')
    .where('tenant', '=', p.tenant)
    .where('hash', '=', p.hash)
    .select(['clientId', 'redeemedAtSeconds']),
)

export function* redeemCode(
  input: Input<'redeemCode'>,
): Plan<'redeemed' | 'already_redeemed' | 'expired' | 'unknown'> {
  const spent = yield* first(spendCode, input)
  if (spent === undefined) return yield* explainRefusal(input)
  yield* finishWith(storingOf(input.tenant, spent.grantId, input.tokens))
  return 'redeemed'
}

function* explainRefusal(
  input: Input<'redeemCode'>,
): Plan<'already_redeemed' | 'expired' | 'unknown'> {
  const code = yield* first(selectSpent, input)
  if (code === undefined || code.clientId !== input.clientId) return 'unknown'
  // A code whose grant was ended has expired with it.
  return code.redeemedAtSeconds === null ? 'expired' : 'already_redeemed'
}

interface Prolongation {
  readonly tenant: string
  readonly grantId: GrantId
  readonly endsAtSeconds: number
  readonly usedAtSeconds: number | null
}

const prolongGrant = statement((db, p: Prolongation) =>
  db
    .updateTable('grants')
    .set((eb) => ({
      endsAtSeconds: p.endsAtSeconds,
      lastUsedAtSeconds: eb.fn.coalesce(eb.val(p.usedAtSeconds), 'lastUsedAtSeconds'),
    }))
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.grantId)
    .where('endsAtSeconds', '<', p.endsAtSeconds),
)

export function storingOf(tenant: string, grantId: GrantId, tokens: NewTokens): StatementCall[] {
  const { accessToken, refreshToken } = tokens
  const calls: StatementCall[] = []
  if (refreshToken) calls.push(call(insertRefreshToken, newRefreshToken(refreshToken)))
  if (accessToken) calls.push(call(insertAccessToken, accessToken))
  const endsAtSeconds = Math.max(
    refreshToken?.endsAtSeconds ?? 0,
    accessToken?.expiresAtSeconds ?? 0,
  )
  const usedAtSeconds = refreshToken?.issuedAtSeconds ?? null
  if (endsAtSeconds > 0) {
    calls.push(call(prolongGrant, { tenant, grantId, endsAtSeconds, usedAtSeconds }))
  }
  return calls
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

const selectGrants = statement((db, p: { tenant: string; userId: UserId }) =>
  db
    .selectFrom('grants')
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('revokedAtSeconds', 'is', null)
    .select(columnsOf(GRANT))
    .orderBy('createdAtSeconds', 'desc')
    .orderBy('id'),
)

export const listUserGrants = (tenant: string, userId: UserId): Plan<readonly GrantRecord[]> =>
  run(selectGrants, { tenant, userId })

const selectConsents = statement((db, p: { tenant: string; userId: UserId }) =>
  db
    .selectFrom('consents')
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .select(columnsOf(TABLES.consents))
    .orderBy('clientId')
    .orderBy('organisationId'),
)

export function* listUserConsents(tenant: string, userId: UserId): Plan<readonly ConsentRecord[]> {
  const rows = yield* run(selectConsents, { tenant, userId })
  return rows.map((row) => ({ ...row, organisationId: row.organisationId || null }))
}

const selectGrantUses = statement((db, p: { tenant: string; userId: UserId }) =>
  db
    .selectFrom('grants')
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('revokedAtSeconds', 'is', null)
    .where('lastUsedAtSeconds', 'is not', null)
    .select([
      'id as grantId',
      (eb) => eb.ref('lastUsedAtSeconds').$notNull().as('lastUsedAtSeconds'),
    ])
    .orderBy('id'),
)

export const listGrantUses = (tenant: string, userId: UserId): Plan<readonly GrantUse[]> =>
  run(selectGrantUses, { tenant, userId })
