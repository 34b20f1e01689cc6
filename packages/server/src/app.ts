// Wires the parts together: the only file that knows them all. No logic lives here.

import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createOriginCheck } from './client-auth/origins.ts'
import type { Config } from './config/load.ts'
import { resolveTenants } from './config/tenants.ts'
import type { Contract } from './contracts/contract.ts'
import { findContract } from './contracts/index.ts'
import { createAuthorizeEndpoint } from './endpoints/authorize.ts'
import { createConsentEndpoint } from './endpoints/consent.ts'
import { createIntrospectionEndpoint } from './endpoints/introspect.ts'
import { createJwksEndpoint } from './endpoints/jwks.ts'
import { createMetadataEndpoint } from './endpoints/metadata.ts'
import { createRevocationFeedEndpoint } from './endpoints/revocation-feed.ts'
import { createRevocationEndpoint } from './endpoints/revoke.ts'
import { createSelectAccountEndpoint } from './endpoints/select-account.ts'
import { createSignInEndpoint } from './endpoints/sign-in.ts'
import { createSignOutConfirmEndpoint, createSignOutEndpoint } from './endpoints/sign-out.ts'
import { createTokenEndpoint } from './endpoints/token.ts'
import { createUserInfoEndpoint } from './endpoints/userinfo.ts'
import type { Audience, Route, Site } from './http/route.ts'
import { createHttpServer } from './http/server.ts'
import { serveSite } from './http/site.ts'
import { startHousekeeping } from './operations/housekeeping.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { createGuessLimiter, type GuessLimiter } from './platform/guess-limiter.ts'
import { Sealer } from './platform/seal.ts'
import type { Endpoint } from './protocol/message.ts'
import type { Tenant } from './protocol/tenant.ts'
import type { Store } from './store/port.ts'
import { createKeyRing, type KeyDeps, type KeyRing, signingKeySealer } from './tokens/keys.ts'
import { brandStylesheet } from './ui/brand.ts'
import { ASSET_FOLDER, renderFormPost, renderPage } from './ui/render.ts'

export interface ServerOptions {
  readonly config: Config
  /** 32 bytes that seal keys and page state. */
  readonly masterKey: Buffer
  /** Open and migrated; the caller closes it after the server. */
  readonly store: Store
  readonly log: FastifyBaseLogger
  readonly clock?: Clock
  /** Adds to the same server: the demo mounts its API here. */
  readonly extend?: (server: FastifyInstance) => Promise<void>
}

export interface RunningServer {
  /** Where it listens. */
  readonly url: string
  /** Stops accepting, finishes what is in flight, stops the housekeeping. */
  close(): Promise<void>
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, store, log, clock = systemClock } = options
  const sealer = new Sealer(options.masterKey)
  const server = createHttpServer({
    log,
    trustedProxies: config.server.trustedProxies,
    checkReady: () => store.check(),
  })
  const guesses = createLimiters(config)
  const parts = resolveTenants(config).map((tenant) => {
    const keyDeps = { tenant, store, clock, sealer: signingKeySealer(sealer, tenant) }
    const pageSealer = sealer.for(`pages of ${tenant.name}`)
    const contract = requireContract(tenant.contract)
    return {
      tenant,
      contract,
      store,
      clock,
      keyDeps,
      keys: createKeyRing(keyDeps),
      sealer: pageSealer,
      guesses,
    }
  })
  const paths = parts.map(({ tenant }) => pathOf(tenant))
  for (const part of parts) {
    // The host decides only where the path alone does not.
    const shared = paths.filter((path) => path === pathOf(part.tenant)).length > 1
    const host = shared ? new URL(part.tenant.issuer).host : undefined
    serveSite(server, createSite(part, config), host)
  }
  await options.extend?.(server)
  const url = await server.listen({ host: config.server.host, port: config.server.port })
  const keyRings = parts.map(({ keyDeps }) => keyDeps)
  const stopHousekeeping = startHousekeeping({ store, clock, log, keyRings })
  return {
    url,
    async close() {
      await server.close()
      await stopHousekeeping()
    },
  }
}

/** Everything that the endpoints of one tenant are made of. */
interface TenantParts {
  readonly tenant: Tenant
  readonly contract: Contract
  readonly store: Store
  readonly clock: Clock
  readonly keyDeps: KeyDeps
  readonly keys: KeyRing
  readonly sealer: Sealer
  readonly guesses: Limiters
}

function createSite(parts: TenantParts, config: Config): Site {
  const { tenant, contract } = parts
  const view = {
    tenant,
    assetBase: `${pathOf(tenant)}/assets`,
    formBase: pathOf(tenant),
    authorizePath: contract.paths.authorize,
    signOutPath: `${contract.paths.signOut}/confirm`,
  }
  return {
    tenant: tenant.name,
    issuer: tenant.issuer,
    behindTrustedProxy: config.server.trustedProxies.length > 0,
    routes: listRoutes(parts),
    rootRoutes: listRootRoutes(parts),
    assetsFolder: ASSET_FOLDER,
    brandStylesheet: brandStylesheet(tenant),
    errorResponse: contract.errorResponse,
    renderPage: (page, reader) => renderPage(page, { ...view, ...reader }),
    renderFormPost: (formPost, reader) => renderFormPost(formPost, { ...view, ...reader }),
    isAllowedOrigin: createOriginCheck(parts),
  }
}

function listRoutes(parts: TenantParts): readonly Route[] {
  const { paths } = parts.contract
  const forApps = { ...parts, guesses: parts.guesses.clients }
  const forUsers = { ...parts, guesses: parts.guesses.users }
  const metadata = createMetadataEndpoint(parts)
  return [
    post('app', paths.token, createTokenEndpoint(forApps)),
    post('app', paths.revoke, createRevocationEndpoint(forApps)),
    post('server', paths.introspect, createIntrospectionEndpoint(forApps)),
    { ...get('app', paths.userinfo, createUserInfoEndpoint(parts)), methods: ['GET', 'POST'] },

    {
      ...get('page', paths.authorize, createAuthorizeEndpoint(parts)),
      methods: ['GET', 'POST'],
      crossSitePost: true,
    },
    post('page', `${paths.authorize}/sign-in`, createSignInEndpoint(forUsers)),
    post('page', `${paths.authorize}/account`, createSelectAccountEndpoint(parts)),
    {
      ...post('page', `${paths.authorize}/consent`, createConsentEndpoint(parts)),
      repeatable: new Set(['scope']),
    },
    {
      ...get('page', paths.signOut, createSignOutEndpoint(parts)),
      methods: ['GET', 'POST'],
      crossSitePost: true,
    },
    post('page', `${paths.signOut}/confirm`, createSignOutConfirmEndpoint(parts)),

    get('public', paths.jwks, createJwksEndpoint(parts)),
    get('public', paths.revocations, createRevocationFeedEndpoint(parts)),
    get('public', '/.well-known/openid-configuration', metadata),
    get('public', '/.well-known/oauth-authorization-server', metadata),
  ]
}

/** RFC 8414 §3.1: for an issuer with a path, the well-known part comes before that path. */
function listRootRoutes(parts: TenantParts): readonly Route[] {
  const path = pathOf(parts.tenant)
  if (path === '') return []
  return [
    get('public', `/.well-known/oauth-authorization-server${path}`, createMetadataEndpoint(parts)),
  ]
}

function get(audience: Audience, path: string, endpoint: Endpoint): Route {
  return { methods: ['GET'], audience, path, endpoint }
}

function post(audience: Audience, path: string, endpoint: Endpoint): Route {
  return { methods: ['POST'], audience, path, endpoint }
}

interface Limiters {
  readonly clients: GuessLimiter
  readonly users: GuessLimiter
}

function createLimiters({ rateLimits }: Config): Limiters {
  const windowSeconds = 60
  return {
    clients: createGuessLimiter({
      failures: rateLimits.failedClientAuthenticationsPerMinute,
      windowSeconds,
    }),
    users: createGuessLimiter({ failures: rateLimits.failedSignInsPerMinute, windowSeconds }),
  }
}

function requireContract(name: string): Contract {
  const contract = findContract(name)
  if (!contract) throw new Error(`no contract is called ${name}`)
  return contract
}

function pathOf(tenant: Tenant): string {
  return new URL(tenant.issuer).pathname.replace(/\/$/, '')
}
