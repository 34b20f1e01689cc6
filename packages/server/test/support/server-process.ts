// Ostiary as its own process, started by the command line like any other: to be raced, killed and started again.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { openStore } from '../../src/store/sql/open.ts'
import { findFreePort } from './free-port.ts'
import { populate, RESOURCE_SERVERS, TENANT } from './world.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const START_TIMEOUT_MS = 20_000

/** A place to run servers in: configuration, keys and a database with the world in it. */
export interface Deployment {
  readonly folder: string
  /** The issuer of all its processes; each of them listens on a port of its own. */
  readonly issuer: string
  readonly port: number
  remove(): Promise<void>
}

export async function createDeployment(
  database: { path: string } | { url: string } | 'sqlite',
  policy: object = {},
): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-process-'))
  const port = await findFreePort()
  const issuer = `http://localhost:${port}`
  const place = database === 'sqlite' ? { path: join(folder, 'ostiary.db') } : database
  const config = {
    server: { host: 'localhost', port },
    database: place,
    masterKey: randomBytes(32).toString('base64'),
    log: { level: 'warn' },
    allow: ['http-issuer'],
    tenants: [
      {
        name: TENANT,
        displayName: 'Example CRM',
        issuer,
        contract: 'standard',
        policy,
        resourceServers: RESOURCE_SERVERS,
      },
    ],
  }
  await writeFile(join(folder, 'ostiary.config.yaml'), stringify(config), { mode: 0o600 })
  const settings =
    'url' in place ? { kind: 'postgres' as const, ...place } : { kind: 'sqlite' as const, ...place }
  const store = await openStore(settings, { migrate: true })
  await populate(store, Math.floor(Date.now() / 1000))
  await store.close()
  return { folder, issuer, port, remove: () => rm(folder, { recursive: true }) }
}

export interface ServerProcess {
  /** Where this process listens. */
  readonly url: string
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL: no time to say anything. */
  kill(): Promise<void>
}

/** @param port of this process; the deployment's own when left out */
export async function startProcess(
  deployment: Deployment,
  port = deployment.port,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN, 'start'], {
    cwd: deployment.folder,
    env: { PATH: process.env.PATH, OSTIARY_SERVER_PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = `http://localhost:${port}`
  await waitUntilReady(url, child)
  return {
    url,
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
