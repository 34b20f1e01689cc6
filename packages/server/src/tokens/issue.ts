// Mints and signs what a grant decided to give. Writes nothing: the grant's transition stores it afterwards.

import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import { newId, newSecret } from '../platform/random.ts'
import type { GrantId } from '../protocol/ids.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { TokenResponse } from '../protocol/token-response.ts'
import type { NewTokens } from '../store/port.ts'
import type { AccessTokenFacts, GrantRecord, RefreshTokenRecord } from '../store/records.ts'
import { signAccessToken } from './access-token.ts'
import { signIdToken } from './id-token.ts'
import type { KeyRing } from './keys.ts'

export interface IssueDeps {
  readonly tenant: Tenant
  readonly clock: Clock
  readonly keys: KeyRing
}

/** What every access token needs to know of the authorization behind it. */
export type TokenSubject = Pick<
  GrantRecord,
  'clientId' | 'userId' | 'organisationId' | 'unitId' | 'authTimeSeconds'
> & { readonly id: GrantId }

export interface TokenPlan {
  readonly grant: TokenSubject
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  /**
   * A new refresh token that ends with its chain, a stable one that goes out again, or none.
   */
  readonly refresh:
    | { readonly kind: 'new'; readonly endsAtSeconds: number }
    | { readonly kind: 'same'; readonly token: string }
    | { readonly kind: 'none' }
  /** Set when an ID token goes with it. */
  readonly idToken: { readonly nonce: string | null } | undefined
}

export interface Issued {
  readonly response: TokenResponse
  readonly tokens: NewTokens
}

export async function issueTokens(plan: TokenPlan, deps: IssueDeps): Promise<Issued> {
  const { policy, name: tenant } = deps.tenant
  const now = deps.clock.nowSeconds()
  const facts: AccessTokenFacts = {
    grantId: plan.grant.id,
    clientId: plan.grant.clientId,
    userId: plan.grant.userId,
    organisationId: plan.grant.organisationId,
    unitId: plan.grant.unitId,
    scopes: plan.scopes,
    audience: plan.audience,
    authTimeSeconds: plan.grant.authTimeSeconds,
    issuedAtSeconds: now,
    expiresAtSeconds: now + policy.accessToken.lifetimeSeconds,
  }
  const accessToken = await mintAccessToken(facts, deps)
  const refresh = mintRefreshToken(plan, {
    tenant,
    now,
    idleSeconds: policy.refreshToken.idleSeconds,
  })
  return {
    response: {
      accessToken,
      tokenType: 'Bearer',
      expiresInSeconds: policy.accessToken.lifetimeSeconds,
      scopes: plan.scopes,
      refreshToken: refresh.token,
      idToken: await mintIdToken(plan, facts, deps),
    },
    tokens: {
      accessToken:
        policy.accessToken.format === 'opaque'
          ? { ...facts, tenant, hash: sha256(accessToken) }
          : null,
      refreshToken: refresh.record,
    },
  }
}

async function mintAccessToken(
  facts: AccessTokenFacts,
  { tenant, keys }: IssueDeps,
): Promise<string> {
  if (tenant.policy.accessToken.format === 'opaque') return newSecret('ost_at')
  return signAccessToken({ facts, issuer: tenant.issuer, id: newId(), signer: await keys.signer() })
}

async function mintIdToken(
  plan: TokenPlan,
  facts: AccessTokenFacts,
  { tenant, keys }: IssueDeps,
): Promise<string | undefined> {
  if (plan.idToken === undefined || facts.userId === null) return undefined
  return signIdToken(
    { ...facts, userId: facts.userId, nonce: plan.idToken.nonce },
    { issuer: tenant.issuer, signer: await keys.signer() },
  )
}

function mintRefreshToken(
  { refresh, grant }: TokenPlan,
  context: { tenant: string; now: number; idleSeconds: number },
): { token: string | undefined; record: RefreshTokenRecord | null } {
  if (refresh.kind === 'none') return { token: undefined, record: null }
  if (refresh.kind === 'same') return { token: refresh.token, record: null }
  const token = newSecret('ost_rt')
  const record: RefreshTokenRecord = {
    tenant: context.tenant,
    hash: sha256(token),
    grantId: grant.id,
    clientId: grant.clientId,
    issuedAtSeconds: context.now,
    expiresAtSeconds: Math.min(context.now + context.idleSeconds, refresh.endsAtSeconds),
    endsAtSeconds: refresh.endsAtSeconds,
    rotatedAtSeconds: null,
  }
  return { token, record }
}

/** Until when the feed must name a grant that is revoked now: the last access token it gave has expired by then. */
export function revocationExpiry(tenant: Tenant, nowSeconds: number): number {
  return nowSeconds + tenant.policy.accessToken.lifetimeSeconds + CLOCK_TOLERANCE_SECONDS
}

const CLOCK_TOLERANCE_SECONDS = 60
