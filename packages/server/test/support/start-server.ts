// A whole Ostiary on a free port, with a store of its own, a clock that tests drive, and the world of world.ts.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startServer } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { resolveTenants } from '../../src/config/tenants.ts'
import { createLog } from '../../src/platform/log.ts'
import type { Tenant } from '../../src/protocol/tenant.ts'
import type { Store } from '../../src/store/port.ts'
import { openStore, type StoreSettings } from '../../src/store/sql/open.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { findFreePort } from './free-port.ts'
import { createDatabase } from './postgres.ts'
import { populate, RESOURCE_SERVERS, TENANT } from './world.ts'

export const STORES = ['sqlite', 'postgres'] as const
export type StoreKind = (typeof STORES)[number]

export interface TestServer {
  readonly issuer: string
  /** Where it listens: the issuer, unless that is an address outside. */
  readonly url: string
  readonly tenant: Tenant
  readonly masterKey: Buffer
  readonly database: StoreSettings
  readonly store: Store
  readonly clock: FakeClock
  /** Every line that was logged. */
  readonly logLines: readonly string[]
  /** From here on the store cannot answer. */
  loseDatabase(): Promise<void>
  stop(): Promise<void>
}

export interface TestServerOptions {
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
}

export async function startTestServer(
  kind: StoreKind,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-test-'))
  const port = await findFreePort()
  const url = `http://localhost:${port}${options.path ?? ''}`
  const issuer = options.publicIssuer ?? url
  const { config } = loadConfig({
    env: {},
    value: configFor(issuer, port, options),
    development: true,
  })
  const [tenant] = resolveTenants(config)
  if (!tenant) throw new Error('the configuration has no tenant')
  const masterKey = randomBytes(32)
  const database: StoreSettings =
    kind === 'sqlite'
      ? { kind, path: join(folder, 'ostiary.db') }
      : { kind, url: await createDatabase() }
  const store = await openStore(database, { migrate: true })
  const clock = createFakeClock()
  await populate(store, clock.nowSeconds())
  const logLines: string[] = []
  const log = createLog({
    level: 'debug',
    format: 'json',
    destination: { write: (line) => void logLines.push(line) },
  })
  const server: RunningServer = await startServer({
    config,
    masterKey,
    store,
    log,
    clock,
  })
  let isOpen = true
  async function closeStore(): Promise<void> {
    if (isOpen) await store.close()
    isOpen = false
  }
  return {
    issuer,
    url,
    tenant,
    masterKey,
    database,
    store,
    clock,
    logLines,
    loseDatabase: closeStore,
    async stop() {
      await server.close()
      await closeStore()
      await rm(folder, { recursive: true })
    },
  }
}

function configFor(
  issuer: string,
  port: number,
  { policy = {}, rateLimits = {}, tenant = {}, trustedProxies = [] }: TestServerOptions,
) {
  return {
    server: { host: 'localhost', port, trustedProxies },
    rateLimits,
    tenants: [
      {
        name: TENANT,
        displayName: 'Example CRM',
        issuer,
        contract: 'standard',
        policy,
        resourceServers: RESOURCE_SERVERS,
        supportEmail: 'help@crm.example',
        ...tenant,
      },
    ],
  }
}
