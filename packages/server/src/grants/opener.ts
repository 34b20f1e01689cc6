// Who opens a grant with an application key, an identity JWT or a code alone, and for whom. Wrong credentials are counted by the
// address they come from, and by the identifier they name.

import {
  type Asker,
  type Consumer,
  type ConsumerDeps,
  findConsumer,
  findConsumerByCodeAlone,
} from '../identity/consumers.ts'
import { findIdentity, type IdentityJwtDeps } from '../identity/identity-jwt.ts'
import { countFailures, lookUp } from '../identity/look-ups.ts'
import { sha256 } from '../platform/hash.ts'
import { OAuthError } from '../protocol/errors.ts'
import { asClientId, asRevocationTag, type ClientId, type RevocationTag } from '../protocol/ids.ts'
import type { ByCode, ByIdentity, ByKey, KeyExchange } from '../protocol/key-exchange.ts'
import type { Log } from '../protocol/message.ts'
import type { GrantGuard, Store } from '../store/port.ts'
import type { ApplicationKeyRecord, Membership } from '../store/records.ts'

export interface OpenerDeps extends IdentityJwtDeps, ConsumerDeps {
  readonly store: ConsumerDeps['store'] &
    IdentityJwtDeps['store'] &
    Pick<Store, 'findApplicationKey'>
}

export interface OpenerContext {
  readonly deps: OpenerDeps
  readonly requestId: string
  /** Where it comes from, as limits count. */
  readonly source: string
  readonly log: Log
}

export interface Opener {
  /** The key, the issuer of the JWT, or the code that came alone. */
  readonly clientId: ClientId
  readonly clientTag: RevocationTag
  readonly key: ApplicationKeyRecord | undefined
  /** undefined when the key stands for the organisation itself. */
  readonly consumer: OpenerConsumer | undefined
  readonly organisationId: string
  readonly guard: GrantGuard
}

export interface OpenerConsumer extends Consumer {
  /** In the organisation. */
  readonly membership: Membership
}

/** @throws OAuthError invalid_client, access_denied, invalid_request, too_many_requests */
export function findOpener(exchange: KeyExchange, context: OpenerContext): Promise<Opener> {
  if (exchange.kind === 'key') return openByKey(exchange, context)
  return exchange.kind === 'code'
    ? openByCode(exchange, context)
    : openByIdentity(exchange, context)
}

async function openByKey(exchange: ByKey, context: OpenerContext): Promise<Opener> {
  const { consumer: presented, organisation } = exchange
  const { deps, source } = context
  const key = await lookUp({ purpose: 'keys', sharers: [source], source }, deps, {
    find: () => findKey(exchange.key, deps),
    accountOf: ({ id }) => id,
  })
  // The key tells the organisation. A caller who names another one has mixed something up.
  if (organisation !== undefined && organisation !== key.organisationId) {
    throw new OAuthError('exchange_contradictory', { parameter: 'organisation' })
  }
  const asker: Asker = { keyId: key.id, organisationId: key.organisationId }
  const consumer = presented && (await findConsumer(presented, { asker, request: context }, deps))
  return {
    clientId: key.id,
    clientTag: key.tag,
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

async function openByCode({ code, organisation }: ByCode, context: OpenerContext): Promise<Opener> {
  const { deps } = context
  const consumer = await findConsumerByCodeAlone(code, context, deps)
  const membership = await membershipIn(organisation, consumer, deps)
  const { id } = consumer.identifier
  return {
    clientId: asClientId(id),
    // It has no tag: its grants are ended singly, when it is removed.
    clientTag: asRevocationTag(id),
    key: undefined,
    consumer: { ...consumer, membership },
    organisationId: membership.organisation.id,
    guard: { kind: 'code', accessIdentifierId: id },
  }
}

/**
 * No secret of another organisation: who opens it has proven to be the consumer.
 * @param organisation undefined when the caller does not name it, as older clients do
 * @throws OAuthError access_denied, invalid_request
 */
async function membershipIn(
  organisation: string | undefined,
  { user }: Consumer,
  { tenant, store }: OpenerDeps,
): Promise<Membership> {
  const memberships = await store.listMemberships(tenant.name, user.id)
  const [membership, another] =
    organisation === undefined
      ? memberships
      : memberships.filter((each) => each.organisation.id === organisation)
  if (!membership) throw new OAuthError('consumer_of_other_organisation')
  if (another) throw new OAuthError('parameter_missing', { parameter: 'organisation' })
  return membership
}

async function openByIdentity(
  { jwt, organisation }: ByIdentity,
  { deps, source }: OpenerContext,
): Promise<Opener> {
  const { guesses } = deps
  const from = { purpose: 'identity jwts', sharers: [source], source }
  const { issuer, consumer, once } = await countFailures(from, guesses, () =>
    findIdentity(jwt, deps),
  )
  const membership = await membershipIn(organisation, consumer, deps)
  const accessIdentifierId = consumer.identifier.id
  return {
    clientId: issuer.id,
    clientTag: issuer.tag,
    key: undefined,
    consumer: { ...consumer, membership },
    organisationId: organisation,
    guard: { kind: 'identity', trustedIssuerId: issuer.id, accessIdentifierId, once },
  }
}
