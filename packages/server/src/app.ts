// Wires the parts together: the only file that knows them all. No logic lives here.

import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { listAccountRoutes } from './account/routes.ts'
import { createOriginCheck } from './client-auth/origins.ts'
import type { Config } from './config/load.ts'
import { resolveTenants } from './config/tenants.ts'
import type { Contract } from './contracts/contract.ts'
import { findContract } from './contracts/index.ts'
import { createPublishedVersions } from './endpoints/api-versions.ts'
import { listProtocolRoutes, listRootRoutes, type ProtocolDeps } from './endpoints/routes.ts'
import { GRANT_TYPES } from './grants/index.ts'
import type { Route, Site } from './http/route.ts'
import { createHttpServer } from './http/server.ts'
import { serveSite } from './http/site.ts'
import { createIssuerKeys } from './identity/issuer-keys.ts'
import { createUseCounter } from './legacy/use-counter.ts'
import { startHousekeeping } from './operations/housekeeping.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { createGuessLimiter } from './platform/guess-limiter.ts'
import { Sealer } from './platform/seal.ts'
import { listDeveloperRoutes } from './portal/routes.ts'
import type { Tenant } from './protocol/tenant.ts'
import type { Store } from './store/port.ts'
import { createKeyRing, type KeyDeps, signingKeySealer } from './tokens/keys.ts'
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
  const guesses = createLimiters(config, { store, clock })
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
interface TenantParts extends ProtocolDeps {
  readonly store: Store
  readonly keyDeps: KeyDeps
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
  const { authorize } = parts.contract.paths
  if (authorize === undefined) return listProtocolRoutes(parts)
  const forUsers = { ...parts, guesses: parts.guesses.users, authorizePath: authorize }
  return [
    ...listProtocolRoutes(parts),
    ...listAccountRoutes(forUsers),
    ...listPortalRoutes(parts, authorize),
  ]
}

/** Where the contract lets account holders register apps themselves. */
function listPortalRoutes(parts: TenantParts, authorize: string): readonly Route[] {
  const { token, revoke } = parts.contract.paths
  const { rules, issuer } = parts.tenant
  if (!rules.selfService || token === undefined) return []
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

function createLimiters(
  { rateLimits }: Config,
  deps: { store: Store; clock: Clock },
): ProtocolDeps['guesses'] {
  const perMinute = (purpose: string, failures: number) =>
    createGuessLimiter({ purpose, failures, windowSeconds: 60 }, deps)
  return {
    clients: perMinute('client', rateLimits.failedClientAuthenticationsPerMinute),
    users: perMinute('sign-in', rateLimits.failedSignInsPerMinute),
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
