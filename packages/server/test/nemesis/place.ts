// Where a scenario plays: a database, the server processes on it, and the record of all calls.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '../support/free-port.ts'
import {
  createDeployment,
  type Deployment,
  type DeploymentOptions,
  type ProcessOptions,
  type ServerProcess,
  startProcess,
} from '../support/server-process.ts'
import type { StoreKind } from '../support/start-server.ts'
import type { Rules } from './history.ts'
import { Recorder } from './recorder.ts'

export interface PlaceOptions extends DeploymentOptions {
  readonly database: { url: string } | { path: string } | 'sqlite'
  readonly processes?: number
  readonly process?: ProcessOptions
}

const RETRY_WINDOW_SECONDS = 5
const CODE_LIFETIME_SECONDS = 60
export const JWT_LIFETIME_SECONDS = 600

const RULES: Rules = {
  retryWindowMs: RETRY_WINDOW_SECONDS * 1000,
  codeLifetimeMs: CODE_LIFETIME_SECONDS * 1000,
  codeRepeatMs: 10_000,
  jwtLifetimeMs: JWT_LIFETIME_SECONDS * 1000,
  clockSlackMs: 2000,
}

/** Whoever guesses wrong on purpose must not be held back for it. */
const RATE_LIMITS = {
  failedClientAuthenticationsPerMinute: 1_000_000,
  failedSignInsPerMinute: 1_000_000,
}

const POLICY = { refreshToken: { retryWindowSeconds: RETRY_WINDOW_SECONDS } }

export class Place {
  readonly kind: StoreKind
  readonly deployment: Deployment
  readonly recorder: Recorder
  /** Those that run, each at an address that stays. */
  servers: ServerProcess[] = []
  readonly #process: ProcessOptions

  private constructor(input: { deployment: Deployment; options: PlaceOptions; rules: Rules }) {
    const { deployment, options, rules } = input
    const isPostgres = typeof options.database === 'object' && 'url' in options.database
    this.kind = isPostgres ? 'postgres' : 'sqlite'
    this.deployment = deployment
    this.recorder = new Recorder(rules)
    this.#process = { log: join(deployment.folder, 'servers.log'), ...options.process }
  }

  static async open(options: PlaceOptions, rules: Partial<Rules> = {}): Promise<Place> {
    const { database, processes = 1, policy, ...rest } = options
    const settings = { rateLimits: RATE_LIMITS, ...rest, policy: { ...POLICY, ...policy } }
    const deployment = await createDeployment(database, settings)
    const place = new Place({ deployment, options, rules: { ...RULES, ...rules } })
    try {
      // The first makes the keys that all of them sign with.
      if (processes > 0) await place.start()
      await Promise.all(Array.from({ length: Math.max(0, processes - 1) }, () => place.start()))
    } catch (error) {
      const said = place.serverLog.slice(-2000)
      await place.close()
      throw new Error(`a server did not start:\n${said}`, { cause: error })
    }
    return place
  }

  /** One more process: the first listens where the issuer says. */
  async start(more: ProcessOptions = {}): Promise<ServerProcess> {
    const port = this.servers.length === 0 ? this.deployment.port : await findFreePort()
    const server = await startProcess(this.deployment, port, { ...this.#process, ...more })
    this.servers.push(server)
    return server
  }

  /** Whoever was killed comes back at the same address. */
  async restart(server: ServerProcess, more: ProcessOptions = {}): Promise<ServerProcess> {
    const port = Number(new URL(server.url).port)
    const next = await startProcess(this.deployment, port, { ...this.#process, ...more })
    this.servers = this.servers.map((each) => (each === server ? next : each))
    return next
  }

  /** Everything that the servers said. */
  get serverLog(): string {
    const { log = '' } = this.#process
    return existsSync(log) ? readFileSync(log, 'utf8') : ''
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()))
    await this.deployment.remove()
  }
}
