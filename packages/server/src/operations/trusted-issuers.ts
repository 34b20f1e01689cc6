// The identity systems whose JWTs are believed. Each is the client of the tokens that its JWTs are exchanged for.

import { mayBeFetched } from '../identity/issuer-keys.ts'
import { pinnedKeysProblem } from '../identity/pinned-keys.ts'
import { newId, newRevocationTag } from '../platform/random.ts'
import { asClientId } from '../protocol/ids.ts'
import type { TrustedIssuerRecord } from '../store/records.ts'
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

export interface NewTrustedIssuer {
  readonly name: string
  /** `iss` of its JWTs. */
  readonly issuer: string
  /** `aud` of its JWTs. */
  readonly audience: string
  /** Where its keys are published; or they are pinned. */
  readonly jwksUri?: string | undefined
  /** A JWK set as JSON text. */
  readonly pinnedKeys?: string | undefined
}

/** @throws OperationError with everything that is wrong with the input */
export async function addTrustedIssuer(
  input: NewTrustedIssuer,
  context: OperationContext,
): Promise<TrustedIssuerRecord> {
  const { tenant, store, clock } = context
  refuseIfAny([...checkNewIssuer(input, context), ...checkKeys(input, context)])
  const record: TrustedIssuerRecord = {
    tenant: tenant.name,
    id: asClientId(newId()),
    tag: newRevocationTag(),
    name: input.name.trim(),
    issuer: input.issuer,
    expectedAudience: input.audience,
    jwksUri: input.jwksUri ?? null,
    pinnedKeys: input.pinnedKeys ?? null,
    createdAtSeconds: clock.nowSeconds(),
    suspendedAtSeconds: null,
  }
  const event = eventOf(context, 'trusted_issuer.added', `trusted_issuer:${record.id}`)
  const outcome = await store.createTrustedIssuer(record, event)
  if (outcome === 'exists') throw refusal('issuer', `"${input.issuer}" is trusted already`)
  return record
}

export function listTrustedIssuers(
  { tenant, store }: OperationContext,
  limit?: number,
): AsyncGenerator<TrustedIssuerRecord> {
  return walk((page) => store.listTrustedIssuers(tenant.name, page), limit)
}

/** Believes none of its JWTs any more, and ends every token they were exchanged for. @throws OperationError */
export async function suspendTrustedIssuer(
  { issuer }: { readonly issuer: string },
  context: OperationContext,
): Promise<void> {
  const ending = await endingOf(issuer, context)
  const event = eventOf(context, 'trusted_issuer.suspended', `trusted_issuer:${ending.id}`)
  const suspended = await context.store.suspendTrustedIssuer(ending, event)
  if (!suspended) throw refusal('issuer', `"${issuer}" is suspended already`)
}

/** @throws OperationError */
export async function resumeTrustedIssuer(
  { issuer }: { readonly issuer: string },
  context: OperationContext,
): Promise<void> {
  const { id } = await requireTrustedIssuer(issuer, context)
  const event = eventOf(context, 'trusted_issuer.resumed', `trusted_issuer:${id}`)
  const resumed = await context.store.resumeTrustedIssuer(context.tenant.name, id, event)
  if (!resumed) throw refusal('issuer', `"${issuer}" is not suspended`)
}

/** Forgets it with the identities it vouched for, and ends their tokens. @throws OperationError */
export async function removeTrustedIssuer(
  { issuer }: { readonly issuer: string },
  context: OperationContext,
): Promise<void> {
  const ending = await endingOf(issuer, context)
  const event = eventOf(context, 'trusted_issuer.removed', `trusted_issuer:${ending.id}`)
  const removed = await context.store.deleteTrustedIssuer(ending, event)
  if (!removed) throw refusal('issuer', `"${issuer}" was removed meanwhile`)
}

/** @param issuer its id, or the `iss` of its JWTs; @throws OperationError when there is none */
export async function requireTrustedIssuer(
  issuer: string,
  { tenant, store }: OperationContext,
): Promise<TrustedIssuerRecord> {
  const found =
    (await store.findTrustedIssuer(tenant.name, issuer)) ??
    (await store.findTrustedIssuerById(tenant.name, asClientId(issuer)))
  if (!found) throw refusal('issuer', `"${issuer}" is not trusted in tenant ${tenant.name}`)
  return found
}

async function endingOf(issuer: string, context: OperationContext) {
  const { id } = await requireTrustedIssuer(issuer, context)
  return { ...holderEndingNow(context), id }
}

const MAX_LENGTH = 256

function checkNewIssuer(
  { name, issuer, audience }: NewTrustedIssuer,
  { tenant }: OperationContext,
): FieldProblem[] {
  const problems = checkName('name', name)
  for (const [field, text] of Object.entries({ issuer, audience })) {
    if (!/^[\x21-\x7E]+$/.test(text) || text.length > MAX_LENGTH) {
      const problem = `must be what its JWTs say: 1 to ${MAX_LENGTH} characters without spaces`
      problems.push({ field, problem })
    }
  }
  // RFC 8725 §3.11: otherwise one of our own tokens could be exchanged for another.
  if (issuer === tenant.issuer) {
    problems.push({ field: 'issuer', problem: 'is this server itself: name the other one' })
  }
  return problems
}

function checkKeys(
  { jwksUri, pinnedKeys }: NewTrustedIssuer,
  { tenant }: OperationContext,
): FieldProblem[] {
  if ((jwksUri === undefined) === (pinnedKeys === undefined)) {
    return [{ field: 'keys', problem: 'come from one place: give an address, or the keys' }]
  }
  if (jwksUri !== undefined) {
    const problem = `"${jwksUri}" is not an https address`
    return mayBeFetched(jwksUri, tenant) ? [] : [{ field: 'jwksUri', problem }]
  }
  const problem = pinnedKeysProblem(pinnedKeys ?? '')
  return problem === undefined ? [] : [{ field: 'pinnedKeys', problem }]
}
