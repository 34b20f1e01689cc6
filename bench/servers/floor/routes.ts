// The endpoints of the floor.

import type { IncomingHttpHeaders } from 'node:http'
import { parse } from 'node:querystring'
import { isSecret, JWKS, newSecret, sealWith, sha256, signJwt } from './cryptography.ts'
import { type NewTokens, openFloorStore } from './store.ts'

export interface FloorSettings {
  readonly issuer: string
  readonly database: string
  readonly clientId: string
  /** SHA-256 in base64url. */
  readonly secretHash: string
  readonly redirectUri: string
  readonly audience: string
  readonly scope: string
  /** Hashes of the sessions of users who are signed in. */
  readonly sessions: readonly string[]
}

interface Request {
  readonly body: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
}

export interface Reply {
  readonly status: number
  readonly body?: string
  readonly location?: string
}

type Route = (request: Request) => Promise<Reply> | Reply

const LIFETIME = 3600

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

  const grants: Record<string, (form: Record<string, string>) => Promise<Reply>> = {
    async client_credentials(form) {
      const now = nowSeconds()
      if (form.format === 'jwt') return tokenReply({ access_token: await signJwt(claims(now)) })
      const token = newSecret()
      await store.saveAccessToken(sha256(token), { user: null, scope, expires: now + LIFETIME })
      return tokenReply({ access_token: token })
    },
    async authorization_code({ code = '', code_verifier = '', redirect_uri }) {
      const found = store.findCode(sha256(code))
      if (found?.challenge !== sha256(code_verifier)) return REFUSED
      if (found.redirect_uri !== redirect_uri) return REFUSED
      const { answer, tokens } = mint(found.user)
      return (await store.redeemCode(sha256(code), tokens)) ? tokenReply(answer) : REFUSED
    },
    async refresh_token({ refresh_token = '' }) {
      const hash = sha256(refresh_token)
      const found = store.findRefreshToken(hash)
      if (found?.rotated !== null) return REFUSED
      const { answer, tokens } = mint(found.user)
      const sealed = sealWith(refresh_token, JSON.stringify(answer))
      return (await store.rotate(hash, { ...tokens, answer: sealed }))
        ? tokenReply(answer)
        : REFUSED
    },
  }

  function claims(now: number): object {
    const exp = now + LIFETIME
    const about = { iss: issuer, sub: clientId, client_id: clientId, aud: audience, scope }
    return { ...about, iat: now, exp, jti: newSecret() }
  }

  function mint(user: string): { answer: object; tokens: NewTokens } {
    const access = newSecret()
    const refresh = newSecret()
    const hashes = { accessHash: sha256(access), refreshHash: sha256(refresh) }
    return {
      answer: { access_token: access, refresh_token: refresh },
      tokens: { ...hashes, user, scope, now: nowSeconds() },
    }
  }

  function tokenReply(answer: object): Reply {
    const rest = { token_type: 'Bearer', expires_in: LIFETIME, scope }
    return { status: 200, body: JSON.stringify({ ...answer, ...rest }) }
  }

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

const REFUSED: Reply = { status: 400, body: '{"error":"invalid_request"}' }

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
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
