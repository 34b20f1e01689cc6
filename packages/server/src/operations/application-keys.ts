// The application keys of organisations: several at a time, so that one can be replaced without a moment in which
// none works.

import { sha256 } from '../platform/hash.ts'
import { newId, newRevocationTag, newSecret } from '../platform/random.ts'
import { asClientId } from '../protocol/ids.ts'
import { findScope } from '../protocol/tenant.ts'
import type { ApplicationKeyRecord } from '../store/records.ts'
import { walk } from '../store/walk.ts'
import { holderEndingNow } from '../tokens/ending.ts'
import { checkName } from './field-checks.ts'
import {
  eventOf,
  type FieldProblem,
  type OperationContext,
  refusal,
  refuseIfAny,
} from './operation.ts'

const HINT_LENGTH = 4

export interface NewApplicationKey {
  readonly organisationId: string
  /** By which people tell it from the others. */
  readonly name: string
  /** When not given: all of the API. */
  readonly scopes?: readonly string[] | undefined
  readonly expiresAtSeconds?: number | undefined
  /** A key that is in the field already; made when not given. */
  readonly key?: string | undefined
}

export interface CreatedApplicationKey {
  readonly record: ApplicationKeyRecord
  /** The only time it is readable. */
  readonly key: string
}

/** A key as lists show it. */
export type ApplicationKeyView = Omit<ApplicationKeyRecord, 'hash'>

/** @throws OperationError with everything that is wrong with the input */
export async function createApplicationKey(
  input: NewApplicationKey,
  context: OperationContext,
): Promise<CreatedApplicationKey> {
  const { tenant, store, clock } = context
  refuseIfAny([...checkNewKey(input, context), ...(await checkOrganisation(input, context))])
  const key = input.key ?? newSecret('ost_ak', tenant.rules.formats.applicationKey)
  const record: ApplicationKeyRecord = {
    tenant: tenant.name,
    id: asClientId(newId()),
    tag: newRevocationTag(),
    organisationId: input.organisationId,
    name: input.name.trim(),
    hash: sha256(key),
    hint: key.slice(-HINT_LENGTH),
    scopes: input.scopes ?? [],
    createdAtSeconds: clock.nowSeconds(),
    expiresAtSeconds: input.expiresAtSeconds ?? null,
    suspendedAtSeconds: null,
    lastUsedAtSeconds: null,
  }
  const event = eventOf(context, 'application_key.created', `application_key:${record.id}`)
  const outcome = await store.createApplicationKey(record, event)
  if (outcome === 'exists') throw refusal('key', 'is in use already: every key is made once')
  return { record, key }
}

/** @param limit how many are wanted at most */
export async function* listApplicationKeys(
  { tenant, store }: OperationContext,
  limit?: number,
): AsyncGenerator<ApplicationKeyView> {
  const keys = walk((page) => store.listApplicationKeys(tenant.name, page), limit)
  for await (const { hash: _, ...view } of keys) yield view
}

/** Ends every token that the key gave, at once and everywhere. @throws OperationError */
export async function suspendApplicationKey(
  { keyId }: { readonly keyId: string },
  context: OperationContext,
): Promise<void> {
  const event = eventOf(context, 'application_key.suspended', `application_key:${keyId}`)
  const suspended = await context.store.suspendApplicationKey(endingOf(keyId, context), event)
  if (!suspended) throw refusal('key', `"${keyId}" does not exist, or is suspended already`)
}

/** The tokens that were ended stay so. @throws OperationError */
export async function resumeApplicationKey(
  { keyId }: { readonly keyId: string },
  context: OperationContext,
): Promise<void> {
  const { tenant, store } = context
  const event = eventOf(context, 'application_key.resumed', `application_key:${keyId}`)
  const resumed = await store.resumeApplicationKey(tenant.name, asClientId(keyId), event)
  if (!resumed) throw refusal('key', `"${keyId}" does not exist, or is not suspended`)
}

/** Ends every token that the key gave, and forgets it. @throws OperationError */
export async function deleteApplicationKey(
  { keyId }: { readonly keyId: string },
  context: OperationContext,
): Promise<void> {
  const event = eventOf(context, 'application_key.deleted', `application_key:${keyId}`)
  const deleted = await context.store.deleteApplicationKey(endingOf(keyId, context), event)
  if (!deleted) throw refusal('key', `"${keyId}" does not exist`)
}

function endingOf(keyId: string, context: OperationContext) {
  return { ...holderEndingNow(context), id: asClientId(keyId) }
}

function checkNewKey(
  { name, scopes = [], expiresAtSeconds, key }: NewApplicationKey,
  { tenant, clock }: OperationContext,
): FieldProblem[] {
  const problems = checkName('name', name)
  for (const scope of scopes) {
    if (findScope(tenant, scope)) continue
    const problem = `"${scope}" is not a scope of an API of tenant ${tenant.name}`
    problems.push({ field: 'scopes', problem })
  }
  if (expiresAtSeconds !== undefined && expiresAtSeconds <= clock.nowSeconds()) {
    problems.push({ field: 'expiresAtSeconds', problem: 'is in the past' })
  }
  // It is looked up by a plain hash, and travels as a user name of HTTP Basic.
  if (key !== undefined && !/^[\x21-\x39\x3B-\x7E]{32,256}$/.test(key)) {
    const problem = 'must have 32 to 256 characters of ASCII, without spaces and colons'
    problems.push({ field: 'key', problem })
  }
  return problems
}

async function checkOrganisation(
  { organisationId }: NewApplicationKey,
  { tenant, store }: OperationContext,
): Promise<FieldProblem[]> {
  if ((await store.findOrganisation(tenant.name, organisationId)) !== null) return []
  return [{ field: 'organisationId', problem: `"${organisationId}" does not exist` }]
}
