// Owns whether a user name and a password belong together: the same words, time and limits for every way to be wrong.

import type { Clock } from '../platform/clock.ts'
import { digestOf } from '../platform/hash.ts'
import type { Log } from '../protocol/message.ts'
import type { TenantObserver } from '../protocol/observer.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { UserRecord } from '../store/records.ts'
import { eventIfSpent, noteFailedCheck } from './failed-checks.ts'
import type { Guessing } from './guessing.ts'
import { findKnownCaller } from './known-callers.ts'
import { hashPassword, MAX_PASSWORD_CODE_POINTS, verifyPassword } from './passwords.ts'
import { allowancesOf } from './sign-in-limits.ts'
import { normaliseUsername } from './usernames.ts'

export interface SignInDeps {
  readonly tenant: Tenant
  readonly store: Pick<
    Store,
    'findUserForSignIn' | 'findUser' | 'updatePasswordHash' | 'findKnownCaller' | 'rememberCaller'
  >
  readonly clock: Clock
  readonly guesses: Guessing
  readonly observer: Pick<TenantObserver, 'signInTried'>
}

export interface Credentials {
  readonly username: string
  readonly password: string
  /** Where it comes from, as limits count. */
  readonly source: string
  /** The id of the browser, when it has signed in as this user before; apps have none. */
  readonly deviceOf?: (user: UserRecord) => string | undefined
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
  const { tenant, store, guesses } = deps
  const { password, source, deviceOf } = credentials
  const username = normaliseUsername(credentials.username)
  // Nobody has a longer one, so its hash need not be made (ASVS 6.2.9), and nothing was guessed.
  if ([...password].length > MAX_PASSWORD_CODE_POINTS) return { outcome: 'wrong_credentials' }
  const user = await store.findUserForSignIn(tenant.name, username)
  const deviceId = (user && deviceOf?.(user)) ?? undefined
  const caller = await findKnownCaller(user?.id, source, deps)
  const typed = ['user', username]
  // A name and an address of one account give no more tries together than either alone.
  const account = ['user', user?.username ?? username]
  const ways = allowancesOf(
    { account, typed, source: [source], deviceId, known: caller.known },
    { guesses, perMinute: guesses.limits.signInsPerMinute },
  )
  const target = `username:${username.slice(0, MAX_RECORDED_LENGTH)}`
  const attempt = {
    ...{ ways, subject: user?.id ?? null },
    presented: digestOf(...typed, password, source, deviceId ?? ''),
    event: eventIfSpent({ ...credentials, action: 'sign_in.locked', target }, deps),
  }
  const checked = await guesses.check(attempt, () =>
    checkPassword(user, { password, source }, deps),
  )
  if (checked.outcome === 'refused') return { outcome: 'locked', seconds: checked.seconds }
  if (checked.outcome === 'wrong') {
    noteFailedCheck({ ...credentials, target, spent: checked.spent }, deps)
    return { outcome: 'wrong_credentials' }
  }
  await caller.remember()
  return { outcome: 'signed_in', user: checked.result }
}

/** Nobody has a longer name; what was typed instead of one should not fill the audit trail. */
const MAX_RECORDED_LENGTH = 128

interface Given {
  readonly password: string
  readonly source: string
}

async function checkPassword(
  user: UserRecord | null,
  given: Given,
  deps: SignInDeps,
): Promise<UserRecord | undefined> {
  const { tenant, store } = deps
  const { password, source } = given
  const { correct, outdated } = await verifyPassword(password, user?.passwordHash ?? null, source)
  if (!user || !correct || user.disabledAtSeconds !== null) return undefined
  const before = user.passwordHash
  if (!outdated || before === null) return user
  const after = await hashPassword(password, source)
  const hashes = { tenant: tenant.name, userId: user.id, before, after }
  if (await store.updatePasswordHash(hashes)) return { ...user, passwordHash: after }
  // Another sign-in has made it anew, or it is no longer the password.
  const userNow = await store.findUser(tenant.name, user.id)
  return checkPassword(userNow, given, deps)
}
