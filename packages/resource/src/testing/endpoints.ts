// What the test issuer answers at its URLs: metadata, keys, introspection, revocation feed.

import { createLocalJWKSet, jwtVerify } from 'jose'
import { metadataUrl } from '../issuer.ts'
import type { SigningKey } from './mint.ts'
import type { TestRevocations } from './revocations.ts'

export interface TestIssuerState {
  readonly issuer: string
  /** Published keys; the last one signs. */
  readonly keys: SigningKey[]
  /** Tokens that are no JWTs, with their claims. */
  readonly opaqueTokens: Map<string, Record<string, unknown>>
  readonly revocations: TestRevocations
}

export const INTROSPECTION_CREDENTIALS = { clientId: 'test:api', clientSecret: 'secret%+ of:é' }

export async function answerRequest(
  state: TestIssuerState,
  url: URL,
  init: RequestInit,
): Promise<Response> {
  const { issuer } = state
  switch (url.origin + url.pathname) {
    case metadataUrl(issuer):
      return Response.json({
        issuer,
        jwks_uri: `${issuer}/jwks`,
        introspection_endpoint: `${issuer}/introspect`,
        revocation_feed_endpoint: `${issuer}/revocations`,
      })
    case `${issuer}/jwks`:
      return Response.json(keySet(state))
    case `${issuer}/revocations`:
      return Response.json(state.revocations.pageAfter(Number(url.searchParams.get('after'))))
    case `${issuer}/introspect`:
      if (!hasCredentials(init)) return Response.json({ error: 'invalid_client' }, { status: 401 })
      return Response.json(await introspect(state, init))
    default:
      return Response.json({ error: 'not_found' }, { status: 404 })
  }
}

async function introspect(state: TestIssuerState, init: RequestInit): Promise<object> {
  const token = new URLSearchParams(String(init.body)).get('token') ?? ''
  const claims = state.opaqueTokens.get(token) ?? (await readOwnJwt(state, token))
  const isActive = claims !== undefined && !state.revocations.hasGrant(String(claims.grant_id))
  return isActive ? { active: true, token_type: 'Bearer', ...claims } : { active: false }
}

function readOwnJwt(state: TestIssuerState, token: string) {
  return jwtVerify(token, createLocalJWKSet(keySet(state))).then(
    ({ payload }): Record<string, unknown> => payload,
    () => undefined,
  )
}

function keySet({ keys }: TestIssuerState) {
  return { keys: keys.map(({ publicJwk }) => publicJwk) }
}

/** RFC 6749 §2.3.1: both halves arrive form-encoded, so the colon between them is the only one. */
function hasCredentials(init: RequestInit): boolean {
  const sent = new Headers(init.headers).get('authorization') ?? ''
  const pair = Buffer.from(sent.replace(/^Basic /, ''), 'base64').toString()
  const fields = new URLSearchParams(`id=${pair.replace(':', '&secret=')}`)
  const { clientId, clientSecret } = INTROSPECTION_CREDENTIALS
  return fields.get('id') === clientId && fields.get('secret') === clientSecret
}
