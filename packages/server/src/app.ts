// Wires the parts together: the only file that knows them all. No logic lives here.

import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { listAccountRoutes } from './account/routes.ts'
import { createOriginCheck } from './client-auth/origins.ts'
import type { Config } from './config/load.ts'
import { resolveTenants } from './config/tenants.ts'
import type { Contract } from './contracts/contract.ts'
import { findContract } from './contracts/index.ts'
import {
  createApiVersionsEndpoint,
  createPublishedVersions,
  type PublishedVersions,
} from './endpoints/api-versions.ts'
import { createApplicationKeyTokenEndpoint } from './endpoints/application-key-token.ts'
import { createAuthorizeEndpoint } from './endpoints/authorize.ts'
import { createConsentEndpoint } from './endpoints/consent.ts'
import { createIntrospectionEndpoint } from './endpoints/introspect.ts'
import { createJwksEndpoint } from './endpoints/jwks.ts'
import { createMetadataEndpoint } from './endpoints/metadata.ts'
import { createResourceKeysEndpoint } from './endpoints/resource-keys.ts'
import { createRevocationFeedEndpoint } from './endpoints/revocation-feed.ts'
import { createRevocationEndpoint } from './endpoints/revoke.ts'
import { createSelectAccountEndpoint } from './endpoints/select-account.ts'
import { createSignInEndpoint } from './endpoints/sign-in.ts'
import { createSignOutConfirmEndpoint, createSignOutEndpoint } from './endpoints/sign-out.ts'
import { createTokenEndpoint } from './endpoints/token.ts'
import { createUserInfoEndpoint } from './endpoints/userinfo.ts'
import { createVersionUsageEndpoint } from './endpoints/version-usage.ts'
import { GRANT_TYPES } from './grants/index.ts'
import type { Audience, Route, Site } from './http/route.ts'
import { createHttpServer } from './http/server.ts'
import { serveSite } from './http/site.ts'
import { createIssuerKeys, type IssuerKeys } from './identity/issuer-keys.ts'
import { createUseCounter, type UseCounter } from './legacy/use-counter.ts'
import { startHousekeeping } from './operations/housekeeping.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { createGuessLimiter, type GuessLimiter } from './platform/guess-limiter.ts'
import { Sealer } from './platform/seal.ts'
import { listDeveloperRoutes } from './portal/routes.ts'
import type { Endpoint } from './protocol/message.ts'
import type { Tenant } from './protocol/tenant.ts'
import type { Store } from './store/port.ts'
import { createKeyRing, type KeyDeps, type KeyRing, signingKeySealer } from './tokens/keys.ts'
import { brandStylesheet } from './ui/brand.ts'
import { describeError, describeErrorInEnglish } from './ui/error-descriptions.ts'
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
  const uses = createUseCounter({ store, log })
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
      uses,
      issuerKeys: createIssuerKeys({ tenant, clock }),
      apiVersions: createPublishedVersions({ tenant, store, clock }),
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
      await uses.close()
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
  readonly uses: UseCounter
  readonly issuerKeys: IssuerKeys
  /** undefined when its API has none. */
  readonly apiVersions: PublishedVersions | undefined
}

function createSite(parts: TenantParts, config: Config): Site {
  const { tenant, contract } = parts
  const view = {
    tenant,
    assetBase: `${pathOf(tenant)}/assets`,
    formBase: pathOf(tenant),
    authorizePath: contract.paths.authorize ?? '',
    signOutPath: `${contract.paths.signOut}/confirm`,
    signOutPagePath: contract.paths.signOut,
  }
  return {
    tenant: tenant.name,
    issuer: tenant.issuer,
    responseIssuer: tenant.rules.issuerInResponses ? tenant.issuer : undefined,
    behindTrustedProxy: config.server.trustedProxies.length > 0,
    routes: listRoutes(parts),
    rootRoutes: listRootRoutes(parts),
    assetsFolder: ASSET_FOLDER,
    brandStylesheet: brandStylesheet(tenant),
    errorResponse: contract.errorResponse,
    describeError: contract.errorLanguage === 'reader' ? describeError : describeErrorInEnglish,
    renderPage: (page, reader) => renderPage(page, { ...view, ...reader }),
    renderFormPost: (formPost, reader) => renderFormPost(formPost, { ...view, ...reader }),
    isAllowedOrigin: createOriginCheck(parts),
  }
}

function listRoutes(parts: TenantParts): readonly Route[] {
  const { paths } = parts.contract
  const forApps = { ...parts, guesses: parts.guesses.clients }
  const metadata = createMetadataEndpoint(parts)
  return [
    ...listTokenRoutes(parts),
    ...listKeyExchangeRoutes(parts),
    ...(paths.authorize === undefined ? [] : listPageRoutes(parts, paths.authorize)),
    post('server', paths.introspect, createIntrospectionEndpoint(forApps)),
    get('public', paths.jwks, createJwksEndpoint(parts)),
    ...(parts.tenant.rules.jwt.keyPerApi
      ? [post('server', paths.resourceKeys, createResourceKeysEndpoint(forApps))]
      : []),
    get('public', paths.revocations, createRevocationFeedEndpoint(parts)),
    ...listVersionRoutes(parts),
    get('public', '/.well-known/openid-configuration', metadata),
    get('public', '/.well-known/oauth-authorization-server', metadata),
  ]
}

function listTokenRoutes(parts: TenantParts): readonly Route[] {
  const { paths, requests } = parts.contract
  const { clients, users } = parts.guesses
  const forApps = { ...parts, guesses: clients, userGuesses: users }
  const routes: Route[] = []
  if (paths.token !== undefined) {
    routes.push({ ...post('app', paths.token, createTokenEndpoint(forApps)), ...requests })
  }
  if (paths.revoke !== undefined) {
    routes.push({ ...post('app', paths.revoke, createRevocationEndpoint(forApps)), ...requests })
  }
  if (paths.userinfo !== undefined) {
    const userInfo = get('app', paths.userinfo, createUserInfoEndpoint(parts))
    routes.push({ ...userInfo, methods: ['GET', 'POST'] })
  }
  return routes
}

function listKeyExchangeRoutes(parts: TenantParts): readonly Route[] {
  const { paths, readKeyExchange } = parts.contract
  if (paths.applicationKeyToken === undefined || readKeyExchange === undefined) return []
  const deps = { ...parts, guesses: parts.guesses.clients, readKeyExchange }
  const route = post('app', paths.applicationKeyToken, createApplicationKeyTokenEndpoint(deps))
  return [{ ...route, encodings: ['json'], jsonDocument: true }]
}

function listVersionRoutes(parts: TenantParts): readonly Route[] {
  const { apiVersions, contract, guesses } = parts
  if (!apiVersions) return []
  const usage = createVersionUsageEndpoint({ ...parts, guesses: guesses.clients })
  return [
    get('public', contract.paths.apiVersions, createApiVersionsEndpoint(apiVersions)),
    {
      ...post('server', contract.paths.versionUsage, usage),
      encodings: ['json'],
      jsonDocument: true,
    },
  ]
}

function listPageRoutes(parts: TenantParts, authorizePath: string): readonly Route[] {
  const { signOut } = parts.contract.paths
  const forUsers = { ...parts, guesses: parts.guesses.users, authorizePath }
  return [
    {
      ...get('page', authorizePath, createAuthorizeEndpoint(forUsers)),
      methods: ['GET', 'POST'],
      crossSitePost: true,
      apiVersions: parts.apiVersions,
    },
    post('page', `${authorizePath}/sign-in`, createSignInEndpoint(forUsers)),
    post('page', `${authorizePath}/account`, createSelectAccountEndpoint(forUsers)),
    {
      ...post('page', `${authorizePath}/consent`, createConsentEndpoint(forUsers)),
      repeatable: new Set(['scope']),
    },
    {
      ...get('page', signOut, createSignOutEndpoint(parts)),
      methods: ['GET', 'POST'],
      crossSitePost: true,
    },
    post('page', `${signOut}/confirm`, createSignOutConfirmEndpoint(parts)),
    ...listAccountRoutes(forUsers),
    ...listPortalRoutes(parts),
  ]
}

/** Where the contract lets account holders register apps themselves. */
function listPortalRoutes(parts: TenantParts): readonly Route[] {
  const { authorize, token, revoke } = parts.contract.paths
  const { rules, issuer } = parts.tenant
  if (!rules.selfService || authorize === undefined || token === undefined) return []
  return listDeveloperRoutes({
    ...parts,
    grantTypes: GRANT_TYPES,
    endpoints: {
      authorize: issuer + authorize,
      token: issuer + token,
      revoke: revoke && issuer + revoke,
    },
  })
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
