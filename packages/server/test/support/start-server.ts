// A whole Ostiary on a free port, with a store of its own, a clock that tests drive, and the world of world.ts.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, type ServerOptions, startServer } from '../../src/app.ts'
import { type DatabaseSettings, loadConfig } from '../../src/config/load.ts'
import { resolveTenants } from '../../src/config/tenants.ts'
import type { ContractPaths } from '../../src/contracts/contract.ts'
import { findContract } from '../../src/contracts/index.ts'
import { GRANT_TYPES } from '../../src/grants/index.ts'
import { codeSealerOf } from '../../src/identity/access-identifiers.ts'
import type { CodeContext } from '../../src/operations/access-identifiers.ts'
import type { ClientContext } from '../../src/operations/clients.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { createLog } from '../../src/platform/log.ts'
import { Sealer } from '../../src/platform/seal.ts'
import type { Tenant } from '../../src/protocol/tenant.ts'
import type { Store } from '../../src/store/port.ts'
import { openStore, type StoreSettings } from '../../src/store/sql/open.ts'
import { type Apps, contractApis, populateTenant } from './contract-world.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { findFreePort } from './free-port.ts'
import { createDatabase } from './postgres.ts'
import { mountSampleApi } from './sample-api.ts'
import { RESOURCE_SERVERS, TENANT } from './world.ts'

export const STORES = ['sqlite', 'postgres'] as const
export type StoreKind = (typeof STORES)[number]

export interface TestServer {
  readonly issuer: string
  /** Where it listens: the issuer, unless that is an address outside. */
  readonly url: string
  /** Where monitoring asks, when there is a management port. */
  readonly managementUrl: string | undefined
  readonly tenant: Tenant
  /** Of the tenant's contract, below the issuer. */
  readonly paths: ContractPaths
  readonly apps: Apps
  /** For what operators do. */
  readonly context: ClientContext & CodeContext
  readonly masterKey: Buffer
  readonly database: StoreSettings
  readonly store: Store
  readonly clock: FakeClock
  /** Every line that was logged. */
  readonly logLines: readonly string[]
  /** For runs so long that the lines would fill the memory. */
  forgetLog(): void
  /** Another one for the same issuer, with connections of its own to the same database. */
  startSecondNode(change?: NodeChange): Promise<SecondNode>
  /** From here on the store cannot answer. */
  loseDatabase(): Promise<void>
  stop(): Promise<void>
}

/** What is different at a second node: its configuration, or its clock. */
export interface NodeChange {
  readonly policy?: object
  readonly clock?: Clock
  readonly masterKey?: Buffer
  /** Where it listens for what others tell. */
  readonly listenUrl?: string
}

export type SecondNode = Pick<RunningServer, 'url' | 'managementUrl' | 'close'>

export interface TestServerOptions {
  /** Contract of a vendor: then people and apps are those of contract-world.ts. */
  readonly contract?: string
  /** Whether the sample API stands behind it, at the path that the contract has for it. */
  readonly api?: boolean
  /** Further tenants of the same server, as in the configuration file; they start empty. */
  readonly neighbours?: readonly object[]
  /** Policy of the tenant, as in the configuration file. */
  readonly policy?: object
  readonly rateLimits?: object
  /** Anything else of the tenant, as in the configuration file. */
  readonly tenant?: object
  /** Path of the issuer, such as `/crm`. */
  readonly path?: string
  /** An address outside, as behind a proxy; the server still listens on a port of this machine. */
  readonly publicIssuer?: string
  readonly trustedProxies?: readonly string[]
  /** Anything else of the server, and its management port, as in the configuration file. */
  readonly server?: object
  readonly management?: object
  /** An empty database for a server outside a test run, which has none to hand out. */
  readonly postgresUrl?: string
  /** Whether connections to PostgreSQL keep statements: not so behind a pooler that shares them. */
  readonly preparedStatements?: boolean
}

export async function startTestServer(
  kind: StoreKind,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-test-'))
  const port = await findFreePort()
  const url = `http://localhost:${port}${options.path ?? ''}`
  const issuer = options.publicIssuer ?? url
  const database: DatabaseSettings =
    kind === 'sqlite'
      ? { kind, path: join(folder, 'ostiary.db') }
      : {
          ...{ kind, url: options.postgresUrl ?? (await createDatabase()), poolSize: 10 },
          preparedStatements: options.preparedStatements ?? true,
        }
  const load = (value: object) => ({
    ...loadConfig({ env: {}, value, development: true }).config,
    database,
  })
  const config = load(configFor(issuer, port, options))
  const [tenant] = resolveTenants(config)
  if (!tenant) throw new Error('the configuration has no tenant')
  const masterKey = randomBytes(32)
  const store = await openStore(database, { migrate: true })
  const clock = createFakeClock()
  const codeSealer = codeSealerOf(new Sealer(masterKey), tenant)
  const operator = { actor: 'operator', grantTypes: GRANT_TYPES, codeSealer }
  const context = { tenant, store, clock, ...operator }
  const apps = await populateTenant(context, options.contract)
  const logLines: string[] = []
  const log = createLog({
    level: 'debug',
    format: 'json',
    destination: { write: (line) => void logLines.push(line) },
  })
  const parts = { config, masterKey, store, log, clock }
  const server: RunningServer = await startServer({
    ...parts,
    ...(options.api && { extend: (http) => mountSampleApi(http, { tenant, apps }) }),
  })
  let isOpen = true
  async function closeStore(): Promise<void> {
    if (isOpen) await store.close()
    isOpen = false
  }
  return {
    issuer,
    url,
    managementUrl: server.managementUrl,
    tenant,
    paths: pathsOf(tenant),
    apps,
    context,
    masterKey,
    database,
    store,
    clock,
    logLines,
    forgetLog: () => void logLines.splice(0),
    startSecondNode: ({
      policy,
      clock: its = clock,
      masterKey: own = masterKey,
      listenUrl,
    } = {}) => {
      const at = database.kind === 'postgres' ? { ...database, listenUrl } : database
      const value = configFor(issuer, port, { ...options, ...(policy && { policy }) })
      return startSecondNode({ ...parts, config: load(value), clock: its, masterKey: own }, at)
    },
    loseDatabase: closeStore,
    async stop() {
      await server.close()
      await closeStore()
      await rm(folder, { recursive: true })
    },
  }
}

async function startSecondNode(parts: ServerOptions, database: StoreSettings): Promise<SecondNode> {
  const store = await openStore(database, { migrate: false, log: parts.log })
  const server = { ...parts.config.server, port: await findFreePort() }
  const node = await startServer({ ...parts, store, config: { ...parts.config, server } })
  return {
    url: node.url,
    managementUrl: node.managementUrl,
    async close() {
      await node.close()
      await store.close()
    },
  }
}

function pathsOf({ contract: name }: Tenant): ContractPaths {
  const contract = findContract(name)
  if (!contract) throw new Error(`there is no contract called ${name}`)
  return contract.paths
}

/** The clock of a test stands still, so that all its authorizations fall into one minute. */
function policyOf(policy: object = {}): object {
  const code = 'code' in policy && typeof policy.code === 'object' ? policy.code : {}
  return { ...policy, code: { perMinute: 10_000, ...code } }
}

function configFor(issuer: string, port: number, options: TestServerOptions) {
  const { rateLimits = {}, tenant = {}, trustedProxies = [] } = options
  const { contract, neighbours = [] } = options
  const isPlain = options.publicIssuer?.startsWith('http:') ?? false
  return {
    server: {
      host: 'localhost',
      port,
      trustedProxies,
      // On a busy machine a queue of passwords takes longer than a caller should have to wait.
      requestDeadlineMilliseconds: 30_000,
      ...options.server,
    },
    management: options.management ?? {},
    allow: isPlain ? ['http-issuer'] : [],
    rateLimits,
    tenants: [
      {
        name: TENANT,
        displayName: 'Example CRM',
        issuer,
        contract: contract ?? 'standard',
        policy: policyOf(options.policy),
        resourceServers: contract === undefined ? RESOURCE_SERVERS : contractApis(contract, issuer),
        supportEmail: 'help@crm.example',
        ...tenant,
      },
      ...neighbours,
    ],
  }
}
