// The floor as a subject.

import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from '../load/target.ts'
import type { FloorSettings } from '../servers/floor/reply.ts'
import { authorizePath, post, randomTokens } from './calls.ts'
import { findFreePort, startServerProcess } from './server-process.ts'
import {
  AUDIENCE,
  REDIRECT_URI,
  type RunningSubject,
  SCOPE,
  type Subject,
  USERS,
} from './subject.ts'

const SERVER = fileURLToPath(new URL('../servers/floor/server.ts', import.meta.url))

export const floor: Subject = {
  name: 'floor',
  title: 'floor (bare `node:http`)',
  store: 'SQLite, durable',
  missing: {},
  start,
}

async function start(folder: string): Promise<RunningSubject> {
  const port = await findFreePort()
  const app = { id: 'app', secret: randomBytes(32).toString('base64url') }
  const sessions = randomTokens().slice(0, USERS)
  const issuer = `http://localhost:${port}`
  const settings: FloorSettings = {
    issuer,
    database: join(folder, 'floor.db'),
    clientId: app.id,
    secretHash: sha256(app.secret),
    redirectUri: REDIRECT_URI,
    audience: AUDIENCE,
    scope: SCOPE,
    sessions: sessions.map(sha256),
  }
  const server = await startServerProcess({
    folder,
    args: [SERVER],
    env: { BENCH_PORT: String(port), BENCH_SETTINGS: JSON.stringify(settings) },
    readyUrl: `http://127.0.0.1:${port}/jwks`,
  })
  const token = (form: Record<string, string>) => post('/token', app, form)
  const target: Target = {
    host: '127.0.0.1',
    port,
    clientCredentials: {
      jwt: token({ grant_type: 'client_credentials', scope: SCOPE, format: 'jwt' }),
      opaque: token({ grant_type: 'client_credentials', scope: SCOPE }),
    },
    codeFlow: {
      authorize: { path: authorizePath('/authorize', app) },
      sessions: sessions.map((session) => `session=${session}`),
      token: token({ grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }),
    },
    refresh: token({ grant_type: 'refresh_token' }),
    introspection: post('/introspect', app),
    unknownTokens: randomTokens(),
    revocation: post('/revoke', app),
    discovery: { path: '/.well-known/oauth-authorization-server' },
    jwks: { path: '/jwks' },
  }
  const { idleMegabytes, stop, pid } = server
  return { target, processes: { server: pid }, idleMegabytes, stop }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
