// The endpoints of the floor.

import type { IncomingHttpHeaders } from 'node:http'
import { parse } from 'node:querystring'
import { isSecret, JWKS, newSecret, sha256 } from './cryptography.ts'
import { createGrants } from './grants.ts'
import { type FloorSettings, nowSeconds, REFUSED, type Reply } from './reply.ts'
import { openFloorStore } from './store.ts'

interface Request {
  readonly body: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
}

type Route = (request: Request) => Promise<Reply> | Reply

export function createRoutes(settings: FloorSettings): Readonly<Record<string, Route>> {
  const { issuer, scope, audience, clientId } = settings
  const store = openFloorStore(settings.database)
  const secretHash = Buffer.from(settings.secretHash, 'base64url')
  for (const [index, session] of settings.sessions.entries()) {
    void store.saveSession(session, `user-${index}`)
  }
  const discovery = JSON.stringify(describe(issuer))

  function read({ body, headers }: Request): Record<string, string> | undefined {
    const [, encoded = ''] = (headers.authorization ?? '').split(' ', 2)
    const [id, secret = ''] = Buffer.from(encoded, 'base64').toString('latin1').split(':', 2)
    if (id !== clientId || !isSecret(secret, secretHash)) return undefined
    return parse(body) as Record<string, string>
  }

  const grants = createGrants(settings, store)

  return {
    '/token': (request) => {
      const form = read(request)
      const grant = form && grants[form.grant_type ?? '']
      return grant ? grant(form) : REFUSED
    },
    '/introspect': (request) => {
      const form = read(request)
      if (!form) return REFUSED
      const found = store.findAccessToken(sha256(form.token ?? ''))
      if (!found || found.expires <= nowSeconds()) return { status: 200, body: '{"active":false}' }
      const { expires: exp, user } = found
      const about = { active: true, client_id: clientId, sub: user ?? clientId, iss: issuer }
      return { status: 200, body: JSON.stringify({ ...about, aud: audience, exp, scope }) }
    },
    '/revoke': async (request) => {
      const form = read(request)
      if (!form) return REFUSED
      await store.endAccessToken(sha256(form.token ?? ''))
      return { status: 200, body: '{}' }
    },
    '/authorize': async ({ query, headers }) => {
      const params = parse(query) as Record<string, string>
      const user = store.findUser(sha256((headers.cookie ?? '').slice('session='.length)))
      if (user === undefined || params.client_id !== clientId) return REFUSED
      const { redirect_uri = '', code_challenge: challenge = '', state = '' } = params
      if (redirect_uri !== settings.redirectUri || challenge.length !== 43) return REFUSED
      const code = newSecret()
      const expires = nowSeconds() + 60
      await store.saveCode(sha256(code), { user, challenge, redirect_uri, expires })
      const answer = new URLSearchParams({ code, state, iss: issuer })
      return { status: 303, location: `${redirect_uri}?${answer}` }
    },
    '/.well-known/oauth-authorization-server': () => ({ status: 200, body: discovery }),
    '/jwks': () => ({ status: 200, body: JWKS }),
  }
}

function describe(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['contacts:read'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  }
}
