// Mints and signs what a grant decided to give. Writes nothing: the grant's transition stores it afterwards.

import type { Clock } from '../platform/clock.ts'
import { tokenKey } from '../platform/hash.ts'
import { newSecret } from '../platform/random.ts'
import type { AccessTokenFacts } from '../protocol/access-token-facts.ts'
import type { GrantId } from '../protocol/ids.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { TokenResponse } from '../protocol/token-response.ts'
import type { NewTokens } from '../store/port.ts'
import type { GrantRecord, RefreshTokenRecord } from '../store/records.ts'
import { type Consumer, signAccessToken } from './access-token.ts'
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
  'clientId' | 'userId' | 'clientTag' | 'userTag' | 'organisationId' | 'unitId' | 'authTimeSeconds'
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
  readonly lifetimeSeconds: number
  /** Whether the app proved itself by a secret: then its refresh token asks for that again. */
  readonly clientAuthenticated: boolean
  /** Set when an application key was exchanged. */
  readonly consumer?: Consumer | undefined
  /** RFC 8693 §2.2.1: set when a token was exchanged. */
  readonly issuedTokenType?: string
}

export interface Issued {
  readonly response: TokenResponse
  readonly tokens: NewTokens
}

export async function issueTokens(plan: TokenPlan, deps: IssueDeps): Promise<Issued> {
  const { policy, name: tenant } = deps.tenant
  const now = deps.clock.nowSeconds()
  const { lifetimeSeconds } = plan
  const facts: AccessTokenFacts = {
    grantId: plan.grant.id,
    clientId: plan.grant.clientId,
    userId: plan.grant.userId,
    clientTag: plan.grant.clientTag,
    userTag: plan.grant.userTag,
    organisationId: plan.grant.organisationId,
    unitId: plan.grant.unitId,
    scopes: plan.scopes,
    audience: plan.audience,
    authTimeSeconds: plan.grant.authTimeSeconds,
    issuedAtSeconds: now,
    expiresAtSeconds: now + lifetimeSeconds,
  }
  const accessToken =
    policy.accessToken.format === 'opaque'
      ? newSecret('ost_at', deps.tenant.rules.formats.accessToken)
      : await signAccessToken({ facts, consumer: plan.consumer }, deps)
  const refresh = mintRefreshToken(plan, deps.tenant, now)
  return {
    response: {
      accessToken,
      tokenType: 'Bearer',
      expiresInSeconds: lifetimeSeconds,
      scopes: plan.scopes,
      refreshToken: refresh.token,
      idToken: plan.idToken && (await mintIdToken(plan, facts, deps)),
      issuedTokenType: plan.issuedTokenType,
    },
    tokens: {
      accessToken:
        policy.accessToken.format === 'opaque'
          ? { ...facts, tenant, hash: tokenKey(accessToken) }
          : null,
      refreshToken: refresh.record,
    },
  }
}

async function mintIdToken(
  plan: TokenPlan,
  facts: AccessTokenFacts,
  { tenant, keys }: IssueDeps,
): Promise<string | undefined> {
  if (plan.idToken === undefined || facts.userId === null) return undefined
  return signIdToken(
    { ...facts, userId: facts.userId, nonce: plan.idToken.nonce },
    { issuer: tenant.issuer, signer: await keys.signer(facts.audience) },
  )
}

function mintRefreshToken(
  { refresh, grant, clientAuthenticated }: TokenPlan,
  { name, policy, rules }: Tenant,
  now: number,
): { token: string | undefined; record: RefreshTokenRecord | null } {
  if (refresh.kind === 'none') return { token: undefined, record: null }
  if (refresh.kind === 'same') return { token: refresh.token, record: null }
  const token = newSecret('ost_rt', rules.formats.refreshToken)
  const record: RefreshTokenRecord = {
    tenant: name,
    hash: tokenKey(token),
    grantId: grant.id,
    clientId: grant.clientId,
    issuedAtSeconds: now,
    expiresAtSeconds: Math.min(now + policy.refreshToken.idleSeconds, refresh.endsAtSeconds),
    endsAtSeconds: refresh.endsAtSeconds,
    rotatedAtSeconds: null,
    clientAuthenticated,
  }
  return { token, record }
}
