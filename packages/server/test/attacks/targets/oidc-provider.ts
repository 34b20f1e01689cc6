// node-oidc-provider as a target, set up as its documentation recommends, with pages of ours for the interactions that
// it leaves to the app around it. It is fetched into bench/, as for the benchmark, and never into the product.

import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { findFreePort } from '../../support/free-port.ts'
import { type Answer, postForm } from '../../support/test-app.ts'
import type { TestClient } from '../../support/world.ts'
import type { AttackTarget, JwtClaims, NewApp } from '../target.ts'
import { answerInteractions, type Interactive } from './oidc-provider-pages.ts'

/** `memory`: its own, for development. `sqlite`: an adapter that writes to disk and waits for it. */
export type OidcProviderStore = 'memory' | 'sqlite'

interface Provider extends Interactive {
  callback(): RequestListener
  readonly Client: Interactive['Client'] & {
    new (metadata: object): { readonly clientId: string; metadata(): object }
    readonly adapter: {
      upsert(id: string, metadata: object): Promise<void>
      destroy(id: string): Promise<void>
    }
  }
}

const BENCH = new URL('../../../../../bench/', import.meta.url)
const EMBEDDED = 'sign-in and consent pages are those of the app that embeds it'

const APPS = {
  web: confidential('web-app', 'https://app.example/callback'),
  other: confidential('other-app', 'https://other-app.example/callback'),
  spa: { id: 'spa', secret: undefined, redirectUri: 'https://spa.example/callback' },
  native: { id: 'native-app', secret: undefined, redirectUri: 'http://127.0.0.1/callback' },
  machine: confidential('machine', ''),
  api: confidential('api-server', ''),
} as const

export async function attackOidcProvider(store: OidcProviderStore): Promise<AttackTarget> {
  const { installPeers } = await import(new URL('install.ts', BENCH).href)
  installPeers()
  const folder = await mkdtemp(join(tmpdir(), 'attack-peer-'))
  const port = await findFreePort()
  const issuer = `http://localhost:${port}`
  const signer = { id: 'signer', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }
  const configuration = {
    ...(await describeProvider(signer.publicKey.export({ format: 'jwk' }))),
    ...(store === 'sqlite' && { adapter: await createAdapter(join(folder, 'peer.db')) }),
  }
  const { Provider } = await import(new URL('node_modules/oidc-provider/lib/index.js', BENCH).href)
  const start = async (at: number, change: object = {}) => {
    const provider: Provider = new Provider(issuer, { ...configuration, ...change })
    return { provider, server: await listen(provider, at) }
  }
  const first = await start(port)
  const secondPort = await findFreePort()
  const second = store === 'sqlite' ? await start(secondPort) : undefined
  const clock = replaceClock()
  const { version } = JSON.parse(
    await readFile(new URL('node_modules/oidc-provider/package.json', BENCH), 'utf8'),
  )
  return {
    name: `oidc-provider ${version}, ${store === 'sqlite' ? 'SQLite adapter' : 'in memory'}`,
    issuer,
    endpoints: endpointsOf(issuer),
    apps: APPS,
    signer,
    request: { scope: 'openid offline_access contacts:read projects:read', prompt: 'consent' },
    scopes: { part: 'contacts:read', beyond: 'contacts:write' },
    users: { victim: 'ada', attacker: 'eve' },
    forms: {
      signIn: (user) => ({ username: user, password: 'password' }),
      allow: { decision: 'allow' },
      deny: { decision: 'deny' },
      signOut: { logout: 'yes' },
    },
    register: (app) => register(app, first.provider),
    lacks: {
      'own sign-in pages': EMBEDDED,
      'own HTTP server': 'requests are read by the HTTP server of the app that embeds it',
      'security headers': 'headers for its pages are set by the app that embeds it',
      'rate limits': 'limits are set by the app or proxy in front of it',
      'callers of many addresses': 'it has no limits that would ask where a request comes from',
      'feed of revocations': 'it publishes none: its APIs ask about each token',
      'key exchange': 'it has no keys of organisations',
      portal: 'apps are registered by the app that embeds it, or at an endpoint for machines',
      log: 'it keeps no log: it emits events to the app that embeds it',
      ...(!second && {
        'second process': 'its own store is that of one process',
        'another lifetime': 'its own store is gone when another process starts',
      }),
    },
    ...(second && { secondTokenEndpoint: `http://localhost:${secondPort}/token` }),
    disable: (clientId) => first.provider.Client.adapter.destroy(clientId),
    startWithLifetime: async (seconds) => {
      const ttl = { AccessToken: seconds, ClientCredentials: seconds }
      const at = await findFreePort()
      const { server } = await start(at, { ttl })
      return { endpoints: endpointsOf(`http://localhost:${at}`), stop: () => close(server) }
    },
    cleanUp: async () => undefined,
    presentJwt: (claims) => presentAssertion(claims, signer, issuer),
    advanceClock: clock.advance,
    async stop() {
      clock.restore()
      for (const { server } of [first, ...(second ? [second] : [])]) await close(server)
      await rm(folder, { recursive: true })
    },
  }
}

async function describeProvider(signerKey: object): Promise<object> {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return {
    clients: [...Object.values(APPS).map(describeClient), describeSigner(signerKey)],
    jwks: { keys: [{ ...rsa.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'peer' }] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    scopes: ['openid', 'offline_access', 'contacts:read', 'contacts:write', 'projects:read'],
    pkce: { required: () => true },
    findAccount: async (_context: unknown, accountId: string) => ({
      accountId,
      claims: async () => ({ sub: accountId }),
    }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (
          _context: unknown,
          client: { clientId: string },
          token: { clientId: string },
        ) => client.clientId === APPS.api.id || client.clientId === token.clientId,
      },
    },
  }
}

function describeClient({ id, secret, redirectUri }: TestClient): object {
  const isMachine = redirectUri === ''
  return {
    client_id: id,
    ...(secret !== undefined && { client_secret: secret }),
    token_endpoint_auth_method: secret === undefined ? 'none' : 'client_secret_basic',
    application_type: id === APPS.native.id ? 'native' : 'web',
    grant_types: isMachine ? ['client_credentials'] : ['authorization_code', 'refresh_token'],
    response_types: isMachine ? [] : ['code'],
    redirect_uris: isMachine ? [] : [redirectUri],
    ...(id === APPS.web.id && { post_logout_redirect_uris: ['https://app.example/goodbye'] }),
  }
}

function describeSigner(publicKey: object): object {
  return {
    client_id: 'signer',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [{ ...publicKey, use: 'sig', alg: 'ES256' }] },
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  }
}

/** As its registration endpoint would: what the metadata must not have is refused by its own model. */
async function register(
  { id, kind, redirectUri, name = id }: NewApp,
  { Client }: Provider,
): Promise<TestClient | 'refused'> {
  const secret = kind === 'native' ? undefined : randomBytes(32).toString('base64url')
  const metadata = {
    ...describeClient({ id, secret, redirectUri: kind === 'machine' ? '' : redirectUri }),
    application_type: kind === 'native' ? 'native' : 'web',
    client_name: name,
  }
  let client: { readonly clientId: string; metadata(): object }
  try {
    client = new Client(metadata)
  } catch (error) {
    if (error instanceof Error && error.message === 'invalid_redirect_uri') return 'refused'
    throw error
  }
  await Client.adapter.upsert(client.clientId, client.metadata())
  return { id, secret, redirectUri }
}

async function createAdapter(path: string): Promise<unknown> {
  const { createAdapterFactory } = await import(
    new URL('servers/oidc-provider/sqlite-adapter.ts', BENCH).href
  )
  return createAdapterFactory(path)
}

async function listen(provider: Provider, port: number): Promise<Server> {
  const respond = provider.callback()
  const answerPages = answerInteractions(provider)
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/')) void answerPages(request, response)
    else respond(request, response)
  })
  server.listen(port, 'localhost')
  await once(server, 'listening')
  return server
}

function endpointsOf(issuer: string): AttackTarget['endpoints'] {
  return {
    metadata: `${issuer}/.well-known/openid-configuration`,
    authorize: `${issuer}/auth`,
    token: `${issuer}/token`,
    revoke: `${issuer}/token/revocation`,
    introspect: `${issuer}/token/introspection`,
    userinfo: `${issuer}/me`,
    jwks: `${issuer}/jwks`,
    signOut: `${issuer}/session/end`,
  }
}

/** It asks the clock of the process, so that is the one to move. */
function replaceClock(): { advance(seconds: number): void; restore(): void } {
  const realNow = Date.now
  let ahead = 0
  Date.now = () => realNow() + ahead
  return {
    advance: (seconds) => {
      ahead += seconds * 1000
    },
    restore: () => {
      Date.now = realNow
    },
  }
}

/** A client assertion (RFC 7523 §3): what the app `signer` authenticates with. */
async function presentAssertion(
  { livesSeconds, jti }: JwtClaims,
  { id, privateKey }: { readonly id: string; readonly privateKey: KeyObject },
  issuer: string,
): Promise<Answer> {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    ...(livesSeconds !== undefined && { exp: now + livesSeconds }),
    ...(jti !== undefined && { jti }),
  }
  const assertion = await new SignJWT({ iss: id, sub: id, aud: issuer, iat: now, ...claims })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(privateKey)
  return postForm(endpointsOf(issuer).token, {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  })
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

function confidential(id: string, redirectUri: string): TestClient {
  return { id, secret: `${id}-secret-0123456789-0123456789`, redirectUri }
}
