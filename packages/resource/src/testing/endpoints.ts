// What the test issuer answers at its URLs: metadata, keys, introspection, revocation feed.

import { type ApiVersionSettings, formatApiVersions, publishApiVersions } from '../api-versions.ts'
import { metadataUrl } from '../issuer.ts'
import type { TestRevocations } from './revocations.ts'
import type { MintShape, SigningKey } from './shapes.ts'
import type { ReportedUses } from './version-uses.ts'

export interface TestIssuerState {
  readonly issuer: string
  readonly shape: MintShape
  /** Keys that can be had; the last one signs. */
  readonly keys: SigningKey[]
  /** All good tokens, with the claims that introspection tells. */
  readonly tokens: Map<string, Record<string, unknown>>
  readonly revocations: TestRevocations
  /** Of the API; undefined when the issuer publishes none. */
  apiVersions: ApiVersionSettings | undefined
  readonly reportedUses: ReportedUses
}

export const INTROSPECTION_CREDENTIALS = { clientId: 'test:api', clientSecret: 'secret%+ of:é' }

export async function answerRequest(
  state: TestIssuerState,
  url: URL,
  init: RequestInit,
): Promise<Response> {
  const { issuer, shape } = state
  switch (url.origin + url.pathname) {
    case metadataUrl(issuer):
      return Response.json({
        issuer,
        jwks_uri: `${issuer}/jwks`,
        ...(hasSecretKeys(shape) && { resource_keys_endpoint: `${issuer}/resource-keys` }),
        introspection_endpoint: `${issuer}/introspect`,
        revocation_feed_endpoint: `${issuer}/revocations`,
        ...(state.apiVersions && {
          api_versions_endpoint: `${issuer}/api-versions`,
          version_usage_endpoint: `${issuer}/version-usage`,
        }),
      })
    case `${issuer}/jwks`:
      return Response.json({ keys: hasSecretKeys(shape) ? [] : listKeys(state) })
    case `${issuer}/resource-keys`:
      return forTheApi(init, () => ({ keys: hasSecretKeys(shape) ? listKeys(state) : [] }))
    case `${issuer}/revocations`:
      return answerFeed(state, url, init)
    case `${issuer}/introspect`:
      return forTheApi(init, () => introspect(state, init))
    case `${issuer}/api-versions`:
      return answerVersions(state)
    case `${issuer}/version-usage`:
      if (!hasCredentials(init)) return Response.json({ error: 'invalid_client' }, { status: 401 })
      state.reportedUses.add(String(init.body))
      return new Response(null, { status: 204 })
    default:
      return Response.json({ error: 'not_found' }, { status: 404 })
  }
}

async function answerFeed(
  { revocations }: TestIssuerState,
  { searchParams }: URL,
  { signal }: RequestInit,
): Promise<Response> {
  const after = Number(searchParams.get('after'))
  const seconds = Number(searchParams.get('wait'))
  await revocations.waitAfter(after, { seconds, signal: signal ?? undefined })
  return Response.json(revocations.pageAfter(after))
}

function answerVersions({ apiVersions }: TestIssuerState): Response {
  if (!apiVersions) return Response.json({ error: 'not_found' }, { status: 404 })
  return Response.json(formatApiVersions(publishApiVersions(apiVersions, Date.now() / 1000)))
}

function hasSecretKeys({ jwt }: MintShape): boolean {
  return jwt?.keys === 'secret'
}

function listKeys({ keys }: TestIssuerState) {
  return keys.map(({ jwk }) => jwk)
}

function introspect(state: TestIssuerState, init: RequestInit): object {
  const token = new URLSearchParams(String(init.body)).get('token') ?? ''
  const claims = state.tokens.get(token)
  if (claims === undefined || isRevoked(state, claims)) return { active: false }
  return { active: true, token_type: 'Bearer', ...claims }
}

function isRevoked({ revocations }: TestIssuerState, claims: Record<string, unknown>): boolean {
  const { c, u } = Object(claims.rev)
  const lines = [
    ['grant', claims.grant_id],
    ['client', c],
    ['user', u],
    // Where tokens carry no tags.
    ['user', claims.sub],
    ['tenant', ''],
  ] as const
  return lines.some(([kind, subject]) =>
    revocations.covers(kind, String(subject), Number(claims.iat)),
  )
}

function forTheApi(init: RequestInit, answer: () => object): Response {
  if (init.method === 'POST' && hasCredentials(init)) return Response.json(answer())
  return Response.json({ error: 'invalid_client' }, { status: 401 })
}

/** RFC 6749 §2.3.1: both halves arrive form-encoded, so the colon between them is the only one. */
function hasCredentials(init: RequestInit): boolean {
  const sent = new Headers(init.headers).get('authorization') ?? ''
  const pair = Buffer.from(sent.replace(/^Basic /, ''), 'base64').toString()
  const fields = new URLSearchParams(`id=${pair.replace(':', '&secret=')}`)
  const { clientId, clientSecret } = INTROSPECTION_CREDENTIALS
  return fields.get('id') === clientId && fields.get('secret') === clientSecret
}
