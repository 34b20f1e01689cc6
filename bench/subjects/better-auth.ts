// @better-auth/oauth-provider as a subject.

import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from '../load/target.ts'
import type { BetterAuthSettings, Outfit } from '../servers/better-auth/server.ts'
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

const SERVER = fileURLToPath(new URL('../servers/better-auth/server.ts', import.meta.url))
const BASE = '/api/auth'

export const betterAuth: Subject = {
  name: 'better-auth',
  title: '@better-auth/oauth-provider',
  store: 'SQLite, durable',
  missing: {},
  start,
}

async function start(folder: string): Promise<RunningSubject> {
  const port = await findFreePort()
  const origin = `http://localhost:${port}`
  const outfitFile = join(folder, 'outfit.json')
  const settings: BetterAuthSettings = {
    origin,
    database: join(folder, 'better-auth.db'),
    outfit: outfitFile,
    redirectUri: REDIRECT_URI,
    scope: SCOPE,
    audience: AUDIENCE,
    users: USERS,
  }
  const { pid, idleMegabytes, stop } = await startServerProcess({
    folder,
    args: [SERVER],
    env: { BENCH_PORT: String(port), BENCH_SETTINGS: JSON.stringify(settings) },
    readyUrl: `http://127.0.0.1:${port}${BASE}/ok`,
  })
  try {
    const outfit: Outfit = JSON.parse(await readFile(outfitFile, 'utf8'))
    for (const session of outfit.sessions) await consent(session, { outfit, origin })
    const target = targetOf(port, outfit)
    return { target, processes: { server: pid }, idleMegabytes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The scope without which it gives no refresh token. */
const CODE_SCOPE = { scope: `${SCOPE} offline_access` }

interface Site {
  readonly outfit: Outfit
  readonly origin: string
}

/** Asks for authorization and says yes to the consent page, as its script would. */
async function consent(cookie: string, { outfit, origin }: Site): Promise<void> {
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url')
  const path = authorizePath(`${BASE}/oauth2/authorize`, outfit.client, {
    ...CODE_SCOPE,
    code_challenge: challenge,
  })
  // To a script it says where to go in JSON; the load generator asks as a browser does, and is redirected.
  const page = await fetch(origin + path, { headers: { cookie } })
  const { url = '' } = (await page.json()) as { url?: string }
  if (!url.startsWith('/consent?')) throw new Error(`no consent page, but ${url}`)
  const answer = await fetch(`${origin}${BASE}/oauth2/consent`, {
    method: 'POST',
    headers: { cookie, origin, 'content-type': 'application/json' },
    body: JSON.stringify({ accept: true, oauth_query: url.slice('/consent?'.length) }),
  })
  if (!answer.ok) throw new Error(`no consent: ${answer.status} ${await answer.text()}`)
}

function targetOf(port: number, { client, sessions }: Outfit): Target {
  const token = (form: Record<string, string>) => post(`${BASE}/oauth2/token`, client, form)
  const machine = { grant_type: 'client_credentials', scope: SCOPE }
  const path = authorizePath(`${BASE}/oauth2/authorize`, client, CODE_SCOPE)
  return {
    host: '127.0.0.1',
    port,
    clientCredentials: { jwt: token({ ...machine, resource: AUDIENCE }), opaque: token(machine) },
    codeFlow: {
      authorize: { path },
      sessions,
      token: token({ grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }),
    },
    refresh: token({ grant_type: 'refresh_token' }),
    introspection: post(`${BASE}/oauth2/introspect`, client),
    unknownTokens: randomTokens(),
    revocation: post(`${BASE}/oauth2/revoke`, client),
    discovery: { path: `/.well-known/oauth-authorization-server${BASE}` },
    jwks: { path: `${BASE}/jwks` },
  }
}
