// The same operations with ever more grants in the store, and the clean-up of a mountain of expired rows under load.

import { setTimeout as delay } from 'node:timers/promises'
import type { LoadGenerator } from '../load/driver.ts'
import { type Comparison, compare } from '../measure/compare.ts'
import type { OperationName } from '../operations/operation.ts'
import { type InstalledOstiary, OPAQUE_TENANT } from '../subjects/ostiary.ts'
import type { RunningSubject } from '../subjects/subject.ts'
import type { Filler } from './filler.ts'
import type { CleanUpFigures, Growth, SizeFigures } from './results.ts'

/** A server that can be started on a database that can be filled. */
export interface Plot {
  readonly installed: InstalledOstiary
  readonly filler: Filler
  /** Process of the database, where it has one. */
  readonly database: number | undefined
}

export interface Grown {
  readonly subject: string
  readonly plot: Plot
  /** The smallest store, which stays as it is. */
  readonly smallest: Plot
  readonly comparison: Omit<Comparison, 'subjects'>
}

export async function growTo(
  grown: Grown,
  { from, to, operations }: { from: number; to: number; operations: readonly OperationName[] },
): Promise<SizeFigures> {
  const { plot, smallest, subject, comparison } = grown
  const { filler } = plot
  const fillSeconds = await fill(plot, { from, to })
  const databaseGigabytes = await filler.gigabytes()
  comparison.say(
    `${subject}: ${to} grants, filled in ${fillSeconds.toFixed(0)} s, ${databaseGigabytes.toFixed(2)} GB`,
  )
  return withServer(smallest, (small) =>
    withServer(plot, async (running) => {
      const subjects = new Map([
        [SMALLEST, small],
        [subject, running],
      ])
      const figures: Record<string, Growth> = {}
      for (const name of operations) {
        const found = await compare(name, { ...comparison, subjects })
        const [ours, theirs] = [found[subject], found[SMALLEST]]
        if (ours && theirs) figures[name] = { grown: ours, smallest: theirs }
      }
      return { grants: to, databaseGigabytes, fillSeconds, operations: figures }
    }),
  )
}

const SMALLEST = 'smallest'

/** @returns how many seconds it took */
export async function fill(
  { filler }: Plot,
  { from, to }: { from: number; to: number },
): Promise<number> {
  const beginning = performance.now()
  await filler.addGrants({ tenant: OPAQUE_TENANT, from, to })
  await filler.settle()
  return (performance.now() - beginning) / 1000
}

/** What the clean-up is given at most. */
const PATIENCE_SECONDS = 1500
const LOAD: OperationName = 'client_credentials-opaque'

export async function cleanUpUnderLoad(
  grown: Grown,
  { from, rows }: { from: number; rows: number },
): Promise<CleanUpFigures> {
  const { plot, comparison } = grown
  const { filler } = plot
  const { load, seconds } = comparison
  const before = await withServer(plot, async (running) => {
    await openLoad(grown, running)
    const { perSecond } = await load.measure({ key: LOAD, seconds: 2 * seconds })
    const { p99Ms } = await load.measure({ key: LOAD, seconds: 2 * seconds, rate: perSecond / 2 })
    await load.close(LOAD)
    return { perSecond, p99Ms }
  })
  await filler.addExpired({ tenant: OPAQUE_TENANT, from, to: from + rows })
  await filler.settle()
  comparison.say(`${grown.subject}: ${rows} rows have expired`)
  return withServer(plot, async (running) => {
    const beginning = performance.now()
    const elapsed = () => (performance.now() - beginning) / 1000
    await openLoad(grown, running)
    const { perSecond } = await load.measure({ key: LOAD, seconds: 2 * seconds })
    const paced = await paceUntilClean(load, {
      filler,
      seconds,
      elapsed,
      rate: before.perSecond / 2,
    })
    await load.close(LOAD)
    const figures: CleanUpFigures = {
      rows,
      seconds: elapsed(),
      done: !(await filler.hasExpired()),
      before,
      during: { perSecond, ...paced },
    }
    comparison.say(`${grown.subject}: clean-up ${JSON.stringify(figures)}`)
    return figures
  })
}

interface Pacing {
  readonly filler: Filler
  readonly seconds: number
  readonly rate: number
  elapsed(): number
}

/** Keeps half of the load up. @returns the median of the p99 of its stretches, and the longest wait of all */
async function paceUntilClean(
  load: LoadGenerator,
  { filler, seconds, rate, elapsed }: Pacing,
): Promise<{ p99Ms: number; maxMs: number }> {
  const p99s: number[] = []
  let maxMs = 0
  do {
    const sample = await load.measure({ key: LOAD, seconds: 2 * seconds, rate })
    p99s.push(sample.p99Ms)
    maxMs = Math.max(maxMs, sample.maxMs)
    await delay(10)
  } while (elapsed() < PATIENCE_SECONDS && (await filler.hasExpired()))
  const sorted = p99s.toSorted((one, other) => one - other)
  return { p99Ms: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, maxMs }
}

async function openLoad(
  { comparison }: Grown,
  { target, processes }: RunningSubject,
): Promise<void> {
  const { load, connections } = comparison
  await load.open({ key: LOAD, operation: LOAD, target, processes, connections })
}

async function withServer<Result>(
  { installed, database }: Plot,
  work: (running: RunningSubject) => Promise<Result>,
): Promise<Result> {
  const { target, launch } = installed
  const server = await launch()
  const processes = { ...server.processes, ...(database !== undefined && { database }) }
  try {
    return await work({ ...server, target, processes })
  } finally {
    await server.stop()
  }
}
