// Finds out what a presented token is: a JWT of ours, an opaque access token, or a refresh token.

import type { Clock } from '../platform/clock.ts'
import { tokenKey } from '../platform/hash.ts'
import { looksLikeSecret, type SecretPrefix } from '../platform/random.ts'
import type { AccessTokenFacts, PartialFacts } from '../protocol/access-token-facts.ts'
import type { SecretFormat } from '../protocol/contract-rules.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { GrantRecord, RefreshTokenRecord } from '../store/records.ts'
import { readAccessToken } from './access-token.ts'
import type { KeyRing, VerificationKey } from './keys.ts'

export interface FindTokenDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'findAccessToken' | 'findRefreshToken' | 'findGrant' | 'isRevoked'>
  readonly clock: Clock
  readonly keys: KeyRing
}

export type FoundToken =
  | { readonly kind: 'access'; readonly facts: AccessTokenFacts }
  | ({ readonly kind: 'refresh' } & FoundRefreshToken)

export interface FoundRefreshToken {
  readonly token: RefreshTokenRecord
  readonly grant: GrantRecord
  readonly grantIsLive: boolean
}

/** @returns undefined for what is no token of ours, and for an access token that has expired or is void. */
export async function findToken(
  text: string,
  deps: FindTokenDeps,
): Promise<FoundToken | undefined> {
  const { tenant, store } = deps
  if (canBe('ost_rt', text, tenant.rules.formats.refreshToken)) {
    const found = await store.findRefreshToken(tenant.name, tokenKey(text))
    if (found) return { kind: 'refresh', ...found }
  }
  const facts = await findAccessToken(text, deps)
  return facts && { kind: 'access', facts }
}

/** Saves looking for what cannot be there: a prefix tells tokens apart, hexadecimal digits do not. */
function canBe(prefix: SecretPrefix, text: string, format: SecretFormat): boolean {
  return format.kind === 'prefixed' ? looksLikeSecret(prefix, text) : !text.includes('.')
}

/** Whether a refresh token would still refresh something. */
export function isLiveRefreshToken(
  { token, grantIsLive }: FoundRefreshToken,
  nowSeconds: number,
): boolean {
  return (
    token.rotatedAtSeconds === null &&
    grantIsLive &&
    nowSeconds < Math.min(token.expiresAtSeconds, token.endsAtSeconds)
  )
}

/** An access token that is alive: known, not expired and not revoked. */
export async function findAccessToken(
  text: string,
  deps: FindTokenDeps,
): Promise<AccessTokenFacts | undefined> {
  const { tenant, store, clock } = deps
  const nowSeconds = clock.nowSeconds()
  if (canBe('ost_at', text, tenant.rules.formats.accessToken)) {
    return (await store.findAccessToken(tenant.name, tokenKey(text), nowSeconds)) ?? undefined
  }
  const read = await readAccessToken(text, { ...deps, nowSeconds })
  const facts = read && (await completeFacts(read.said, deps))
  if (!facts || !isOwnKey(read.key, facts)) return undefined
  return (await store.isRevoked({ tenant: tenant.name, ...facts })) ? undefined : facts
}

/** RFC 8725 §3.2: an API that verifies with a secret key can sign with it, too, but only for itself. */
function isOwnKey({ audience }: VerificationKey, facts: AccessTokenFacts): boolean {
  return audience === '' || facts.audience.includes(audience)
}

/** What the JWTs of some contracts leave out is known of the grant behind them. */
async function completeFacts(
  { rest, ...said }: PartialFacts,
  { tenant, store }: FindTokenDeps,
): Promise<AccessTokenFacts | undefined> {
  if (rest) return { ...said, ...rest }
  const grant = await store.findGrant(tenant.name, said.grantId)
  if (!grant) return undefined
  const { organisationId, unitId, scopes, audience, authTimeSeconds } = grant
  const { clientId, userId, clientTag, userTag } = grant
  return {
    clientId,
    userId,
    clientTag,
    userTag,
    organisationId,
    unitId,
    scopes,
    audience,
    authTimeSeconds,
    ...said,
  }
}
