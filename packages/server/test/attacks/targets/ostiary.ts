// Ostiary as a target of the portable checks, with the world of the tests in it.

import { createClient, disableClient } from '../../../src/operations/clients.ts'
import { OperationError } from '../../../src/operations/operation.ts'
import { type BrowserPage, TestBrowser } from '../../support/browser.ts'
import type { TestServer, TestServerOptions } from '../../support/start-server.ts'
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
import type { AttackTarget, DeveloperPortal, LoweredServer, NewApp } from '../target.ts'
import { callerAt, PROXIES, prepareExchange } from './ostiary-exchange.ts'

const FIRST_PARTY_APP = 'Pocket Desk'

/** @param start opens a server with a database of its own; those that the target opens stop with it */
export async function attackOstiary(
  start: (options: TestServerOptions) => Promise<TestServer>,
  name: string,
): Promise<AttackTarget> {
  const server = await start({ trustedProxies: PROXIES })
  const { issuer, clock, context } = server
  await createClient({ name: FIRST_PARTY_APP, type: 'confidential', party: 'first' }, context)
  const second = await server.startSecondNode()
  const exchange = prepareExchange(start)
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
    callerAt,
    disable: (clientId) => disableClient({ clientId }, context).then(() => undefined),
    startWithLifetime: (lifetimeSeconds) => startLowered(server, lifetimeSeconds),
    cleanUp: async () => void (await server.store.deleteExpired(clock.nowSeconds(), 1000)),
    presentJwt: async (claims) => (await exchange.open()).presentJwt(claims),
    openKeyExchange: exchange.open,
    revocationFeed: `${issuer}/revocations`,
    portal: portalOf(server),
    advanceClock: (seconds) => clock.advance(seconds),
    readLog: () => server.logLines.join(''),
    async stop() {
      await exchange.stop()
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
        type: kind === 'native' ? 'public' : 'confidential',
        redirectUris: kind === 'machine' ? [] : [redirectUri],
        scopes: ['contacts:read', 'projects:read', ...(kind === 'machine' ? [] : ['openid'])],
        ...(kind === 'machine' && { defaultScopes: ['contacts:read'] }),
      },
      context,
    )
    return { id, secret: secret ?? undefined, redirectUri }
  } catch (error) {
    if (error instanceof OperationError) return 'refused'
    throw error
  }
}

async function startLowered(server: TestServer, lifetimeSeconds: number): Promise<LoweredServer> {
  const node = await server.startSecondNode({ policy: { accessToken: { lifetimeSeconds } } })
  const { url } = node
  return {
    endpoints: { token: `${url}/token`, revoke: `${url}/revoke`, introspect: `${url}/introspect` },
    stop: () => node.close(),
  }
}

function portalOf({ issuer, tenant }: TestServer): DeveloperPortal {
  const follow = (browser: TestBrowser, { location, ...page }: BrowserPage) =>
    location === undefined ? { location, ...page } : browser.openAndFollow(location)
  return {
    vouchedNames: [tenant.displayName, FIRST_PARTY_APP],
    async enter() {
      const browser = new TestBrowser()
      const page = await browser.openAndFollow(`${issuer}/account/sign-in`)
      await browser.submitAndFollow(page, { username: 'eve', password: PASSWORD })
      return browser
    },
    async register(browser, { name, redirectUri }) {
      const form = await browser.openAndFollow(`${issuer}/developers/new`)
      const fields = { name, type: 'confidential', redirect_uris: redirectUri }
      return follow(browser, await browser.submit(form, fields))
    },
    rename: async (browser, page, name) => follow(browser, await browser.submit(page, { name })),
  }
}
