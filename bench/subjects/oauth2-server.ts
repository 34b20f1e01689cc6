// @node-oauth/oauth2-server as a subject.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from '../load/target.ts'
import type { OAuth2ServerSettings } from '../servers/oauth2-server/server.ts'
import { authorizePath, post, randomTokens } from './calls.ts'
import { findFreePort, startServerProcess } from './server-process.ts'
import { REDIRECT_URI, type RunningSubject, SCOPE, type Subject, USERS } from './subject.ts'

const SERVER = fileURLToPath(new URL('../servers/oauth2-server/server.ts', import.meta.url))

export const oauth2Server: Subject = {
  name: 'oauth2-server',
  title: '@node-oauth/oauth2-server',
  store: 'SQLite, durable, with a model of this benchmark',
  missing: {
    'client_credentials-jwt':
      'The library signs nothing: the format of tokens is left to the model.',
    'introspection-hit': 'The library has no introspection.',
    'introspection-miss': 'The library has no introspection.',
    revocation: 'The library has no revocation.',
    discovery: 'The library has no metadata.',
    jwks: 'The library has no keys.',
  },
  start,
}

async function start(folder: string): Promise<RunningSubject> {
  const port = await findFreePort()
  const client = { id: 'app', secret: randomBytes(32).toString('base64url') }
  const sessions = randomTokens().slice(0, USERS)
  const settings: OAuth2ServerSettings = {
    database: join(folder, 'oauth2-server.db'),
    client,
    redirectUri: REDIRECT_URI,
    scope: SCOPE,
    sessions,
  }
  const { pid, idleMegabytes, stop } = await startServerProcess({
    folder,
    args: [SERVER],
    env: { BENCH_PORT: String(port), BENCH_SETTINGS: JSON.stringify(settings) },
    readyUrl: `http://127.0.0.1:${port}/`,
  })
  const token = (form: Record<string, string>) => post('/token', client, form)
  const target: Target = {
    host: '127.0.0.1',
    port,
    clientCredentials: { opaque: token({ grant_type: 'client_credentials', scope: SCOPE }) },
    codeFlow: {
      authorize: { path: authorizePath('/authorize', client) },
      sessions: sessions.map((session) => `session=${session}`),
      token: token({ grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }),
    },
    refresh: token({ grant_type: 'refresh_token' }),
  }
  return { target, processes: { server: pid }, idleMegabytes, stop }
}
