// The secrets of an app: several at a time, so that one can be replaced without a moment in which none works.

import { sha256 } from '../platform/hash.ts'
import { newId, newSecret } from '../platform/random.ts'
import type { ClientId } from '../protocol/ids.ts'
import { MOST_LIVE_SECRETS } from '../store/limits.ts'
import type { SecretOfClient } from '../store/port/clients.ts'
import type { AuditEventRecord, ClientSecretRecord, ClientWithSecrets } from '../store/records.ts'
import { checkName } from './field-checks.ts'
import {
  eventOf,
  type FieldProblem,
  type OperationContext,
  OperationError,
  refusal,
  refuseIfAny,
} from './operation.ts'
import { findRegisteredClient } from './registered-client.ts'

const HINT_LENGTH = 4

export interface NewClientSecret {
  readonly clientId: string
  /** By which people tell it from the others. */
  readonly name: string
  readonly expiresAtSeconds?: number | undefined
}

export interface CreatedClientSecret {
  readonly record: ClientSecretRecord
  /** The only time it is readable. */
  readonly secret: string
}

/** @throws OperationError with everything that is wrong with the input */
export async function addClientSecret(
  input: NewClientSecret,
  context: OperationContext,
): Promise<CreatedClientSecret> {
  const found = await findRegisteredClient(input.clientId, context)
  refuseIfAny(checkNewSecret(input, found, context.clock.nowSeconds()))
  const created = newClientSecret(
    {
      clientId: found.client.id,
      name: input.name.trim(),
      expiresAtSeconds: input.expiresAtSeconds ?? null,
    },
    context,
  )
  const event = eventOf(context, 'client_secret.added', `client:${found.client.id}`)
  await storeSecret('client', created.record, { context, event })
  return created
}

/**
 * What was looked at before may have changed since, so the store has the last word.
 * @throws OperationError when the app cannot have the secret
 */
export async function storeSecret(
  field: string,
  record: ClientSecretRecord,
  { context, event }: { readonly context: OperationContext; readonly event: AuditEventRecord },
): Promise<void> {
  const outcome = await context.store.addClientSecret(record, event)
  if (outcome === 'added') return
  if (outcome === 'full') throw new OperationError(tooMany(field, MOST_LIVE_SECRETS))
  throw refusal(field, REFUSALS[outcome])
}

const REFUSALS = {
  no_client: 'cannot be added: the app is disabled, or no longer there',
  held: 'is one that the app has, or had until it expired: give another',
  revoked: 'was revoked, or its app deleted, and is never taken again: give another',
} as const

/** @returns what is wrong with a secret that is brought along, by what became of it here */
export async function checkRevoked(
  field: string,
  secret: SecretOfClient,
  { store }: OperationContext,
): Promise<FieldProblem[]> {
  return (await store.isSecretRevoked(secret)) ? [{ field, problem: REFUSALS.revoked }] : []
}

export function liveAt(
  nowSeconds: number,
  secrets: readonly ClientSecretRecord[],
): readonly ClientSecretRecord[] {
  return secrets.filter((secret) => (secret.expiresAtSeconds ?? Infinity) > nowSeconds)
}

/** An app has room for a few secrets: enough to change them without a gap. */
export function checkRoom(
  field: string,
  secrets: readonly ClientSecretRecord[],
  nowSeconds: number,
): FieldProblem[] {
  const { length } = liveAt(nowSeconds, secrets)
  return length < MOST_LIVE_SECRETS ? [] : tooMany(field, length)
}

function tooMany(field: string, count: number): FieldProblem[] {
  const problem = `has ${count} secrets already: revoke one that is no longer used`
  return [{ field, problem, code: 'too_many', value: String(MOST_LIVE_SECRETS) }]
}

function checkNewSecret(
  { name, expiresAtSeconds }: NewClientSecret,
  { client, secrets }: ClientWithSecrets,
  nowSeconds: number,
): FieldProblem[] {
  const problems = checkName('name', name)
  const live = liveAt(nowSeconds, secrets)
  if (client.type === 'public') {
    problems.push({ field: 'client', problem: 'is public: it cannot keep a secret' })
  }
  problems.push(...checkRoom('client', secrets, nowSeconds))
  if (live.some((secret) => secret.name === name.trim())) {
    const problem = `"${name.trim()}" is the name of another secret`
    problems.push({ field: 'name', problem, code: 'taken' })
  }
  if (expiresAtSeconds !== undefined && expiresAtSeconds <= nowSeconds) {
    problems.push({ field: 'expiresAtSeconds', problem: 'is in the past', code: 'in_the_past' })
  }
  return problems
}

/** @throws OperationError when there is no such app or secret */
export async function revokeClientSecret(
  input: { readonly clientId: string; readonly secretId: string },
  context: OperationContext,
): Promise<void> {
  const { client } = await findRegisteredClient(input.clientId, context)
  const revoked = await context.store.revokeClientSecret(
    { tenant: context.tenant.name, clientId: client.id, id: input.secretId },
    eventOf(context, 'client_secret.revoked', `client:${client.id}`),
  )
  if (!revoked) throw refusal('secret', `"${input.secretId}" does not exist for this app`)
}

export function newClientSecret(
  input: { clientId: ClientId; name: string; expiresAtSeconds: number | null },
  { tenant, clock }: OperationContext,
): CreatedClientSecret {
  const secret = newSecret('ost_cs')
  const record: ClientSecretRecord = {
    ...input,
    tenant: tenant.name,
    id: newId(),
    hash: sha256(secret),
    hint: secret.slice(-HINT_LENGTH),
    createdAtSeconds: clock.nowSeconds(),
    lastUsedAtSeconds: null,
  }
  return { record, secret }
}

/** A secret as lists show it. */
export type ClientSecretView = Omit<ClientSecretRecord, 'hash'>

export function viewSecret({ hash: _, ...secret }: ClientSecretRecord): ClientSecretView {
  return secret
}
