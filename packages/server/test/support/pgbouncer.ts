// A real PgBouncer in front of a database of the tests, where the machine has one. Each transaction may come to another
// of its few connections.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { findFreePort } from './free-port.ts'
import { asPostgresUser, enterableTemporaryFolder } from './postgres-binaries.ts'

export interface PgBouncer {
  /** Of the same database, through it. */
  readonly url: string
  stop(): Promise<void>
}

/** undefined where none is installed. */
export function findPgBouncer(): string | undefined {
  for (const path of ['pgbouncer', '/usr/sbin/pgbouncer', '/usr/local/sbin/pgbouncer']) {
    try {
      execFileSync(path, ['--version'], { stdio: 'ignore' })
      return path
    } catch {
      // The next place.
    }
  }
  return undefined
}

export interface PgBouncerOptions {
  /** Further lines of pgbouncer.ini, or others than these. */
  readonly settings?: Readonly<Record<string, string>>
  /** What the line of the database says besides. */
  readonly ofDatabase?: string
}

export async function startPgBouncer(
  program: string,
  databaseUrl: string,
  { settings, ofDatabase = '' }: PgBouncerOptions = {},
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(enterableTemporaryFolder(), 'ostiary-pgbouncer-'))
  const port = await findFreePort()
  const file = join(folder, 'pgbouncer.ini')
  const further = { ...(canPrepare(program) && { max_prepared_statements: '0' }), ...settings }
  await writeFile(file, configurationOf(databaseUrl, port, { settings: further, ofDatabase }))
  // It refuses to run as root, as PostgreSQL does.
  const user = asPostgresUser()
  if (user.uid !== undefined && user.gid !== undefined) await chown(folder, user.uid, user.gid)
  await chmod(file, 0o644)
  const child = spawn(program, [file], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (part) => {
    said += part
  })
  const at = new URL(databaseUrl)
  at.hostname = '127.0.0.1'
  at.port = String(port)
  const stop = async () => {
    if (child.exitCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    await rm(folder, { recursive: true })
  }
  try {
    await untilItAnswers(child, at.href)
  } catch (error) {
    await stop()
    throw new Error(`PgBouncer did not start: ${said}`, { cause: error })
  }
  return { url: at.href, stop }
}

/** From 1.21 on it can keep statements apart for its clients; here it is as those before. */
function canPrepare(program: string): boolean {
  const [, minor] =
    /PgBouncer 1\.(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' })) ?? []
  return Number(minor) >= 21
}

function configurationOf(
  databaseUrl: string,
  listenPort: number,
  { settings, ofDatabase }: Required<PgBouncerOptions>,
): string {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  const name = pathname.slice(1)
  const server = [
    ...[`host=${hostname}`, `port=${port || 5432}`, `dbname=${name}`, `user=${username}`],
    ...(password ? [`password=${password}`] : []),
    ofDatabase,
  ]
  const lines = {
    listen_addr: '127.0.0.1',
    listen_port: String(listenPort),
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: '4',
    ignore_startup_parameters: 'statement_timeout, idle_in_transaction_session_timeout',
    ...settings,
  }
  return [
    '[databases]',
    `${name} = ${server.join(' ')}`,
    '[pgbouncer]',
    ...Object.entries(lines).map(([key, value]) => `${key} = ${value}`),
    '',
  ].join('\n')
}

async function untilItAnswers(child: ChildProcess, url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const client = new pg.Client(url)
    const answer = await client
      .connect()
      .then(() => client.query('select 1'))
      .catch(() => undefined)
    await client.end().catch(() => undefined)
    if (answer) return
    await delay(100)
  }
  throw new Error('nobody answers')
}
