// The process that owns PostgreSQL, whose default durability it keeps. It ends with its parent, however that ends.

import { chmod, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { enterableTemporaryFolder } from '../../packages/server/test/support/postgres-binaries.ts'
import { createCluster } from '../../packages/server/test/support/postgres-cluster.ts'

const place = process.env.BENCH_FOLDER ?? enterableTemporaryFolder()
const folder = await mkdtemp(join(place, 'ostiary-bench-postgres-'))
await chmod(folder, 0o755)
const settings = process.argv.slice(2).map(asLine)
const cluster = await createCluster({ folder, settings, walSegmentMegabytes: 16 })

process.once('disconnect', stop)
try {
  await cluster.start()
  process.send?.({ url: await cluster.createDatabase(), pid: cluster.pid })
} catch (error) {
  process.stderr.write(`${String(error)}\n`)
  await cluster.remove()
  process.exit(1)
}

async function stop(): Promise<void> {
  await cluster.stop()
  await cluster.remove()
  process.exit()
}

/** `name=value`, as flags say it, for postgresql.conf. */
function asLine(flag: string): string {
  const [name, value = ''] = flag.split('=', 2)
  return `${name} = '${value}'`
}
