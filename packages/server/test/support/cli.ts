// The command line as its users have it, in a folder of its own. What runs a server is a process; other commands run in
// this one, which is much faster, and as processes where the documentation is followed (contract-walkthroughs.test.ts).

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import type { Host } from '../../src/cli/host.ts'
import { runCli } from '../../src/cli/run.ts'
import { GRANT_TYPES } from '../../src/grants/index.ts'
import { migrateStore, migrationStatus, openStore } from '../../src/store/sql/open.ts'
import { listOtherConnections, openRestored } from '../../src/store/sql/open-restored.ts'
import { findPoolerTrouble } from '../../src/store/sql/postgres-pooler.ts'
import { copyDatabase, holdDatabase } from '../../src/store/sql/sqlite-copy.ts'
import { BARE_ENVIRONMENT } from './bare-environment.ts'

const MAIN = fileURLToPath(new URL('../../bin/ostiary.js', import.meta.url))
const SERVERS: readonly unknown[] = ['start', 'dev']
const STARTED_IN = process.cwd()

export interface CliRun {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface CliFolder {
  readonly path: string
  run(args: readonly string[], options?: CliOptions): Promise<CliRun>
  /** The one object that --json prints. */
  json(args: readonly string[], options?: CliOptions): Promise<Record<string, unknown>>
  /** A process of its own, for a command that keeps running; its output is for the caller to read. */
  spawn(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess
  remove(): Promise<void>
}

/** @param config content of ostiary.config.yaml; none when left out */
export async function createCliFolder(config?: object): Promise<CliFolder> {
  const path = await mkdtemp(join(tmpdir(), 'ostiary-cli-'))
  if (config) await writeFile(join(path, 'ostiary.config.yaml'), stringify(config))

  const start: CliFolder['spawn'] = (args, env) =>
    spawn(process.execPath, [MAIN, ...args], {
      cwd: path,
      env: { ...BARE_ENVIRONMENT, ...env },
      stdio: 'pipe',
    })

  const run: CliFolder['run'] = async (args, options = {}) => {
    if (SERVERS.includes(args[0])) return outcomeOf(start(args, options.env), options)
    process.chdir(path)
    return runHere(args, options)
  }

  return {
    path,
    run,
    async json(args, options) {
      const { stdout, stderr } = await run([...args, '--json'], options)
      if (stdout.trim().split('\n').length !== 1) {
        throw new Error(`not one line of JSON: ${stdout}${stderr}`)
      }
      return JSON.parse(stdout)
    },
    spawn: start,
    async remove() {
      process.chdir(STARTED_IN)
      await rm(path, { recursive: true })
    },
  }
}

async function outcomeOf(child: ChildProcess, { stdin = '' }: CliOptions): Promise<CliRun> {
  child.stdin?.end(stdin)
  const [stdout, stderr] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    child.exitCode === null && once(child, 'exit'),
  ])
  return { exitCode: child.exitCode, stdout, stderr }
}

async function runHere(args: readonly string[], { stdin, env = {} }: CliOptions): Promise<CliRun> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const exitCode = await runCli(args, {
    env,
    stdin: Readable.from(stdin === undefined ? [] : [stdin]),
    stdout,
    stderr,
    stopRequested: () => new Promise(() => {}),
    onRestartRequest() {},
    parts: PARTS,
  })
  return { exitCode, stdout: await text(stdout.end()), stderr: await text(stderr.end()) }
}

const refuse = () => Promise.reject(new Error('a server runs as a process of its own'))

const PARTS: Host['parts'] = {
  openStore,
  migrateStore,
  migrationStatus,
  copyDatabase: async (...args) => copyDatabase(...args),
  holdDatabase: async (...args) => holdDatabase(...args),
  findPoolerTrouble,
  listOtherConnections,
  openRestored,
  listGrantTypes: async () => GRANT_TYPES,
  startServer: refuse,
  startManagementOfWorkers: refuse,
}

/** The first line on standard output; the rest is read too, so that the process can go on writing. */
export function firstLine(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let seen = ''
  child.stdout?.on('data', (chunk) => {
    seen += String(chunk)
    const end = seen.indexOf('\n')
    if (end !== -1) resolve(seen.slice(0, end))
  })
  child.stdout?.on('end', () => reject(new Error(`it ended without a line: ${seen}`)))
  return promise
}
