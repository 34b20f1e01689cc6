// node-oidc-provider, set up for the same work as everyone else: PKCE for all, rotated refresh tokens, opaque access
// tokens for one API and ES256 JWTs for another, no OpenID Connect scopes. Tokens do not end with the user's session,
// which saves it a look-up. Its own interaction pages sign the users in.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { Provider } from 'oidc-provider'
import { createAdapterFactory } from './sqlite-adapter.ts'

export interface OidcProviderSettings {
  readonly issuer: string
  /** Path of the database; its own store in memory when left out. */
  readonly database?: string
  readonly client: { readonly id: string; readonly secret: string }
  readonly redirectUri: string
  readonly scope: string
  readonly audiences: { readonly jwt: string; readonly opaque: string }
}

const { BENCH_PORT = '0', BENCH_SETTINGS = '{}' } = process.env
const settings: OidcProviderSettings = JSON.parse(BENCH_SETTINGS)
const HOUR = 3600
const DAY = 24 * HOUR

const provider = new Provider(settings.issuer, {
  ...(settings.database !== undefined && { adapter: createAdapterFactory(settings.database) }),
  clients: [describeClient(settings)],
  jwks: { keys: [createKey()] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  scopes: [settings.scope],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (_context: unknown, client: { grantTypeAllowed(n: string): boolean }) =>
    client.grantTypeAllowed('refresh_token'),
  expiresWithSession: async () => false,
  findAccount: async (_context: unknown, accountId: string) => ({
    accountId,
    claims: async () => ({ sub: accountId }),
  }),
  ttl: {
    AccessToken: HOUR,
    ClientCredentials: HOUR,
    AuthorizationCode: 60,
    RefreshToken: 30 * DAY,
    Session: 14 * DAY,
    Grant: 180 * DAY,
    Interaction: HOUR,
  },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => settings.audiences.opaque,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_context: unknown, audience: string) => ({
        scope: settings.scope,
        audience,
        accessTokenFormat: audience === settings.audiences.jwt ? 'jwt' : 'opaque',
        accessTokenTTL: HOUR,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})
provider.on('server_error', (_context, error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
})
provider.listen(Number(BENCH_PORT), '127.0.0.1')

function describeClient({ client, redirectUri }: OidcProviderSettings): object {
  return {
    client_id: client.id,
    client_secret: client.secret,
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'client_secret_basic',
    // Its defaults for ID tokens ask for RS256, which has no key here.
    id_token_signed_response_alg: 'ES256',
  }
}

function createKey(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' }
}
