// A PostgreSQL of its own, whose processes and files are at hand: to be stopped, starved, killed and copied. It flushes
// to the disk unless its settings say otherwise.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { appendFile, chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { findFreePort } from './free-port.ts'
import {
  asPostgresUser,
  enterableTemporaryFolder,
  findPostgresBinaries,
} from './postgres-binaries.ts'

const run = promisify(execFile)
const START_TIMEOUT_MS = 30_000

export interface PostgresCluster {
  readonly folder: string
  readonly port: number
  /** Of its first process. */
  readonly pid: number
  createDatabase(): Promise<string>
  urlOf(database: string): string
  /** Waits until it answers. */
  start(): Promise<void>
  /** SIGINT: what is in flight is broken off. */
  stop(): Promise<void>
  /** SIGKILL to all of its processes. */
  kill(): Promise<void>
  /** To all of its processes. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>
  isRunning(): boolean
  /** Of another one with the same contents; this one must be stopped. */
  copy(settings: readonly string[]): Promise<PostgresCluster>
  remove(): Promise<void>
}

export interface ClusterOptions {
  /** Where its files go; a new folder when left out. */
  readonly folder?: string
  /** Lines of postgresql.conf. */
  readonly settings?: readonly string[]
  /** Of each file of its write-ahead log: small ones where its files are counted or copied. */
  readonly walSegmentMegabytes?: number
  /** A command that runs it, such as a tracer: what comes before the path of PostgreSQL. */
  readonly under?: readonly string[]
}

export async function createCluster({
  folder,
  settings = [],
  walSegmentMegabytes = 1,
  under = [],
}: ClusterOptions = {}): Promise<PostgresCluster> {
  const place = folder ?? (await newFolder())
  const data = join(place, 'data')
  await mkdir(data, { mode: 0o700 })
  await chmod(place, 0o755)
  const user = asPostgresUser()
  if (user.uid !== undefined) await chown(data, user.uid, user.uid)
  const words = ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-sync']
  const layout = ['--locale=C', `--wal-segsize=${walSegmentMegabytes}`]
  await run(findPostgresBinaries().initdb, [...words, ...layout], { ...user, cwd: place })
  const port = await findFreePort()
  await configure(data, { port, settings })
  return clusterAt(place, { port, under })
}

async function configure(
  data: string,
  { port, settings }: { port: number; settings: readonly string[] },
): Promise<void> {
  const lines = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    "unix_socket_directories = ''",
    'max_connections = 100',
    ...settings,
  ]
  await appendFile(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`)
}

async function clusterAt(
  folder: string,
  { port, under }: { port: number; under: readonly string[] },
): Promise<PostgresCluster> {
  const { postgres } = findPostgresBinaries()
  const data = join(folder, 'data')
  const log = join(folder, 'postgres.log')
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  let child: ChildProcess | undefined
  let databases = 0
  const isRunning = () => child !== undefined && child.exitCode === null && !child.signalCode
  const end = async (signal: 'SIGINT' | 'SIGKILL') => {
    if (!child || !isRunning()) return
    const exited = once(child, 'exit')
    // Its processes notice the end of the first one only by and by.
    const all = signal === 'SIGKILL' ? await familyOf(child.pid) : [child.pid ?? 0]
    for (const pid of all) sendSignal(pid, signal)
    await exited
  }
  return {
    folder,
    port,
    get pid() {
      return child?.pid ?? 0
    },
    urlOf,
    isRunning,
    async createDatabase() {
      const name = `database_${++databases}`
      await ask(urlOf('postgres'), `create database ${name}`, START_TIMEOUT_MS)
      return urlOf(name)
    },
    async start() {
      const output = openSync(log, 'a')
      const [command = '', ...words] = [...under, postgres, '-D', data]
      child = spawn(command, words, {
        ...asPostgresUser(),
        cwd: folder,
        stdio: ['ignore', output, output],
      })
      closeSync(output)
      await waitUntilReady(urlOf('postgres'), { isRunning, log })
    },
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    async signal(signal) {
      for (const pid of await familyOf(child?.pid)) sendSignal(pid, signal)
    },
    async copy(settings) {
      const copy = await newFolder()
      await chmod(copy, 0o755)
      // `cp -a` keeps the owner, which PostgreSQL insists on.
      await run('cp', ['-a', data, join(copy, 'data')])
      const port = await findFreePort()
      await configure(join(copy, 'data'), { port, settings })
      return clusterAt(copy, { port, under })
    },
    async remove() {
      await end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** @throws what the server says */
export async function ask(
  url: string,
  sql: string,
  connectionTimeoutMillis = 2000,
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function waitUntilReady(
  url: string,
  { isRunning, log }: { isRunning: () => boolean; log: string },
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (isRunning() && Date.now() < deadline) {
    const ready = await ask(url, 'select 1').then(
      () => true,
      () => false,
    )
    if (ready) return
    await delay(50)
  }
  throw new Error(`PostgreSQL did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`)
}

function newFolder(): Promise<string> {
  return mkdtemp(join(enterableTemporaryFolder(), 'ostiary-postgres-'))
}

/** The process and its children, which are all that PostgreSQL has. */
async function familyOf(pid: number | undefined): Promise<readonly number[]> {
  if (pid === undefined) return []
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({
    stdout: '',
  }))
  return [pid, ...stdout.split('\n').map(Number).filter(Boolean)]
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended between being listed and now.
  }
}
