// Owns the question which user the presented identifier stands for: the same words and time for every way to be
// wrong, and limits by where it comes from and by what is presented, never one for all who share a key.

import type { Clock } from '../platform/clock.ts'
import { digestOf } from '../platform/hash.ts'
import { OAuthError } from '../protocol/errors.ts'
import { asUserId, type TokenHash } from '../protocol/ids.ts'
import type { PresentedIdentifier } from '../protocol/key-exchange.ts'
import type { Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { AccessIdentifierRecord, Membership, UserRecord } from '../store/records.ts'
import { hashOfCode, hashOfIdentifier } from './access-identifiers.ts'
import { eventIfSpent, noteFailedCheck } from './failed-checks.ts'
import type { Guessing } from './guessing.ts'
import { findKnownCaller } from './known-callers.ts'
import { lookUp } from './look-ups.ts'
import { MAX_PASSWORD_CODE_POINTS, verifyPassword } from './passwords.ts'
import { allowancesOf } from './sign-in-limits.ts'

export interface ConsumerDeps {
  readonly tenant: Tenant
  readonly store: Pick<
    Store,
    'findAccessIdentifier' | 'listMemberships' | 'findKnownCaller' | 'rememberCaller'
  >
  readonly clock: Clock
  readonly guesses: Guessing
}

export interface ConsumerRequest {
  readonly requestId: string
  readonly source: string
  readonly log: Log
}

/** Whose key it is that they come with. */
export interface Asker {
  readonly keyId: string
  readonly organisationId: string
}

/** A user, and what stood for them. */
export interface Consumer {
  readonly identifier: AccessIdentifierRecord
  readonly user: UserRecord
}

/** A consumer who belongs to the organisation that asks. */
export interface Member extends Consumer {
  readonly membership: Membership
}

/** @throws OAuthError consumer_unknown, pass_code_wrong, consumer_disabled, guessing, overloaded */
export function findConsumer(
  presented: PresentedIdentifier,
  { asker, request }: { readonly asker: Asker; readonly request: ConsumerRequest },
  deps: ConsumerDeps,
): Promise<Member> {
  const source = [asker.keyId, request.source]
  return presented.kind === 'authentication_code'
    ? findByCode(presented.code, { asker, request, source }, deps)
    : findByPassCode(presented, { asker, request, source }, deps)
}

/** @throws OAuthError consumer_unknown, consumer_disabled */
export function requireEnabled(consumer: Consumer | null): Consumer {
  if (!consumer) throw new OAuthError('consumer_unknown')
  if (consumer.user.disabledAtSeconds !== null) throw new OAuthError('consumer_disabled')
  return consumer
}

interface Question {
  readonly asker: Asker
  readonly request: ConsumerRequest
  readonly source: readonly string[]
}

function findByCode(
  code: string,
  { asker, request, source }: Question,
  deps: ConsumerDeps,
): Promise<Member> {
  const failures = { purpose: 'codes', sharers: source, source: request.source }
  return lookUp<Member>(failures, deps, {
    find: async () => {
      const named = { kind: 'authentication_code', hash: hashOfCode(code) } as const
      const member = await findMember(named, asker, deps)
      if (member === null) throw new OAuthError('consumer_unknown')
      requireEnabled(member)
      return member
    },
    accountOf: ({ identifier }) => identifier.id,
  })
}

async function findByPassCode(
  { identifier, passCode }: Extract<PresentedIdentifier, { kind: 'identifier' }>,
  { asker, request, source }: Question,
  deps: ConsumerDeps,
): Promise<Member> {
  const { guesses } = deps
  const hash = hashOfIdentifier(identifier)
  const member = await findMember({ kind: 'identifier', hash }, asker, deps)
  const id = member?.identifier.id
  // What nobody has, or somebody of another organisation, has the same limits.
  const account = ['identifier', asker.organisationId, hash]
  const caller = await findKnownCaller(id, request.source, deps)
  const ways = allowancesOf(
    { account, source, deviceId: undefined, known: caller.known },
    { guesses, perMinute: guesses.limits.clientsPerMinute },
  )
  const target = id === undefined ? `identifier:${hash}` : `access_identifier:${id}`
  const attempt = {
    ...{ ways, subject: id ?? null, presented: digestOf(...account, ...source, passCode) },
    event: eventIfSpent({ ...request, action: 'access_identifier.locked', target }, deps),
  }
  const checked = await guesses.check(attempt, async () =>
    (await isPassCodeOf(member, { passCode, source: request.source })) &&
    member?.user.disabledAtSeconds === null
      ? member
      : undefined,
  )
  if (checked.outcome === 'refused') {
    throw new OAuthError('guessing', { retryAfterSeconds: checked.seconds })
  }
  if (checked.outcome === 'wrong') {
    noteFailedCheck({ ...request, target, spent: checked.spent }, deps)
    throw new OAuthError(member ? 'pass_code_wrong' : 'consumer_unknown')
  }
  await caller.remember()
  return checked.result
}

/**
 * The organisation is part of the question: who belongs to another one is not found, so that nobody learns anything
 * about other people's consumers. Memberships are looked up either way, so that time tells nothing.
 */
async function findMember(
  { kind, hash }: { readonly kind: PresentedIdentifier['kind']; readonly hash: TokenHash },
  { organisationId }: Asker,
  { tenant, store }: ConsumerDeps,
): Promise<Member | null> {
  const consumer = await store.findAccessIdentifier(tenant.name, kind, hash)
  const memberships = await store.listMemberships(tenant.name, consumer?.user.id ?? asUserId(''))
  const membership = memberships.find(({ organisation }) => organisation.id === organisationId)
  return consumer && membership ? { ...consumer, membership } : null
}

async function isPassCodeOf(
  consumer: Consumer | null,
  { passCode, source }: { readonly passCode: string; readonly source: string },
): Promise<boolean> {
  // Nobody has a longer one, so its hash need not be made (ASVS 6.2.9).
  if ([...passCode].length > MAX_PASSWORD_CODE_POINTS) return false
  const hash = consumer?.identifier.passCodeHash ?? null
  return (await verifyPassword(passCode, hash, source)).correct
}
