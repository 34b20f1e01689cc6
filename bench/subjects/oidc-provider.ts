// node-oidc-provider as a subject, with its own store in memory and with a durable one.

import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from '../load/target.ts'
import type { OidcProviderSettings } from '../servers/oidc-provider/server.ts'
import { authorizePath, type Credentials, post, randomTokens } from './calls.ts'
import { findFreePort, startServerProcess } from './server-process.ts'
import { REDIRECT_URI, type RunningSubject, SCOPE, type Subject, USERS } from './subject.ts'
import { Visitor } from './visitor.ts'

const SERVER = fileURLToPath(new URL('../servers/oidc-provider/server.ts', import.meta.url))
const AUDIENCES = { jwt: 'https://api.example/jwt', opaque: 'https://api.example/opaque' }

export const oidcProviderMemory: Subject = {
  name: 'oidc-provider-memory',
  title: 'node-oidc-provider, in memory',
  store: 'its own, in memory: a thousand entries, none survives the process',
  missing: {},
  start: (folder) => start(folder, undefined),
}

export const oidcProviderSqlite: Subject = {
  name: 'oidc-provider-sqlite',
  title: 'node-oidc-provider, SQLite',
  store: 'SQLite, durable, with an adapter of this benchmark',
  missing: {},
  start: (folder) => start(folder, join(folder, 'oidc-provider.db')),
}

async function start(folder: string, database: string | undefined): Promise<RunningSubject> {
  const port = await findFreePort()
  const client = { id: 'app', secret: randomBytes(32).toString('base64url') }
  const issuer = `http://localhost:${port}`
  const settings: OidcProviderSettings = {
    issuer,
    ...(database !== undefined && { database }),
    client,
    redirectUri: REDIRECT_URI,
    scope: SCOPE,
    audiences: AUDIENCES,
  }
  const { pid, idleMegabytes, stop } = await startServerProcess({
    folder,
    args: [SERVER],
    env: { BENCH_PORT: String(port), BENCH_SETTINGS: JSON.stringify(settings) },
    readyUrl: `http://127.0.0.1:${port}/jwks`,
  })
  const openTarget = async () => {
    const sessions: string[] = []
    for (let index = 0; index < USERS; index++) {
      sessions.push(await signIn(`user-${index}`, client, issuer))
    }
    return targetOf({ port, client, sessions })
  }
  try {
    return {
      target: await openTarget(),
      // Its memory holds a thousand entries: other operations have displaced the sessions.
      ...(database === undefined && { renewTarget: openTarget }),
      processes: { server: pid },
      idleMegabytes,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Through its pages. @returns the `Cookie` header of the session */
async function signIn(user: string, client: Credentials, issuer: string): Promise<string> {
  const visitor = new Visitor()
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url')
  const path = authorizePath('/auth', client, { code_challenge: challenge })
  const signInPage = await visitor.visit(issuer + path)
  const consentPage = await visitor.submit(signInPage, { login: user, password: 'any' })
  const end = await visitor.submit(consentPage, {})
  if (!end.location?.includes('code=')) {
    throw new Error(`${user} got no code: ${end.status} ${end.location} ${end.text}`)
  }
  return visitor.cookies
}

interface TargetInput {
  readonly port: number
  readonly client: Credentials
  readonly sessions: readonly string[]
}

function targetOf({ port, client, sessions }: TargetInput): Target {
  const token = (form: Record<string, string>) => post('/token', client, form)
  const machine = { grant_type: 'client_credentials', scope: SCOPE }
  return {
    host: '127.0.0.1',
    port,
    clientCredentials: {
      jwt: token({ ...machine, resource: AUDIENCES.jwt }),
      opaque: token({ ...machine, resource: AUDIENCES.opaque }),
    },
    codeFlow: {
      authorize: { path: authorizePath('/auth', client) },
      sessions,
      token: token({ grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }),
    },
    refresh: token({ grant_type: 'refresh_token' }),
    introspection: post('/token/introspection', client),
    unknownTokens: randomTokens(),
    revocation: post('/token/revocation', client),
    discovery: { path: '/.well-known/openid-configuration' },
    jwks: { path: '/jwks' },
  }
}
