// Owns whether a user name and a password belong together: the same words, time and limits for every way to be wrong.

import type { Clock } from '../platform/clock.ts'
import type { GuessLimiter } from '../platform/guess-limiter.ts'
import { sha256 } from '../platform/hash.ts'
import type { Log } from '../protocol/message.ts'
import type { TenantObserver } from '../protocol/observer.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { UserRecord } from '../store/records.ts'
import { lockSeconds } from './lock-out.ts'
import { hashPassword, MAX_PASSWORD_CODE_POINTS, verifyPassword } from './passwords.ts'
import { normaliseUsername } from './usernames.ts'

export interface SignInDeps {
  readonly tenant: Tenant
  readonly store: Pick<
    Store,
    | 'findUserByUsername'
    | 'startSignInAttempt'
    | 'clearSignInAttempts'
    | 'updatePasswordHash'
    | 'recordAuditEvent'
  >
  readonly clock: Clock
  /** By source, whatever the account. */
  readonly guesses: GuessLimiter
  readonly observer: Pick<TenantObserver, 'signInTried'>
}

export interface Credentials {
  readonly username: string
  readonly password: string
  /** Where it comes from, as limits count. */
  readonly source: string
  readonly requestId: string
  readonly log: Log
}

export type SignInOutcome =
  | { readonly outcome: 'signed_in'; readonly user: UserRecord }
  | { readonly outcome: 'wrong_credentials' }
  | { readonly outcome: 'locked'; readonly seconds: number }

/** @throws OAuthError overloaded, when too many passwords are being checked already */
export async function signIn(credentials: Credentials, deps: SignInDeps): Promise<SignInOutcome> {
  const result = await trySignIn(credentials, deps)
  deps.observer.signInTried(result.outcome)
  return result
}

async function trySignIn(credentials: Credentials, deps: SignInDeps): Promise<SignInOutcome> {
  const { tenant, store, clock, guesses } = deps
  const username = normaliseUsername(credentials.username)
  const guessKey = `${tenant.name} ${credentials.source}`
  const blocked = await guesses.blockedFor(guessKey)
  if (blocked !== undefined) return { outcome: 'locked', seconds: blocked }

  // Counted by the name that was typed, so that an account that does not exist locks just the same.
  const usernameHash = sha256(username)
  const now = clock.nowSeconds()
  const attempt = await store.startSignInAttempt({
    tenant: tenant.name,
    usernameHash,
    nowSeconds: now,
    lockSeconds,
  })
  if (!attempt.allowed) return { outcome: 'locked', seconds: attempt.lockedUntilSeconds - now }

  const user = await checkPassword(username, credentials.password, deps)
  if (!user) {
    await guesses.recordFailure(guessKey)
    if (lockSeconds(attempt.attempts) > 0) await recordLock(username, credentials, deps)
    return { outcome: 'wrong_credentials' }
  }
  await store.clearSignInAttempts(tenant.name, usernameHash)
  return { outcome: 'signed_in', user }
}

async function checkPassword(
  username: string,
  password: string,
  deps: SignInDeps,
): Promise<UserRecord | undefined> {
  const { tenant, store } = deps
  const user = await store.findUserByUsername(tenant.name, username)
  // Nobody has a longer one, so its hash need not be made (ASVS 6.2.9).
  if ([...password].length > MAX_PASSWORD_CODE_POINTS) return undefined
  const { correct, outdated } = await verifyPassword(password, user?.passwordHash ?? null)
  if (!user || !correct || user.disabledAtSeconds !== null) return undefined
  const before = user.passwordHash
  if (!outdated || before === null) return user
  const after = await hashPassword(password)
  const hashes = { tenant: tenant.name, userId: user.id, before, after }
  if (await store.updatePasswordHash(hashes)) return { ...user, passwordHash: after }
  // Another sign-in has made it anew, or it is no longer the password.
  return checkPassword(username, password, deps)
}

/** Nobody has a longer name; what was typed instead of one should not fill the audit trail. */
const MAX_RECORDED_LENGTH = 128

async function recordLock(
  username: string,
  { requestId, log }: Credentials,
  { tenant, store, clock }: SignInDeps,
): Promise<void> {
  log.warn({ tenant: tenant.name }, 'account locked after failed sign-ins')
  await store.recordAuditEvent({
    tenant: tenant.name,
    atSeconds: clock.nowSeconds(),
    action: 'sign_in.locked',
    actor: 'system',
    target: `username:${username.slice(0, MAX_RECORDED_LENGTH)}`,
    requestId,
  })
}
