// What the core tells to whoever counts: plain facts, each told once, to be kept or ignored. Never waited for.

import type { Tenant } from './tenant.ts'

/** What became of a refresh token that was presented. */
export type RefreshOutcome =
  | 'rotated'
  | 'renewed'
  | 'retried'
  | 'retry_differs'
  | 'reused'
  | 'expired'
  | 'revoked'
  | 'unknown'
  | 'wrong_client'

/** For one tenant. */
export interface TenantObserver {
  /** An answer gave an access token: for this grant type, in the tenant's format. */
  tokenIssued(grantType: string): void
  refreshed(outcome: RefreshOutcome): void
  signInTried(outcome: 'signed_in' | 'wrong_credentials' | 'locked'): void
  /** So many APIs did not confirm a revocation before its answer went out. */
  followersLapsed(followers: number): void
}

export interface HousekeepingObserver {
  /** Rows that had expired are gone. */
  cleanedUp(rows: number): void
  /** So many more were waiting when they were last counted. */
  cleanUpBacklog(rows: number): void
}

export interface Observer extends HousekeepingObserver {
  forTenant(tenant: Tenant): TenantObserver
}

const ignore = () => undefined

const DEAF_TO_A_TENANT: TenantObserver = {
  tokenIssued: ignore,
  refreshed: ignore,
  signInTried: ignore,
  followersLapsed: ignore,
}

/** Where nobody counts. */
export const NO_OBSERVER: Observer = {
  forTenant: () => DEAF_TO_A_TENANT,
  cleanedUp: ignore,
  cleanUpBacklog: ignore,
}
