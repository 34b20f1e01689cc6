// Finds out what a presented token is: a JWT of ours, an opaque access token, or a refresh token.

import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import { looksLikeSecret } from '../platform/random.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { AccessTokenFacts, GrantRecord, RefreshTokenRecord } from '../store/records.ts'
import { readAccessToken } from './access-token.ts'
import type { KeyRing } from './keys.ts'

export interface FindTokenDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'findAccessToken' | 'findRefreshToken' | 'isRevoked'>
  readonly clock: Clock
  readonly keys: KeyRing
}

export type FoundToken =
  | { readonly kind: 'access'; readonly facts: AccessTokenFacts }
  | { readonly kind: 'refresh'; readonly token: RefreshTokenRecord; readonly grant: GrantRecord }

/** @returns undefined for what is not a token of ours, or has expired. It may be revoked. */
export async function findToken(
  text: string,
  deps: FindTokenDeps,
): Promise<FoundToken | undefined> {
  const { tenant, store } = deps
  if (looksLikeSecret('ost_rt', text)) {
    const found = await store.findRefreshToken(tenant.name, sha256(text))
    return found ? { kind: 'refresh', ...found } : undefined
  }
  const facts = await findAccessToken(text, deps)
  return facts && { kind: 'access', facts }
}

/** An access token that is alive: known, not expired and not revoked. */
export async function findLiveAccessToken(
  text: string,
  deps: FindTokenDeps,
): Promise<AccessTokenFacts | undefined> {
  const facts = await findAccessToken(text, deps)
  if (!facts || (await deps.store.isRevoked({ tenant: deps.tenant.name, ...facts })))
    return undefined
  return facts
}

/** Whether a refresh token would still refresh something. */
export function isLiveRefreshToken(
  { token, grant }: { token: RefreshTokenRecord; grant: GrantRecord },
  nowSeconds: number,
): boolean {
  return (
    token.rotatedAtSeconds === null &&
    grant.revokedAtSeconds === null &&
    nowSeconds < Math.min(token.expiresAtSeconds, token.endsAtSeconds)
  )
}

async function findAccessToken(
  text: string,
  { tenant, store, clock, keys }: FindTokenDeps,
): Promise<AccessTokenFacts | undefined> {
  const nowSeconds = clock.nowSeconds()
  if (looksLikeSecret('ost_at', text)) {
    return (await store.findAccessToken(tenant.name, sha256(text), nowSeconds)) ?? undefined
  }
  return readAccessToken(text, { issuer: tenant.issuer, keys, nowSeconds })
}
