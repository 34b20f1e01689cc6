// ostiary start

import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import type { Config } from '../config/load.ts'
import { resolveTenants } from '../config/tenants.ts'
import { systemClock } from '../platform/clock.ts'
import { createLog } from '../platform/log.ts'
import { Sealer } from '../platform/seal.ts'
import { checkMasterKeyFits } from '../tokens/keys.ts'
import { addCommand, type SharedOptions, type Terminal } from './command.ts'
import { openDeployment, readConfig } from './deployment.ts'
import { type Serving, serve } from './serve.ts'
import { type ServerFlags, serverFlags, toSettings } from './server-flags.ts'
import { serveAsWorker, workerId } from './workers/serve-as-worker.ts'
import { supervise } from './workers/supervise.ts'
import { createWorkerPoll } from './workers/worker-poll.ts'
import { startWorker } from './workers/worker-process.ts'

interface StartOptions extends SharedOptions, ServerFlags {
  readonly migrate?: boolean
}

export function addStartCommand(program: Command, terminal: Terminal): void {
  addCommand<StartOptions>(program, terminal, {
    usage: 'start',
    description: 'run the server until SIGTERM or SIGINT; refuses unsafe settings',
    options: (command) =>
      serverFlags(command)
        .option('--workers <number>', 'processes that share the port; `auto` for one per core')
        .option('--migrate', 'bring a PostgreSQL database up to date first (SQLite always is)'),
    run: (options) => start(options, terminal),
  })
}

async function start(options: StartOptions, terminal: Terminal): Promise<undefined> {
  const config = readConfig(options, terminal, toSettings(options))
  const serving = {
    config,
    log: openLog(config, options, terminal),
    migrate: options.migrate ?? config.database.kind === 'sqlite',
  }
  if (workerId !== undefined) return await serveWorker(workerId, serving, terminal)
  const count = countWorkers(config)
  const ready = (url: string) => sayReady(url, { ...serving, options, terminal, count })
  if (count === 1) await serve({ ...serving, ready }, terminal)
  else await superviseWorkers({ ...serving, count, ready }, options, terminal)
}

function openLog({ log }: Config, { json }: StartOptions, { stderr }: Terminal): Serving['log'] {
  // The one object of --json is the only thing on standard output.
  return createLog({ ...log, ...(json && { destination: stderr }) })
}

function countWorkers({ server: { workers } }: Config): number {
  return workers === 'auto' ? availableParallelism() : workers
}

async function superviseWorkers(
  { config, log, migrate, count, ready }: Serving & { readonly count: number },
  { json = false }: StartOptions,
  terminal: Terminal,
): Promise<void> {
  // Migrated, with its master key, before there are several that could try.
  const { store, masterKey } = await openDeployment(config, terminal, { migrate })
  try {
    const sealer = new Sealer(masterKey)
    await checkMasterKeyFits(resolveTenants(config), { store, clock: systemClock, sealer })
  } finally {
    await store.close()
  }
  const { drainSeconds, shutdownSeconds } = config.server
  const stopSeconds = drainSeconds + shutdownSeconds + LAST_SECONDS
  let isReady = false
  const checkReady = async () => {
    if (!isReady) throw new Error('the workers are starting or stopping')
  }
  const management = await terminal.parts.startManagementOfWorkers({
    ...{ config, log, checkReady },
    askWorkers: createWorkerPoll(),
  })
  try {
    const allReady = (url: string) => {
      isReady = true
      ready(url)
    }
    const leaving = () => {
      isReady = false
    }
    const start = () => startWorker({ json })
    await supervise(
      { ...{ count, stopSeconds, log, leaving }, ready: allReady, startWorker: start },
      terminal,
    )
  } finally {
    await management?.close()
  }
}

/** For a worker to close what it holds, once its requests are answered. */
const LAST_SECONDS = 5

async function serveWorker(
  worker: number,
  { config, log }: Omit<Serving, 'ready'>,
  terminal: Terminal,
): Promise<undefined> {
  await serveAsWorker({ config, log: log.child({ worker }), migrate: false }, terminal)
}

function sayReady(
  url: string,
  input: Pick<Serving, 'config' | 'log'> & {
    readonly options: StartOptions
    readonly terminal: Terminal
    readonly count: number
  },
): void {
  const { config, log, options, terminal, count: workers } = input
  const issuers = resolveTenants(config).map(({ issuer }) => issuer)
  log.info({ url, issuers, database: config.database.kind, workers }, 'ready')
  if (options.json) terminal.say({ data: { url, issuers }, text: '' }, options)
}
