// Ostiary as a target of the portable checks, with the world of the tests in it.

import { createClient } from '../../../src/operations/clients.ts'
import { OperationError } from '../../../src/operations/operation.ts'
import type { TestServer } from '../../support/start-server.ts'
import {
  API_SERVER,
  MACHINE,
  NATIVE_APP,
  OTHER_APP,
  PASSWORD,
  SPA,
  type TestClient,
  WEB_APP,
} from '../../support/world.ts'
import type { AttackTarget, NewApp } from '../target.ts'

/** @param server from here on belongs to the target, and stops with it */
export async function attackOstiary(server: TestServer, name: string): Promise<AttackTarget> {
  const { issuer, clock } = server
  const second = await server.startSecondNode()
  return {
    name,
    issuer,
    endpoints: {
      metadata: `${issuer}/.well-known/openid-configuration`,
      authorize: `${issuer}/authorize`,
      token: `${issuer}/token`,
      revoke: `${issuer}/revoke`,
      introspect: `${issuer}/introspect`,
      userinfo: `${issuer}/userinfo`,
      jwks: `${issuer}/jwks`,
      signOut: `${issuer}/sign-out`,
    },
    apps: {
      web: WEB_APP,
      other: OTHER_APP,
      spa: SPA,
      native: NATIVE_APP,
      machine: MACHINE,
      api: API_SERVER,
    },
    request: { scope: 'openid contacts:read projects:read' },
    scopes: { part: 'contacts:read', beyond: 'contacts:write' },
    users: { victim: 'ada', attacker: 'eve' },
    forms: {
      signIn: (user) => ({ username: user, password: PASSWORD }),
      allow: { decision: 'allow' },
      deny: { decision: 'deny' },
      signOut: {},
    },
    register: (app) => register(app, server),
    lacks: {},
    secondTokenEndpoint: `${second.url}/token`,
    revocationFeed: `${issuer}/revocations`,
    advanceClock: (seconds) => clock.advance(seconds),
    readLog: () => server.logLines.join(''),
    async stop() {
      await second.close()
      await server.stop()
    },
  }
}

async function register(
  { id, kind, redirectUri, name = id }: NewApp,
  { context }: TestServer,
): Promise<TestClient | 'refused'> {
  try {
    const { secret } = await createClient(
      {
        id,
        name,
        type: kind === 'web' ? 'confidential' : 'public',
        redirectUris: [redirectUri],
        scopes: ['openid', 'contacts:read', 'projects:read'],
      },
      context,
    )
    return { id, secret: secret ?? undefined, redirectUri }
  } catch (error) {
    if (error instanceof OperationError) return 'refused'
    throw error
  }
}
