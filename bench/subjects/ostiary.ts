// Ostiary as its operator would start it: `ostiary start` with a configuration file, on SQLite or on PostgreSQL, both
// with every commit flushed to disk. Two tenants, for the format of access tokens is a policy of the tenant.

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newSecret } from '../../packages/server/src/platform/random.ts'
import { TestBrowser } from '../../packages/server/test/support/browser.ts'
import { TestApp } from '../../packages/server/test/support/test-app.ts'
import type { Target } from '../load/target.ts'
import { authorizePath, type Credentials, post, randomTokens } from './calls.ts'
import { type Fitted, fitOut, type OstiaryUser } from './ostiary-outfit.ts'
import { startPostgres } from './postgres.ts'
import { findFreePort, startServerProcess } from './server-process.ts'
import { AUDIENCE, REDIRECT_URI, type RunningSubject, SCOPE, type Subject } from './subject.ts'

export const OPAQUE_TENANT = 'opaque'

const MAIN = fileURLToPath(new URL('../../packages/server/bin/ostiary.js', import.meta.url))

export const ostiarySqlite: Subject = {
  name: 'ostiary-sqlite',
  title: 'Ostiary, SQLite',
  store: 'SQLite, durable',
  missing: {},
  start: (folder) => start(folder, { path: join(folder, 'ostiary.db') }),
}

export const ostiaryPostgres: Subject = {
  name: 'ostiary-postgres',
  title: 'Ostiary, PostgreSQL',
  store: 'PostgreSQL, durable',
  missing: {},
  async start(folder) {
    const postgres = await startPostgres()
    try {
      const running = await start(folder, { url: postgres.url })
      return {
        ...running,
        processes: { ...running.processes, database: postgres.pid },
        async stop() {
          await running.stop()
          await postgres.stop()
        },
      }
    } catch (error) {
      await postgres.stop()
      throw error
    }
  },
}

async function start(folder: string, database: Place): Promise<RunningSubject> {
  const installed = await installOstiary(folder, database)
  return { ...installed, ...(await installed.launch()) }
}

export type Place = { readonly path: string } | { readonly url: string }

/** A place in which a server can be started again and again, always with the same apps, users and sessions. */
export interface InstalledOstiary extends Pick<RunningSubject, 'target' | 'sdk'> {
  launch(): Promise<Pick<RunningSubject, 'processes' | 'idleMegabytes' | 'stop'>>
}

export async function installOstiary(folder: string, database: Place): Promise<InstalledOstiary> {
  const port = await findFreePort()
  const issuer = `http://localhost:${port}`
  const config = configFor({ issuer, port, database })
  await writeFile(join(folder, 'ostiary.config.yaml'), JSON.stringify(config), { mode: 0o600 })
  const fitted = await fitOut(config)
  const launch = async () => {
    const { pid, idleMegabytes, stop } = await startServerProcess({
      folder,
      args: [MAIN, 'start'],
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    })
    return { processes: { server: pid }, idleMegabytes, stop }
  }
  const first = await launch()
  try {
    const sessions: string[] = []
    // One after the other: all at once from one address are refused where the machine is slow.
    for (const user of fitted.users) sessions.push(await signIn(user, fitted, issuer))
    const { id: clientId, secret: clientSecret } = fitted.api
    const opaqueIssuer = `${issuer}/opaque`
    return {
      target: targetOf({ port, sessions, fitted }),
      sdk: { jwtIssuer: issuer, opaqueIssuer, audience: AUDIENCE, clientId, clientSecret },
      launch,
    }
  } finally {
    await first.stop()
  }
}

function configFor(input: { issuer: string; port: number; database: Place }): object {
  const { issuer, port, database } = input
  const scopes = [{ name: SCOPE, description: 'see your contacts', access: 'read' }]
  const resourceServers = [{ audience: AUDIENCE, name: 'CRM API', scopes }]
  return {
    // No proxy has to notice that it ends.
    server: { port, drainSeconds: 0 },
    database,
    masterKey: randomBytes(32).toString('base64'),
    allow: ['http-issuer'],
    tenants: [
      { name: 'jwt', issuer, resourceServers },
      {
        name: OPAQUE_TENANT,
        issuer: `${issuer}/opaque`,
        resourceServers,
        policy: { accessToken: { format: 'opaque' } },
      },
    ],
  }
}

/** Through the pages, as a user does. @returns the `Cookie` header of the session */
async function signIn(user: OstiaryUser, { app }: Fitted, issuer: string): Promise<string> {
  const client = { ...app, redirectUri: REDIRECT_URI }
  const browser = new TestBrowser()
  const { username, password } = user
  const site = new TestApp({ issuer: `${issuer}/opaque` }, client)
  const { code } = await site.obtainCode({ browser, user: username, password })
  if (code === '') throw new Error(`${username} got no code`)
  return [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}

interface TargetInput {
  readonly port: number
  readonly sessions: readonly string[]
  readonly fitted: Fitted
}

function targetOf({ port, sessions, fitted }: TargetInput): Target {
  const { jwtMachine, opaqueMachine, furtherMachines, app, furtherApps, api } = fitted
  const machineForm = { grant_type: 'client_credentials', scope: SCOPE }
  const codeForm = { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }
  const codeFlowOf = (each: Credentials) => ({
    authorize: { path: authorizePath('/opaque/authorize', each) },
    token: post('/opaque/token', each, codeForm),
  })
  const machineOf = (each: Credentials) => ({
    token: post('/opaque/token', each, machineForm),
    revocation: post('/opaque/revoke', each),
  })
  return {
    host: '127.0.0.1',
    port,
    clientCredentials: {
      jwt: post('/token', jwtMachine, machineForm),
      opaque: post('/opaque/token', opaqueMachine, machineForm),
    },
    codeFlow: {
      ...codeFlowOf(app),
      furtherApps: furtherApps.map(codeFlowOf),
      sessions,
    },
    refresh: post('/opaque/token', app, { grant_type: 'refresh_token' }),
    introspection: post('/opaque/introspect', api),
    unknownTokens: randomTokens(() => newSecret('ost_at')),
    revocation: post('/opaque/revoke', opaqueMachine),
    furtherMachines: furtherMachines.map(machineOf),
    discovery: { path: '/.well-known/oauth-authorization-server' },
    jwks: { path: '/jwks' },
  }
}
