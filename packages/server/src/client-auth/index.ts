// Owns the question who the calling app is. Exactly one method per request; only here an AuthenticatedClient is made.
// Must not know grants or tokens.

import type { Allowance, Guessing } from '../identity/guessing.ts'
import type { Clock } from '../platform/clock.ts'
import { equalInConstantTime, sha256 } from '../platform/hash.ts'
import { noteUses, type Used } from '../platform/last-use.ts'
import { OAuthError } from '../protocol/errors.ts'
import { asClientId } from '../protocol/ids.ts'
import type { IncomingRequest } from '../protocol/message.ts'
import { optional } from '../protocol/params.ts'
import type { Reason } from '../protocol/reasons.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { ClientRecord, ClientSecretRecord, ClientWithSecrets } from '../store/records.ts'
import { clientSecretBasic } from './client-secret-basic.ts'
import { clientSecretPost } from './client-secret-post.ts'
import type { PresentedSecret } from './method.ts'

const SECRET_METHODS = [clientSecretBasic, clientSecretPost]

/** RFC 8414 §2, `token_endpoint_auth_methods_supported`. */
export const CLIENT_AUTH_METHODS = [...SECRET_METHODS.map(({ name }) => name), 'none']
/** The methods that prove something: what introspection asks for. */
export const CLIENT_SECRET_METHODS = SECRET_METHODS.map(({ name }) => name)

declare const authenticated: unique symbol

/** A client that has proven who it is, or that has said so and may leave it at that. */
export interface AuthenticatedClient extends ClientRecord {
  readonly [authenticated]: true
  /** Whether there was a proof. Without one, PKCE or the possession of a token has to stand in for it. */
  readonly proven: boolean
}

export interface ClientAuthDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'findClient' | 'recordSecretUse' | 'recordClientUse'>
  readonly clock: Clock
  readonly guesses: Pick<Guessing, 'limits' | 'slotOf' | 'waitOf' | 'fail'>
}

/** @throws OAuthError invalid_client, invalid_request or too_many_requests */
export async function authenticateClient(
  request: IncomingRequest,
  deps: ClientAuthDeps,
): Promise<AuthenticatedClient> {
  const presented = readCredentials(request)
  const [clientId] = presented.clientIds
  const allowance = () => failuresOf(clientId, request.source, deps)
  refuseWhile(await deps.guesses.waitOf(allowance), clientId)
  const found = await findNamed(presented, deps)
  const proof = checkProof(found, presented, deps)
  if ('refusal' in proof) {
    refuseWhile(await deps.guesses.fail(allowance()), clientId)
    throw new OAuthError(proof.refusal, { clientId })
  }
  noteUse(proof, request, deps)
  return { ...proof.client, proven: proof.secret !== undefined } as AuthenticatedClient
}

/** By source too: nobody else can keep an app out. */
function failuresOf(clientId: string, source: string, { guesses }: ClientAuthDeps): Allowance {
  return {
    purpose: 'client',
    slot: guesses.slotOf('client', clientId, source),
    failures: guesses.limits.clientsPerMinute,
    windowSeconds: 60,
    thenEverySeconds: 0,
  }
}

function refuseWhile(retryAfterSeconds: number | undefined, clientId: string): void {
  if (retryAfterSeconds === undefined) return
  throw new OAuthError('guessing', { retryAfterSeconds, clientId })
}

/** RFC 6749 §2.3: a client must not use more than one method in a request. No secrets: it only names itself. */
function readCredentials(request: IncomingRequest): PresentedSecret {
  // RFC 7521 §4.2: an assertion is a method as well, though none that a client is registered for here.
  const asserted = request.params.has('client_assertion')
  let credentials: PresentedSecret | undefined
  for (const method of SECRET_METHODS) {
    const read = method.read(request)
    if (read && (credentials || asserted)) throw new OAuthError('client_methods_several')
    credentials ??= read
  }
  if (asserted) throw new OAuthError('client_method_wrong')
  const named = optional(request.params, 'client_id')
  if (credentials === undefined) {
    if (named === undefined) throw new OAuthError('client_credentials_missing')
    return { clientIds: [named], secrets: [] }
  }
  if (named === undefined) return credentials
  // Where there are two readings, it says which of them is meant.
  if (!credentials.clientIds.includes(named)) throw new OAuthError('client_id_contradictory')
  return { ...credentials, clientIds: [named] }
}

async function findNamed(
  { clientIds }: PresentedSecret,
  { tenant, store }: ClientAuthDeps,
): Promise<ClientWithSecrets | null> {
  for (const clientId of clientIds) {
    const found = await store.findClient(tenant.name, asClientId(clientId))
    if (found) return found
  }
  return null
}

type Proof = { refusal: Reason } | { client: ClientRecord; secret: ClientSecretRecord | undefined }

function checkProof(
  found: ClientWithSecrets | null,
  { secrets }: PresentedSecret,
  { tenant, clock }: ClientAuthDeps,
): Proof {
  const now = clock.nowSeconds()
  const matching = findMatchingSecret(found?.secrets ?? [], secrets, now)
  if (found === null) return { refusal: 'client_unknown' }
  const { client } = found
  if (client.type === 'public') {
    // A secret from a public client is a mistake to tell, not a proof to accept. An empty one says that it has none.
    if (secrets.some((secret) => secret !== '')) return { refusal: 'client_method_wrong' }
  } else if (secrets.length === 0) {
    if (!tenant.policy.pkce.insteadOfSecret) return { refusal: 'client_credentials_missing' }
  } else if (matching === undefined) {
    return { refusal: 'client_secret_wrong' }
  }
  if (client.disabledAtSeconds !== null) return { refusal: 'client_disabled' }
  return { client, secret: matching }
}

/** Looks at every secret in every reading, right or wrong, so that the time taken tells nothing. */
function findMatchingSecret(
  secrets: readonly ClientSecretRecord[],
  presented: readonly string[],
  now: number,
): ClientSecretRecord | undefined {
  let match: ClientSecretRecord | undefined
  for (const reading of presented) {
    const hash = sha256(reading)
    // Everybody has an empty secret to give, whatever hash was brought along.
    const isBlank = reading.trim() === ''
    for (const secret of secrets) {
      const alive = secret.expiresAtSeconds === null || now < secret.expiresAtSeconds
      if (equalInConstantTime(secret.hash, hash) && alive && !isBlank) match = secret
    }
  }
  return match
}

function noteUse(
  { client, secret }: Extract<Proof, { client: ClientRecord }>,
  { log }: IncomingRequest,
  { store, clock }: ClientAuthDeps,
): void {
  const { tenant, id, lastUsedAtSeconds } = client
  const nowSeconds = clock.nowSeconds()
  const used: Used[] = [
    { lastUsedAtSeconds, record: () => store.recordClientUse(tenant, id, nowSeconds) },
  ]
  if (secret) {
    used.push({
      lastUsedAtSeconds: secret.lastUsedAtSeconds,
      record: () => store.recordSecretUse(secret, nowSeconds),
    })
  }
  noteUses(used, { nowSeconds, log })
}
