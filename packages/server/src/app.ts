// Wires the parts together: the only file that knows them all. No logic lives here.

import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { listAccountRoutes } from './account/routes.ts'
import { createOriginCheck } from './client-auth/origins.ts'
import type { Config } from './config/load.ts'
import { resolveTenants } from './config/tenants.ts'
import type { Contract } from './contracts/contract.ts'
import { findContract } from './contracts/index.ts'
import { createPublishedVersions } from './endpoints/api-versions.ts'
import type { HeldFeed } from './endpoints/revocation-feed.ts'
import { listProtocolRoutes, listRootRoutes, type ProtocolDeps } from './endpoints/routes.ts'
import { createFollowers } from './feed/followers.ts'
import { createFollowersInMemory } from './feed/followers-in-memory.ts'
import { createFeedNews } from './feed/news.ts'
import { createPlaces } from './feed/places.ts'
import { GRANT_TYPES } from './grants/index.ts'
import { createAdmission } from './http/admission.ts'
import { readAssets, serveAssets } from './http/assets.ts'
import { createConnections } from './http/connections.ts'
import { describeCookies } from './http/cookies.ts'
import { createDeparture, type Departure } from './http/departure.ts'
import { DOCTOR_PURPOSE } from './http/examination.ts'
import { createReadiness } from './http/health.ts'
import { listenOn } from './http/listen.ts'
import { type HealthSettings, listenForMonitoring, type Management } from './http/management.ts'
import type { Place, Route, Site } from './http/route.ts'
import { createHttpServer } from './http/server.ts'
import { serveSite } from './http/site.ts'
import { createSiteDirectory, type SiteDirectory } from './http/site-directory.ts'
import { createIssuerWatch } from './http/wrong-issuer.ts'
import { codeSealerOf } from './identity/access-identifiers.ts'
import { createGuessing, createSpentAllowances, type GuessLimits } from './identity/guessing.ts'
import { createIssuerKeys } from './identity/issuer-keys.ts'
import { passwordQueueState } from './identity/passwords.ts'
import { createUseCounter } from './legacy/use-counter.ts'
import {
  type MetricReport,
  metricsOf,
  metricsOfReports,
  reportOf,
} from './observability/metric-sources.ts'
import { observe } from './observability/observe.ts'
import { startHousekeeping } from './operations/housekeeping.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { watchEventLoop } from './platform/event-loop-lag.ts'
import { Sealer } from './platform/seal.ts'
import { listDeveloperRoutes } from './portal/routes.ts'
import type { Tenant } from './protocol/tenant.ts'
import type { Store } from './store/port.ts'
import {
  checkMasterKeyFits,
  createKeyRing,
  type KeyDeps,
  type KeyRing,
  signingKeySealer,
} from './tokens/keys.ts'
import { brandStylesheet } from './ui/brand.ts'
import { describeError, describeErrorInEnglish } from './ui/error-descriptions.ts'
import { ASSET_FOLDER, renderFormPost, renderLeaving, renderPage } from './ui/render.ts'

export interface ServerOptions {
  readonly config: Config
  /** 32 bytes that seal keys and page state. */
  readonly masterKey: Buffer
  /** Open and migrated; the caller closes it after the server. */
  readonly store: Store
  readonly log: FastifyBaseLogger
  readonly clock?: Clock
  /** Of one of several: takes what reads its metrics, because the primary process answers for all. */
  readonly handOverMetrics?: (report: () => Promise<MetricReport>) => void
  /** Adds to the same server: the demo mounts its API here. */
  readonly extend?: (server: FastifyInstance) => Promise<void>
}

export interface RunningServer {
  /** Where it listens. */
  readonly url: string
  /** Where monitoring asks; undefined when it cannot. */
  readonly managementUrl: string | undefined
  /** Goes on answering, and says that it will not for long. */
  prepareToClose(how: Parameters<Departure['begin']>[0]): void
  /** Stops accepting, finishes what is in flight, stops the housekeeping. */
  close(): Promise<void>
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, store, log, clock = systemClock } = options
  const sealer = new Sealer(options.masterKey)
  // With another master key it would give no token, and seal what nobody else opens.
  await checkMasterKeyFits(resolveTenants(config), { store, clock, sealer })
  const departure = createDeparture()
  const ready = createReadiness(async () => {
    await store.check()
    for (const { keys } of parts) await keys.check()
  })
  const health = { log, checkReady: ready.check, departure }
  const watch = createWatch(options)
  const sites = createSiteDirectory(HOUSE)
  const server = createHttpServer({ ...config.server, ...health, ...watch, sites })
  const guessing = {
    ...{ store, clock, sealer: sealer.for('guessing'), limits: limitsOf(config) },
    spent: createSpentAllowances({ store, clock }),
  }
  const uses = createUseCounter({ store, log })
  const heldFeed = createHeldFeed({ store, config, clock })
  const parts = resolveTenants(config).map((tenant) => {
    const keyDeps = { tenant, store, clock, sealer: signingKeySealer(sealer, tenant) }
    return {
      tenant,
      contract: requireContract(tenant.contract),
      store,
      clock,
      keyDeps,
      keys: createKeyRing(keyDeps),
      sealer: sealer.for(`pages of ${tenant.name}`),
      codeSealer: codeSealerOf(sealer, tenant),
      observer: watch.events.forTenant(tenant),
      guesses: createGuessing({ ...guessing, tenant: tenant.name }),
      uses,
      heldFeed,
      issuerKeys: createIssuerKeys({ tenant, clock }),
      apiVersions: createPublishedVersions({ tenant, store, clock }),
    }
  })
  serveTenants(server, parts, { config, watch, sites })
  await options.extend?.(server)
  watch.readFrom({ store, keyRings: parts, news: heldFeed.news })
  // Before the port that answers requests is open: should this one be taken, nobody has been answered.
  const management = await startManagement(options, { health, metrics: watch.metrics })
  const url = await listenOn(server, config.server, PORT_SETTINGS).catch(async (error: unknown) => {
    await management?.close()
    throw error
  })
  ready.begin()
  const keyRings = parts.map(({ keyDeps }) => keyDeps)
  const observer = watch.events
  const stopHousekeeping = startHousekeeping({ store, clock, log, keyRings, observer })
  return {
    url,
    managementUrl: management?.url,
    prepareToClose: (how) => departure.begin(how),
    async close() {
      await server.close()
      await stopHousekeeping()
      await uses.close()
      await management?.close()
      watch.stop()
    },
  }
}

function serveTenants(
  server: FastifyInstance,
  parts: readonly TenantParts[],
  { sites, ...rest }: { config: Config; watch: Watch; sites: SiteDirectory },
): void {
  const paths = parts.map(({ tenant }) => pathOf(tenant))
  for (const part of parts) {
    // The host decides only where the path alone does not.
    const shared = paths.filter((path) => path === pathOf(part.tenant)).length > 1
    const host = shared ? new URL(part.tenant.issuer).host : undefined
    const site = createSite(part, rest)
    sites.add(site)
    serveSite(server, site, host)
  }
  if (parts.length !== 1 && !paths.includes('')) {
    serveAssets(server, HOUSE, { prefix: '', constraints: {} })
  }
}

/** The style sheets and scripts of all pages. */
const ASSETS = readAssets(ASSET_FOLDER)

/** What people see beside several tenants: their names are not for strangers. */
const HOUSE: Place = {
  issuer: undefined,
  cookies: { prefix: '', secure: true },
  behindTrustedProxy: false,
  routes: [],
  assets: ASSETS,
  brandStylesheet: '',
  renderPage: (page, reader) =>
    renderPage(page, {
      tenant: { displayName: 'Ostiary', supportEmail: undefined, rules: { selfService: false } },
      ...{ assetBase: '/assets', formBase: '', authorizePath: '' },
      ...{ signOutPath: '', signOutPagePath: '', ...reader },
    }),
}

const PORT_SETTINGS = { host: 'server.host', port: '--port' }

type Watch = ReturnType<typeof createWatch>

/** What watches the server, and turns requests away when there are too many. */
function createWatch({ config, store, log, clock, masterKey }: ServerOptions) {
  const { port, slowCallMilliseconds } = config.management
  const database = config.database.kind
  const measure = port !== undefined
  const observation = observe({ measure, database, slowCallMilliseconds, log })
  const lag = watchEventLoop()
  const lagMilliseconds = lag.lastingMilliseconds
  const admission = createAdmission(config.server, { lagMilliseconds, log })
  const connections = createConnections(config.server, { log })
  if (observation.store) store.watch(observation.store)
  return {
    ...observation,
    admission,
    connections,
    issuers: createIssuerWatch(log),
    ...{ clock, examiner: new Sealer(masterKey).for(DOCTOR_PURPOSE) },
    readFrom(from: SourcesOfTenants) {
      observation.readFrom({
        admission: admission.state,
        connections: connections.state,
        passwords: passwordQueueState,
        heldRequests: from.news.waiting,
        isToldOfFeeds: from.news.isTold,
        store: () => from.store.load(),
        lagMilliseconds,
        keyAges: () => from.keyRings.flatMap(keyAgesOf),
      })
    },
    stop: () => lag.stop(),
  }
}

interface SourcesOfTenants {
  readonly store: Store
  readonly keyRings: readonly KeyRingOfTenant[]
  readonly news: HeldFeed['news']
}

interface KeyRingOfTenant {
  readonly tenant: Tenant
  readonly keys: KeyRing
}

function keyAgesOf({ tenant: { name: tenant }, keys }: KeyRingOfTenant) {
  return keys
    .currentKeyAges()
    .map(({ audience: api, algorithm, seconds }) => ({ tenant, api, algorithm, seconds }))
}

/** The port for monitoring, where there is one; a worker's metrics go to the primary process. */
async function startManagement(
  { config, handOverMetrics }: ServerOptions,
  { health, metrics }: { health: HealthSettings; metrics: Watch['metrics'] },
): Promise<Management | undefined> {
  if (metrics === undefined) return undefined
  handOverMetrics?.(() => reportOf(metrics))
  if (handOverMetrics) return undefined
  return listenForMonitoring(config.management, { ...health, metrics: metricsOf(metrics) })
}

export interface WorkerManagementOptions extends Pick<ServerOptions, 'config' | 'log'> {
  checkReady(): Promise<void>
  /** @returns a report of each worker that has one */
  askWorkers(): Promise<readonly MetricReport[]>
}

/** What a primary process has for monitoring, when workers do the rest. */
export function startManagementOfWorkers({
  config,
  log,
  checkReady,
  askWorkers,
}: WorkerManagementOptions): Promise<Management | undefined> {
  const health = { log, checkReady, departure: createDeparture() }
  return listenForMonitoring(config.management, {
    ...health,
    metrics: metricsOfReports(askWorkers),
  })
}

/** Everything that the endpoints of one tenant are made of. */
interface TenantParts extends ProtocolDeps {
  readonly store: Store
  readonly keyDeps: KeyDeps
}

function createSite(parts: TenantParts, { config, watch }: { config: Config; watch: Watch }): Site {
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
    cookies: describeCookies(tenant.name, tenant.issuer),
    responseIssuer: tenant.rules.issuerInResponses ? tenant.issuer : undefined,
    responseEnd: tenant.rules.fragmentInResponses ? '#' : '',
    behindTrustedProxy: config.server.trustedProxies.length > 0,
    routes: listRoutes(parts),
    rootRoutes: listRootRoutes(parts),
    traffic: watch.traffic,
    issuers: watch.issuers,
    assets: ASSETS,
    brandStylesheet: brandStylesheet(tenant),
    errorResponse: contract.errorResponse,
    routingRefusal: contract.routingRefusal,
    describeError: contract.errorLanguage === 'reader' ? describeError : describeErrorInEnglish,
    renderPage: (page, reader) => renderPage(page, { ...view, ...reader }),
    renderFormPost: (formPost, reader) => renderFormPost(formPost, { ...view, ...reader }),
    renderLeaving: (leaving, reader) => renderLeaving(leaving, { ...view, ...reader }),
    isAllowedOrigin: createOriginCheck(parts),
  }
}

function listRoutes(parts: TenantParts): readonly Route[] {
  const { authorize } = parts.contract.paths
  if (authorize === undefined) return listProtocolRoutes(parts)
  const forUsers = { ...parts, authorizePath: authorize }
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
      issuer,
      metadata: `${issuer}/.well-known/oauth-authorization-server`,
      authorize: issuer + authorize,
      token: issuer + token,
      revoke: revoke && issuer + revoke,
    },
  })
}

interface FeedParts extends Pick<ServerOptions, 'store' | 'config'> {
  readonly clock: Clock
}

function createHeldFeed({ store, config, clock }: FeedParts): HeldFeed {
  return {
    news: createFeedNews({ store }),
    // Each holds a connection, and connections are for everybody.
    places: createPlaces({ ofSource: 16, inAll: Math.ceil(config.server.maxConnections / 8) }),
    placesOfApis: createPlaces({ ofSource: 64, inAll: Number.POSITIVE_INFINITY }),
    followers: createFollowers({
      store: isAlone(config) ? createFollowersInMemory() : store,
      clock,
    }),
  }
}

/** With PostgreSQL nobody knows how many there are. */
function isAlone({ database, server }: Config): boolean {
  return database.kind === 'sqlite' && server.workers === 1
}

function limitsOf({ rateLimits }: Config): GuessLimits {
  return {
    signInsPerMinute: rateLimits.failedSignInsPerMinute,
    clientsPerMinute: rateLimits.failedClientAuthenticationsPerMinute,
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
