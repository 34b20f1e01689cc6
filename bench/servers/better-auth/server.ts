// @better-auth/oauth-provider, set up as its documentation says, on node:sqlite. Rate limits are off, as in every other
// subject, and SQLite writes to a log and flushes at every commit; everything else is its default. At the first start it
// registers an app and users, and leaves what the benchmark needs to know of them in outfit.json.

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'

export interface BetterAuthSettings {
  readonly origin: string
  readonly database: string
  readonly outfit: string
  readonly redirectUri: string
  readonly scope: string
  readonly audience: string
  readonly users: number
}

export interface Outfit {
  readonly client: { readonly id: string; readonly secret: string }
  /** `Cookie` headers of users who are signed in. */
  readonly sessions: readonly string[]
}

const { BENCH_PORT = '0', BENCH_SETTINGS = '{}' } = process.env
const settings: BetterAuthSettings = JSON.parse(BENCH_SETTINGS)
const database = new DatabaseSync(settings.database)
database.exec('pragma journal_mode = wal; pragma synchronous = full')

const auth = betterAuth({
  baseURL: settings.origin,
  secret: randomBytes(32).toString('base64url'),
  database,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  disabledPaths: ['/token'],
  plugins: [
    jwt({ jwks: { keyPairConfig: { alg: 'ES256' } } }),
    oauthProvider({
      loginPage: '/sign-in',
      consentPage: '/consent',
      scopes: [settings.scope, 'offline_access'],
      resources: [settings.audience],
      clientRegistrationDefaultResources: [settings.audience],
      // Without a rule of ours, nobody may let an app act for itself.
      clientPrivileges: async () => true,
    }),
  ],
})

const { runMigrations } = await getMigrations(auth.options)
await runMigrations()
writeFileSync(settings.outfit, JSON.stringify(await fitOut()), { mode: 0o600 })
createServer(toNodeHandler(auth)).listen(Number(BENCH_PORT), '127.0.0.1')

async function fitOut(): Promise<Outfit> {
  const sessions = await Promise.all(Array.from({ length: settings.users }, (_, i) => signUp(i)))
  const client = await auth.api.adminCreateOAuthClient({
    headers: new Headers({ cookie: sessions[0] ?? '' }),
    body: {
      client_name: 'App',
      redirect_uris: [settings.redirectUri],
      scope: `${settings.scope} offline_access`,
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      client_credentials_scopes: [settings.scope],
      token_endpoint_auth_method: 'client_secret_basic',
      require_pkce: true,
    },
  })
  const { client_id: id, client_secret: secret } = client
  if (secret === undefined) throw new Error('the app has no secret')
  return { client: { id, secret }, sessions }
}

async function signUp(index: number): Promise<string> {
  const response = await auth.api.signUpEmail({
    body: {
      name: `User ${index}`,
      email: `user-${index}@example.com`,
      password: randomBytes(12).toString('base64url'),
    },
    asResponse: true,
  })
  if (!response.ok) throw new Error(`no user: ${response.status} ${await response.text()}`)
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
}
