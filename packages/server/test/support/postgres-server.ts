// A process beside the test run that owns one real PostgreSQL and hands out databases of it over HTTP. It
// starts PostgreSQL for the first that asks, so that other runs do not pay for it, and ends with its parent,
// however that ends.

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCluster, type PostgresCluster } from './postgres-cluster.ts'

let cluster: Promise<PostgresCluster> | undefined

const dispenser = createServer((_request, response) => {
  cluster ??= startCluster()
  cluster
    .then((running) => running.createDatabase())
    .then((url) => response.end(url))
    .catch((error: unknown) => response.writeHead(500).end(String(error)))
})
process.send?.(`http://127.0.0.1:${await listen(dispenser)}`)
// Ctrl-C reaches every process of the run; this one ends when its parent has.
process.on('SIGINT', () => undefined)
process.once('disconnect', async () => {
  await (await cluster)?.remove()
  process.exit()
})

/** Only for tests: a crash of the machine may lose everything. */
const SETTINGS = ['max_connections = 300', 'fsync = off']

async function startCluster(): Promise<PostgresCluster> {
  const started = await createCluster({ settings: SETTINGS, walSegmentMegabytes: 16 })
  await started.start()
  return started
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
