// `--growth`: how Ostiary does with a full store, on both of them.

import { mkdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillPostgres, fillSqlite } from '../growth/filler.ts'
import { cleanUpUnderLoad, fill, growTo, type Plot } from '../growth/grow.ts'
import type { GrowthResults, StoreGrowth } from '../growth/results.ts'
import { LoadGenerator } from '../load/driver.ts'
import { describeMachine } from '../measure/machine.ts'
import { withFolder } from '../measure/running.ts'
import type { OperationName } from '../operations/operation.ts'
import type { Options } from '../options.ts'
import { growthSection } from '../report/growth-section.ts'
import { writePage } from '../report/page.ts'
import { GROWTH, loadResults, saveResults } from '../report/results.ts'
import { installOstiary } from '../subjects/ostiary.ts'
import { startPostgres } from '../subjects/postgres.ts'
import { say } from './measure-all.ts'

const OPERATIONS: readonly OperationName[] = [
  'client_credentials-opaque',
  'refresh',
  'introspection-hit',
  'code-flow',
]
const STORES = ['ostiary-sqlite', 'ostiary-postgres']

/** For all sizes: what the operator of a large database would set, and durable all the same. */
const POSTGRES_FLAGS = ['shared_buffers=2GB', 'max_wal_size=8GB']

/** With its indexes and the log of a store that is being filled. */
const BYTES_PER_GRANT = 2200

export async function runGrowth(options: Options): Promise<number> {
  const names = STORES.filter((name) => options.subjects?.includes(name) ?? true)
  if (!(await fits(options))) return 2
  const machine = describeMachine(options.folder)
  const stores: StoreGrowth[] = []
  await withFolder(options.folder, async (folder) => {
    const load = new LoadGenerator()
    try {
      for (const name of names) stores.push(await growStore(name, { folder, load, options }))
    } finally {
      load.stop()
    }
  })
  const { seconds, rounds, connections } = options
  const results: GrowthResults = { machine, seconds, rounds, connections, stores }
  say(`\n${growthSection(results).join('\n\n')}`)
  const whole =
    !options.selected && names.length === STORES.length && options.sizes.includes(10_000_000)
  if (!whole) return 0
  saveResults(GROWTH, results)
  const latest = loadResults()
  if (latest) writePage(latest, results)
  say('\nwritten to bench/results/growth.json and docs/benchmarks.md')
  return 0
}

async function fits({ folder, sizes, expired }: Options): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder ?? tmpdir())
  const needed = (Math.max(...sizes) + expired / 2) * BYTES_PER_GRANT
  if (needed < bavail * bsize) return true
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(0)} GB`
  process.stderr.write(
    `${gigabytes(needed)} are needed in ${folder ?? tmpdir()}, ${gigabytes(bavail * bsize)} are free: give smaller --sizes, or another --folder\n`,
  )
  return false
}

interface Growing {
  readonly folder: string
  readonly load: LoadGenerator
  readonly options: Options
}

async function growStore(subject: string, growing: Growing): Promise<StoreGrowth> {
  return withPlot(subject, `${subject}-smallest`, growing, (smallest) =>
    withPlot(subject, subject, growing, (plot) => grow({ subject, plot, smallest }, growing)),
  )
}

async function withPlot<Result>(
  subject: string,
  name: string,
  growing: Growing,
  work: (plot: Plot) => Promise<Result>,
): Promise<Result> {
  const folder = join(growing.folder, name)
  await mkdir(folder)
  if (subject === 'ostiary-sqlite') {
    const path = join(folder, 'ostiary.db')
    const installed = await installOstiary(folder, { path })
    return work({ installed, filler: fillSqlite(path), database: undefined })
  }
  const postgres = await startPostgres(POSTGRES_FLAGS, growing.options.folder)
  try {
    const installed = await installOstiary(folder, { url: postgres.url })
    const filler = await fillPostgres(postgres.url)
    try {
      return await work({ installed, filler, database: postgres.pid })
    } finally {
      await filler.close()
    }
  } finally {
    await postgres.stop()
  }
}

interface Field {
  readonly subject: string
  readonly plot: Plot
  readonly smallest: Plot
}

async function grow(field: Field, { load, options }: Growing): Promise<StoreGrowth> {
  const { seconds, rounds, connections, expired } = options
  const grown = { ...field, comparison: { load, seconds, rounds, connections, paced: true, say } }
  const operations = options.selected ? options.operations : OPERATIONS
  const [smallest = 0, ...larger] = options.sizes.toSorted((one, other) => one - other)
  await fill(field.smallest, { from: 0, to: smallest })
  const sizes = []
  let from = 0
  for (const to of larger) {
    sizes.push(await growTo(grown, { from, to, operations }))
    from = to
  }
  const { subject } = field
  if (expired === 0) return { subject, smallest, sizes }
  const cleanUp = await cleanUpUnderLoad(grown, { from, rows: expired })
  return { subject, smallest, sizes, cleanUp }
}
