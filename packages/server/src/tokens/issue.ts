// Mints and signs what a grant decided to give. Writes nothing: the grant's transition stores it afterwards.

import type { Clock } from '../platform/clock.ts'
import { tokenKey } from '../platform/hash.ts'
import { newSecret } from '../platform/random.ts'
import type { AccessTokenFacts } from '../protocol/access-token-facts.ts'
import type { GrantId } from '../protocol/ids.ts'
import type { IdTokenAlgorithm } from '../protocol/policy.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { TokenResponse } from '../protocol/token-response.ts'
import type { NewTokens, Store } from '../store/port.ts'
import type { ClientRecord, GrantRecord, RefreshTokenRecord, UserRecord } from '../store/records.ts'
import { type Consumer, signAccessToken } from './access-token.ts'
import { signIdToken } from './id-token.ts'
import type { KeyRing } from './keys.ts'
import { coversProfile, profileClaimsOf } from './profile-claims.ts'

export interface IssueDeps {
  readonly tenant: Tenant
  readonly clock: Clock
  readonly keys: KeyRing
  readonly store: Pick<Store, 'findUser'>
}

/** What every access token needs to know of the authorization behind it. */
export type TokenSubject = Pick<
  GrantRecord,
  'clientId' | 'userId' | 'clientTag' | 'userTag' | 'organisationId' | 'unitId' | 'authTimeSeconds'
> & { readonly id: GrantId }

export interface IdTokenPlan {
  readonly nonce: string | null
  readonly algorithm: IdTokenAlgorithm
  /** Whether it tells about the user what the scopes cover. */
  readonly profile: boolean
}

/** OIDC Core §3.1.2.1: with the scope `openid` there is an ID token, of the kind that the app has chosen. */
export function planIdToken(
  { idTokenAlgorithm: algorithm, idTokenProfile: profile }: ClientRecord,
  { scopes, nonce }: { readonly scopes: readonly string[]; readonly nonce: string | null },
): IdTokenPlan | undefined {
  return scopes.includes('openid') ? { nonce, algorithm, profile } : undefined
}

export interface TokenPlan {
  readonly grant: TokenSubject
  readonly scopes: readonly string[]
  /** Whether they are others than the app asked for. */
  readonly scopeDiffers?: boolean
  readonly audience: readonly string[]
  /**
   * A new refresh token that ends with its chain, a stable one that goes out again, or none.
   */
  readonly refresh:
    | { readonly kind: 'new'; readonly endsAtSeconds: number }
    | { readonly kind: 'same'; readonly token: string }
    | { readonly kind: 'none' }
  /** Set when an ID token goes with it. */
  readonly idToken: IdTokenPlan | undefined
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
  // The user is looked up while the token is signed on another thread.
  const [accessToken, user] = await Promise.all([
    mintAccessToken(facts, plan, deps),
    findUserToTell(plan, deps),
  ])
  const refresh = mintRefreshToken(plan, deps.tenant, now)
  return {
    response: {
      accessToken,
      tokenType: 'Bearer',
      expiresInSeconds: lifetimeSeconds,
      scopes: plan.scopes,
      scopeDiffers: plan.scopeDiffers,
      refreshToken: refresh.token,
      idToken: plan.idToken && (await mintIdToken({ ...facts, accessToken, user }, plan, deps)),
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

async function mintAccessToken(
  facts: AccessTokenFacts,
  { consumer }: TokenPlan,
  deps: IssueDeps,
): Promise<string> {
  const { policy, rules } = deps.tenant
  return policy.accessToken.format === 'opaque'
    ? newSecret('ost_at', rules.formats.accessToken)
    : signAccessToken({ facts, consumer }, deps)
}

/** Nobody is looked up for an ID token that tells no more than `sub`. */
async function findUserToTell(
  { idToken, scopes, grant: { userId } }: TokenPlan,
  { tenant, store }: IssueDeps,
): Promise<UserRecord | null> {
  if (!idToken?.profile || userId === null || !coversProfile(scopes)) return null
  return store.findUser(tenant.name, userId)
}

async function mintIdToken(
  facts: AccessTokenFacts & { readonly accessToken: string; readonly user: UserRecord | null },
  { idToken, scopes }: TokenPlan,
  { tenant, keys }: IssueDeps,
): Promise<string | undefined> {
  const { userId, user } = facts
  if (!tenant.rules.openId || idToken === undefined || userId === null) return undefined
  const { nonce, algorithm } = idToken
  const profile = user ? profileClaimsOf(user, scopes) : undefined
  const signer = await keys.idTokenSigner(algorithm)
  return signIdToken({ ...facts, userId, nonce, profile }, { issuer: tenant.issuer, signer })
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
