// Owns browser sessions. A browser may hold several, one per account; its cookie lists their secrets, the one used
// last first. The store knows only hashes.

import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import { looksLikeSecret, newId, newSecret } from '../platform/random.ts'
import { PageError } from '../protocol/errors.ts'
import type { CookieChange } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { SessionRecord, UserRecord } from '../store/records.ts'

export interface SessionDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'createSession' | 'findSession' | 'touchSession' | 'endSession'>
  readonly clock: Clock
}

/** An account that is signed in in this browser. */
export interface Account {
  readonly session: SessionRecord
  readonly user: UserRecord
  /** As the cookie holds it. */
  readonly secret: string
}

const MAX_ACCOUNTS = 5
const SEPARATOR = '.'
/** The idle expiry moves on in steps, so that not every request writes. */
const TOUCH_EVERY_SECONDS = 300

/** The accounts that a session cookie still stands for, in its order. */
export async function readAccounts(
  cookie: string | undefined,
  deps: SessionDeps,
): Promise<readonly Account[]> {
  const secrets = (cookie ?? '').split(SEPARATOR, MAX_ACCOUNTS)
  const valid = secrets.filter((secret) => looksLikeSecret('ost_ss', secret))
  const accounts = await Promise.all(valid.map((secret) => readAccount(secret, deps)))
  return accounts.filter((account) => account !== undefined)
}

/**
 * Starts a session after a sign-in. Its id is always new, whatever the browser sent (ASVS 7.2.4);
 * an older session of the same user in this browser ends.
 * @throws PageError when the password changed, or the user was disabled, since it was checked
 */
export async function startSession(
  input: {
    user: UserRecord
    present: readonly Account[]
    userAgent: string | undefined
    address: string
  },
  { tenant, store, clock }: SessionDeps,
): Promise<{ account: Account; accounts: readonly Account[] }> {
  const now = clock.nowSeconds()
  const { idleSeconds, absoluteSeconds } = tenant.policy.session
  const secret = newSecret('ost_ss')
  const session: SessionRecord = {
    tenant: tenant.name,
    hash: sha256(secret),
    id: newId(),
    userId: input.user.id,
    authTimeSeconds: now,
    lastSeenAtSeconds: now,
    expiresAtSeconds: now + Math.min(idleSeconds, absoluteSeconds),
    endsAtSeconds: now + absoluteSeconds,
    userAgent: input.userAgent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
    address: input.address,
  }
  if (!(await store.createSession(session, input.user.passwordHash))) {
    throw new PageError('interaction_invalid')
  }
  const account = { session, user: input.user, secret }
  const others = input.present.filter(({ user }) => user.id !== input.user.id)
  const kept = others.slice(0, MAX_ACCOUNTS - 1)
  await endSessions(
    input.present.filter((other) => !kept.includes(other)),
    { tenant, store },
  )
  return { account, accounts: [account, ...kept] }
}

const MAX_USER_AGENT_LENGTH = 256

export async function endSessions(
  accounts: readonly Account[],
  { tenant, store }: Pick<SessionDeps, 'tenant' | 'store'>,
): Promise<void> {
  await Promise.all(accounts.map(({ session }) => store.endSession(tenant.name, session.hash)))
}

/** The session cookie for these accounts; it goes away when nobody is signed in. */
export function sessionCookie(accounts: readonly Account[], tenant: Tenant): CookieChange {
  const secrets = accounts.map(({ secret }) => secret)
  return {
    name: 'session',
    value: secrets.length === 0 ? undefined : secrets.join(SEPARATOR),
    maxAgeSeconds: tenant.policy.session.absoluteSeconds,
  }
}

async function readAccount(
  secret: string,
  { tenant, store, clock }: SessionDeps,
): Promise<Account | undefined> {
  const now = clock.nowSeconds()
  const hash = sha256(secret)
  const found = await store.findSession(tenant.name, hash, now)
  if (!found) return undefined
  const { session, user } = found
  if (now - session.lastSeenAtSeconds >= TOUCH_EVERY_SECONDS) {
    const expiresAtSeconds = Math.min(
      now + tenant.policy.session.idleSeconds,
      session.endsAtSeconds,
    )
    await store.touchSession({ tenant: tenant.name, hash, nowSeconds: now, expiresAtSeconds })
  }
  return { session, user, secret }
}
