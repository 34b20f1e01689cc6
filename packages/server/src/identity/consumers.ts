// Owns the question which user the presented identifier stands for: the same words and time for every way to be
// wrong, and limits by where it comes from and by what is presented, never one for all who share a key.

import type { Clock } from '../platform/clock.ts'
import { digestOf } from '../platform/hash.ts'
import type { Sealer } from '../platform/seal.ts'
import { OAuthError } from '../protocol/errors.ts'
import { asUserId, type TokenHash } from '../protocol/ids.ts'
import type { PresentedIdentifier } from '../protocol/key-exchange.ts'
import type { Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { AccessIdentifierRecord, Membership, UserRecord } from '../store/records.ts'
import { digestOfWeakCode, hashOfCode, hashOfIdentifier, isWeakCode } from './access-identifiers.ts'
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
  /** Of the tenant's weak codes. */
  readonly codeSealer: Sealer
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
  const question = { asker, request, source: [asker.keyId, request.source] }
  if (presented.kind === 'identifier') return findByPassCode(presented, question, deps)
  const { code } = presented
  return isWeakCode(code) ? findByWeakCode(code, question, deps) : findByCode(code, question, deps)
}

/**
 * A code without a key. Each try is at the codes of all organisations at once, so all callers who are not known there
 * share a limit, whatever organisation they name; and what could be guessed is not looked at.
 * @throws OAuthError application_key_missing, consumer_unknown, guessing, overloaded
 */
export function findConsumerByCodeAlone(
  code: string,
  request: ConsumerRequest,
  deps: ConsumerDeps,
): Promise<Consumer> {
  if (isWeakCode(code)) throw new OAuthError('application_key_missing')
  const { tenant, store } = deps
  const hash = hashOfCode(code)
  const secret: Secret<Consumer> = {
    hash,
    secret: code,
    account: ['codes without a key'],
    targetOf: () => `tenant:${tenant.name}`,
    find: () => store.findAccessIdentifier(tenant.name, 'authentication_code', hash),
    // It is found by all of it.
    isRight: async (consumer) => consumer !== null,
  }
  return findBySecret(secret, { request, source: [request.source] }, deps)
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

function findByPassCode(
  { identifier, passCode }: Extract<PresentedIdentifier, { kind: 'identifier' }>,
  question: Question,
  deps: ConsumerDeps,
): Promise<Member> {
  const hash = hashOfIdentifier(identifier)
  const { organisationId } = question.asker
  return findBySecret(
    {
      ...memberSecret({ kind: 'identifier', hash }, passCode, { question, deps }),
      // What nobody has, or somebody of another organisation, has the same limits.
      account: ['identifier', organisationId, hash],
      targetOf: (id) => (id === undefined ? `identifier:${hash}` : `access_identifier:${id}`),
    },
    question,
    deps,
  )
}

/** A weak code names and proves in one: each try is at all codes that the key opens, so they share a limit. */
function findByWeakCode(code: string, question: Question, deps: ConsumerDeps): Promise<Member> {
  const hash = digestOfWeakCode(code, deps.codeSealer)
  const { keyId } = question.asker
  return findBySecret(
    {
      ...memberSecret({ kind: 'authentication_code', hash }, code, { question, deps }),
      account: ['weak codes', keyId],
      targetOf: () => `application_key:${keyId}`,
    },
    question,
    deps,
  )
}

/** What is found by what it is called, and then checked. */
interface Secret<Found extends Consumer> {
  /** Of what it is called. */
  readonly hash: TokenHash
  readonly secret: string
  /** Whose failures count together, wherever they come from. */
  readonly account: readonly string[]
  /** What the log and the audit trail name. */
  targetOf(identifierId: string | undefined): string
  find(): Promise<Found | null>
  /** Takes the same time for what was not found. */
  isRight(found: Found | null): Promise<boolean>
}

/** It is held against argon2id, and stands for nobody outside the organisation that asks. */
function memberSecret(
  named: Named,
  secret: string,
  { question, deps }: { readonly question: Question; readonly deps: ConsumerDeps },
): Pick<Secret<Member>, 'hash' | 'secret' | 'find' | 'isRight'> {
  const { source } = question.request
  return {
    hash: named.hash,
    secret,
    find: () => findMember(named, question.asker, deps),
    isRight: (member) => isSecretOf(member, { secret, source }),
  }
}

async function findBySecret<Found extends Consumer>(
  { hash, secret, account, targetOf, find, isRight }: Secret<Found>,
  { request, source }: Pick<Question, 'request' | 'source'>,
  deps: ConsumerDeps,
): Promise<Found> {
  const { guesses } = deps
  const found = await find()
  const id = found?.identifier.id
  const caller = await findKnownCaller(id, request.source, deps)
  const ways = allowancesOf(
    { account, typed: [...account, hash], source, deviceId: undefined, known: caller.known },
    { guesses, perMinute: guesses.limits.clientsPerMinute },
  )
  const target = targetOf(id)
  const attempt = {
    ...{ ways, subject: id ?? null, presented: digestOf(...account, ...source, secret) },
    event: eventIfSpent({ ...request, action: 'access_identifier.locked', target }, deps),
  }
  const checked = await guesses.check(attempt, async () =>
    (await isRight(found)) && found?.user.disabledAtSeconds === null ? found : undefined,
  )
  if (checked.outcome === 'refused') {
    throw new OAuthError('guessing', { retryAfterSeconds: checked.seconds })
  }
  if (checked.outcome === 'wrong') {
    noteFailedCheck({ ...request, target, spent: checked.spent }, deps)
    throw new OAuthError(found ? 'pass_code_wrong' : 'consumer_unknown')
  }
  await caller.remember()
  return checked.result
}

interface Named {
  readonly kind: PresentedIdentifier['kind']
  readonly hash: TokenHash
}

/**
 * The organisation is part of the question: who belongs to another one is not found, so that nobody learns anything
 * about other people's consumers. Memberships are looked up either way, so that time tells nothing.
 */
async function findMember(
  { kind, hash }: Named,
  { organisationId }: Asker,
  { tenant, store }: ConsumerDeps,
): Promise<Member | null> {
  const consumer = await store.findAccessIdentifier(tenant.name, kind, hash)
  const memberships = await store.listMemberships(tenant.name, consumer?.user.id ?? asUserId(''))
  const membership = memberships.find(({ organisation }) => organisation.id === organisationId)
  return consumer && membership ? { ...consumer, membership } : null
}

async function isSecretOf(
  consumer: Consumer | null,
  { secret, source }: { readonly secret: string; readonly source: string },
): Promise<boolean> {
  // Nobody has a longer one, so its hash need not be made (ASVS 6.2.9).
  if ([...secret].length > MAX_PASSWORD_CODE_POINTS) return false
  const hash = consumer?.identifier.passCodeHash ?? null
  return (await verifyPassword(secret, hash, source)).correct
}
