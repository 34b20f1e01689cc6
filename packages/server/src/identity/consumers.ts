// Owns the question which user the presented identifier stands for: the same words and time for every way to be
// wrong, and a lock after so many wrong pass codes.

import type { Clock } from '../platform/clock.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { TokenHash } from '../protocol/ids.ts'
import type { PresentedIdentifier } from '../protocol/key-exchange.ts'
import type { Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { AccessIdentifierRecord, UserRecord } from '../store/records.ts'
import { attemptsOf, hashOfCode, hashOfIdentifier } from './access-identifiers.ts'
import { lockSeconds } from './lock-out.ts'
import { MAX_PASSWORD_CODE_POINTS, verifyPassword } from './passwords.ts'

export interface ConsumerDeps {
  readonly tenant: Tenant
  readonly store: Pick<
    Store,
    'findAccessIdentifier' | 'startSignInAttempt' | 'clearSignInAttempts' | 'recordAuditEvent'
  >
  readonly clock: Clock
}

export interface ConsumerRequest {
  readonly requestId: string
  readonly log: Log
}

/** A user, and what stood for them. */
export interface Consumer {
  readonly identifier: AccessIdentifierRecord
  readonly user: UserRecord
}

/** @throws OAuthError consumer_unknown, pass_code_wrong, consumer_disabled, guessing, overloaded */
export async function findConsumer(
  presented: PresentedIdentifier,
  request: ConsumerRequest,
  deps: ConsumerDeps,
): Promise<Consumer> {
  const { tenant, store } = deps
  const consumer =
    presented.kind === 'authentication_code'
      ? await store.findAccessIdentifier(tenant.name, presented.kind, hashOfCode(presented.code))
      : await findByPassCode(presented, request, deps)
  return requireEnabled(consumer)
}

/** @throws OAuthError consumer_unknown, consumer_disabled */
export function requireEnabled(consumer: Consumer | null): Consumer {
  if (!consumer) throw new OAuthError('consumer_unknown')
  if (consumer.user.disabledAtSeconds !== null) throw new OAuthError('consumer_disabled')
  return consumer
}

async function findByPassCode(
  { identifier, passCode }: Extract<PresentedIdentifier, { kind: 'identifier' }>,
  request: ConsumerRequest,
  deps: ConsumerDeps,
): Promise<Consumer | null> {
  const { tenant, store, clock } = deps
  const hash = hashOfIdentifier(identifier)
  const now = clock.nowSeconds()
  // Counted before the pass code is looked at, and by what was presented: what nobody has locks just the same.
  const attempt = await store.startSignInAttempt({
    tenant: tenant.name,
    usernameHash: attemptsOf(hash),
    nowSeconds: now,
    lockSeconds,
  })
  if (!attempt.allowed) {
    throw new OAuthError('guessing', { retryAfterSeconds: attempt.lockedUntilSeconds - now })
  }
  const consumer = await store.findAccessIdentifier(tenant.name, 'identifier', hash)
  if (!(await isPassCodeOf(consumer, passCode))) {
    if (consumer && lockSeconds(attempt.attempts) > 0) await recordLock(consumer, request, deps)
    throw new OAuthError(consumer ? 'pass_code_wrong' : 'consumer_unknown')
  }
  await clearAttempts(hash, deps)
  return consumer
}

async function isPassCodeOf(consumer: Consumer | null, passCode: string): Promise<boolean> {
  // Nobody has a longer one, so its hash need not be made (ASVS 6.2.9).
  if ([...passCode].length > MAX_PASSWORD_CODE_POINTS) return false
  const { correct } = await verifyPassword(passCode, consumer?.identifier.passCodeHash ?? null)
  return correct
}

function clearAttempts(hash: TokenHash, { tenant, store }: ConsumerDeps): Promise<void> {
  return store.clearSignInAttempts(tenant.name, attemptsOf(hash))
}

async function recordLock(
  { identifier }: Consumer,
  { requestId, log }: ConsumerRequest,
  { tenant, store, clock }: ConsumerDeps,
): Promise<void> {
  log.warn({ accessIdentifier: identifier.id }, 'access identifier locked after wrong pass codes')
  await store.recordAuditEvent({
    tenant: tenant.name,
    atSeconds: clock.nowSeconds(),
    action: 'access_identifier.locked',
    actor: 'system',
    target: `access_identifier:${identifier.id}`,
    requestId,
  })
}
