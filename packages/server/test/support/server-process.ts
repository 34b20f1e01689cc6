// Ostiary as its own process, started by the command line like any other: to be raced, killed and started again.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { resolveTenants } from '../../src/config/tenants.ts'
import type { ContractPaths } from '../../src/contracts/contract.ts'
import { findContract } from '../../src/contracts/index.ts'
import { GRANT_TYPES } from '../../src/grants/index.ts'
import { codeSealerOf } from '../../src/identity/access-identifiers.ts'
import type { CodeContext } from '../../src/operations/access-identifiers.ts'
import type { ClientContext } from '../../src/operations/clients.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { loadMasterKey } from '../../src/platform/master-key.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { openStore } from '../../src/store/sql/open.ts'
import { BARE_ENVIRONMENT } from './bare-environment.ts'
import { type Apps, contractApis, populateTenant } from './contract-world.ts'
import { findFreePort } from './free-port.ts'
import { RESOURCE_SERVERS, TENANT } from './world.ts'

const MAIN = fileURLToPath(new URL('../../bin/ostiary.js', import.meta.url))
/** On a machine that is busy with other tests. */
const START_TIMEOUT_MS = 60_000

/** A place to run servers in: configuration, keys and a database with the world in it. */
export interface Deployment {
  readonly folder: string
  /** The issuer of all its processes; each of them listens on a port of its own. */
  readonly issuer: string
  readonly port: number
  /** Of the tenant's contract, below the issuer. */
  readonly paths: ContractPaths
  readonly apps: Apps
  /** For what operators do, beside whatever servers run. The caller closes its store. */
  openContext(): Promise<ClientContext & CodeContext>
  remove(): Promise<void>
}

export interface DeploymentOptions {
  /** Anything else of the server, as in the configuration file. */
  readonly server?: object
  /** Contract of a vendor: then people and apps are those of contract-world.ts. */
  readonly contract?: string
  /** Policy of the tenant, as in the configuration file. */
  readonly policy?: object
  readonly rateLimits?: object
}

/** @param database `sqlite` puts the file beside the configuration */
export async function createDeployment(
  database: { url: string } | { path: string } | 'sqlite',
  options: DeploymentOptions = {},
): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-process-'))
  const port = await findFreePort()
  const issuer = `http://localhost:${port}`
  const place = database === 'sqlite' ? { path: join(folder, 'ostiary.db') } : database
  const value = configFor({ issuer, port, place }, options)
  await writeFile(join(folder, 'ostiary.config.yaml'), stringify(value), { mode: 0o600 })
  const { config } = loadConfig({ env: {}, value })
  const [tenant] = resolveTenants(config)
  const contract = tenant && findContract(tenant.contract)
  if (!contract) throw new Error('the configuration has no tenant')

  const openContext = async (): Promise<ClientContext & CodeContext> => {
    const store = await openStore(config.database, { migrate: true })
    const sealer = new Sealer(loadMasterKey(config))
    const operator = { actor: 'operator', grantTypes: GRANT_TYPES }
    return {
      ...{ tenant, store, clock: systemClock, ...operator },
      codeSealer: codeSealerOf(sealer, tenant),
    }
  }
  const context = await openContext()
  const apps = await populateTenant(context, options.contract)
  await context.store.close()
  const remove = () => rm(folder, { recursive: true })
  return { folder, issuer, port, paths: contract.paths, apps, openContext, remove }
}

function configFor(
  { issuer, port, place }: { issuer: string; port: number; place: object },
  { contract, policy = {}, rateLimits = {}, server = {} }: DeploymentOptions,
): object {
  return {
    // Nobody has to notice that a process ends, unless a test says so.
    server: { host: 'localhost', port, drainSeconds: 0, ...server },
    database: place,
    masterKey: randomBytes(32).toString('base64'),
    log: { level: 'warn' },
    rateLimits,
    allow: ['http-issuer'],
    tenants: [
      {
        name: TENANT,
        displayName: 'Example CRM',
        issuer,
        contract: contract ?? 'standard',
        policy,
        resourceServers: contract === undefined ? RESOURCE_SERVERS : contractApis(contract, issuer),
      },
    ],
  }
}

export interface ServerProcess {
  /** Where this process listens. */
  readonly url: string
  readonly pid: number
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL: no time to say anything. */
  kill(): Promise<void>
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A command that runs it, such as a tracer: what comes before the path of Node. */
  readonly under?: readonly string[]
  /** File that what it says is added to; without one it speaks to the terminal. */
  readonly log?: string
}

/** @param port of this process; the deployment's own when left out */
export async function startProcess(
  deployment: Deployment,
  port = deployment.port,
  { env = {}, under = [], log }: ProcessOptions = {},
): Promise<ServerProcess> {
  const [command = '', ...words] = [...under, process.execPath, MAIN, 'start']
  const output = log === undefined ? 'inherit' : openSync(log, 'a')
  const child = spawn(command, words, {
    cwd: deployment.folder,
    env: { ...BARE_ENVIRONMENT, OSTIARY_SERVER_PORT: String(port), ...env },
    stdio: ['ignore', output, output],
  })
  if (typeof output === 'number') closeSync(output)
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = `http://localhost:${port}`
  await waitUntilReady(url, child)
  return {
    url,
    pid: child.pid ?? 0,
    stop() {
      child.kill('SIGTERM')
      return exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function waitUntilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server exited with ${child.exitCode}`)
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    )
    if (ready) return
    await delay(25)
  }
  child.kill('SIGKILL')
  throw new Error(`the server was not ready within ${START_TIMEOUT_MS} ms`)
}
