// Who opens a grant with an application key or an identity JWT, and for whom. Wrong credentials are counted by the
// address they come from, by the key they come with, and by the identifier they name.

import { type Consumer, type ConsumerDeps, findConsumer } from '../identity/consumers.ts'
import { findIdentity, type IdentityJwtDeps } from '../identity/identity-jwt.ts'
import type { GuessLimiter } from '../platform/guess-limiter.ts'
import { sha256 } from '../platform/hash.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { ClientId } from '../protocol/ids.ts'
import type { ByIdentity, ByKey } from '../protocol/key-exchange.ts'
import type { Log } from '../protocol/message.ts'
import type { GrantGuard, Store } from '../store/port.ts'
import type { ApplicationKeyRecord } from '../store/records.ts'

export interface OpenerDeps extends IdentityJwtDeps {
  readonly store: ConsumerDeps['store'] &
    IdentityJwtDeps['store'] &
    Pick<Store, 'findApplicationKey'>
  readonly guesses: GuessLimiter
}

export interface OpenerContext {
  readonly deps: OpenerDeps
  readonly requestId: string
  /** Where it comes from, as limits count. */
  readonly source: string
  readonly log: Log
}

export interface Opener {
  /** The key, or the issuer of the JWT. */
  readonly clientId: ClientId
  readonly key: ApplicationKeyRecord | undefined
  /** undefined when the key stands for the organisation itself. */
  readonly consumer: Consumer | undefined
  readonly organisationId: string
  readonly guard: GrantGuard
}

/** @throws OAuthError invalid_client, access_denied, invalid_request, too_many_requests */
export function findOpener(exchange: ByKey | ByIdentity, context: OpenerContext): Promise<Opener> {
  return limited(`address ${context.source}`, context, () =>
    exchange.kind === 'key' ? openByKey(exchange, context) : openByIdentity(exchange, context),
  )
}

async function openByKey(exchange: ByKey, context: OpenerContext): Promise<Opener> {
  const { consumer: presented, organisation } = exchange
  const key = await findKey(exchange.key, context.deps)
  // The key tells the organisation. A caller who names another one has mixed something up.
  if (organisation !== undefined && organisation !== key.organisationId) {
    throw new OAuthError('exchange_contradictory', { parameter: 'organisation' })
  }
  const consumer =
    presented &&
    (await limited(`key ${key.id}`, context, () => findConsumer(presented, context, context.deps)))
  return {
    clientId: key.id,
    key,
    consumer,
    organisationId: key.organisationId,
    guard: { kind: 'key', keyId: key.id, accessIdentifierId: consumer?.identifier.id ?? null },
  }
}

/** A look-up by hash takes the same time for every wrong key. */
async function findKey(
  text: string,
  { tenant, store, clock }: OpenerDeps,
): Promise<ApplicationKeyRecord> {
  const key = await store.findApplicationKey(tenant.name, sha256(text))
  if (!key) throw new OAuthError('application_key_unknown')
  if (key.expiresAtSeconds !== null && key.expiresAtSeconds <= clock.nowSeconds()) {
    throw new OAuthError('application_key_expired')
  }
  if (key.suspendedAtSeconds !== null) throw new OAuthError('application_key_suspended')
  return key
}

async function openByIdentity(
  { jwt, organisation }: ByIdentity,
  { deps }: OpenerContext,
): Promise<Opener> {
  const { issuer, consumer, once } = await findIdentity(jwt, deps)
  const accessIdentifierId = consumer.identifier.id
  return {
    clientId: issuer.id,
    key: undefined,
    consumer,
    organisationId: organisation,
    guard: { kind: 'identity', trustedIssuerId: issuer.id, accessIdentifierId, once },
  }
}

/** Whoever has sent too many wrong credentials is not listened to for a while. */
async function limited<Result>(
  whose: string,
  { deps: { guesses, tenant } }: OpenerContext,
  check: () => Promise<Result>,
): Promise<Result> {
  const limiterKey = `${tenant.name} exchange ${whose}`
  const retryAfterSeconds = await guesses.blockedFor(limiterKey)
  if (retryAfterSeconds !== undefined) throw new OAuthError('guessing', { retryAfterSeconds })
  try {
    return await check()
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_client') {
      await guesses.recordFailure(limiterKey)
    }
    throw error
  }
}
