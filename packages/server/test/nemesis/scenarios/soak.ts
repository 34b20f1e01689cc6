// R17: hours of work leave nothing behind: no memory, no connections, no rows of what has expired.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '../../support/free-port.ts'
import { ask } from '../../support/postgres-cluster.ts'
import { gather } from '../crowd.ts'
import { hasFailed } from '../history.ts'
import { Place } from '../place.ts'
import { HAS_PROC, usageOf } from '../proc.ts'
import type { Run, Scenario } from '../scenario.ts'
import { codeFlow } from '../ways/code-flow.ts'

const CALLERS = 8
const SAMPLE_EVERY_MS = 1000
const ACCESS_TOKEN_SECONDS = 60
/** Below that, start-up and caches are larger than any leak. */
const MEANINGFUL_MINUTES = 10
const MOST_MEGABYTES_PER_HOUR = 1
const MOST_LAG_MS = 20
/** Sockets of callers come and go. */
const MOST_MORE_DESCRIPTORS = 20

interface Sample {
  readonly hours: number
  readonly megabytes: number
  readonly descriptors: number
  readonly databaseMegabytes: number
  readonly lagMs: number
}

export const soak: Scenario = {
  goal: 'R17',
  claim: 'long work leaves nothing behind: memory, connections and rows stay what they are',
  stores: ['sqlite', 'postgres'],
  unavailable: async () => (HAS_PROC ? undefined : 'there is no /proc'),

  async run(run) {
    const { random, minutes, verdict } = run
    const database = await run.openDatabase()
    const management = await findFreePort()
    const place = await Place.open({
      database,
      policy: { accessToken: { format: 'opaque', lifetimeSeconds: ACCESS_TOKEN_SECONDS } },
      process: { env: { OSTIARY_MANAGEMENT_PORT: String(management) } },
    })
    const sizeOf = typeof database === 'string' ? () => fileSize(place) : () => tableSize(database)
    const samples: Sample[] = []
    const startMs = performance.now()
    const endMs = startMs + minutes * 60_000
    try {
      // Callers of a minute each: their histories stay small.
      for (let turn = 0; turn === 0 || performance.now() < endMs; turn += 1) {
        const crowd = await gather(place, {
          way: codeFlow,
          size: CALLERS,
          random: random.fork(turn),
        })
        await crowd.actWhile(async () => {
          const turnEndMs = Math.min(performance.now() + 60_000, Math.max(endMs, startMs + 3000))
          while (performance.now() < turnEndMs) {
            await delay(SAMPLE_EVERY_MS)
            const { pid } = place.servers[0] ?? { pid: 0 }
            const hours = (performance.now() - startMs) / 3_600_000
            const lagMs = await readLag(management)
            const databaseMegabytes = await sizeOf()
            samples.push({ hours, ...usageOf(pid), lagMs, databaseMegabytes })
          }
        })
        const failed = place.recorder.history.calls.filter(hasFailed)
        verdict.expect(failed.length === 0, `${failed.length} calls failed`)
        verdict.rounds += 1
        verdict.judge(place)
      }
      judgeSamples(samples, run)
    } finally {
      await place.close()
    }
  },
}

/** The first half warms up: caches fill, rows reach the number that expires as fast as it grows. */
function judgeSamples(samples: readonly Sample[], { verdict, minutes }: Run): void {
  const warm = samples.slice(Math.floor(samples.length / 2))
  const slope = slopeOf(warm.map(({ hours, megabytes }) => [hours, megabytes]))
  const lag = percentile(warm.map(({ lagMs }) => lagMs))
  const [first] = warm
  const last = warm.at(-1)
  if (first === undefined || last === undefined) return
  const more = last.descriptors - first.descriptors
  const isLong = minutes >= MEANINGFUL_MINUTES
  const growth = isLong ? `${slope.toFixed(1)} MB/h` : 'too short to tell whether it grows'
  verdict.notes.push(
    `${last.megabytes} MB, ${growth}, lag p99 ${lag.toFixed(0)} ms, ` +
      `descriptors ${more >= 0 ? '+' : ''}${more}, ` +
      `database ${first.databaseMegabytes.toFixed(1)} to ${last.databaseMegabytes.toFixed(1)} MB`,
  )
  verdict.expect(more <= MOST_MORE_DESCRIPTORS, `${more} more descriptors`)
  if (!isLong) return
  verdict.expect(slope < MOST_MEGABYTES_PER_HOUR, `memory grows by ${slope.toFixed(1)} MB/h`)
  verdict.expect(lag < MOST_LAG_MS, `the event loop lags by ${lag.toFixed(0)} ms`)
}

/** Least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const x = mean(points.map(([value]) => value))
  const y = mean(points.map(([, value]) => value))
  const spread = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0)
  if (spread === 0) return 0
  return points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0) / spread
}

function percentile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0
}

async function readLag(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const [, seconds] = /^ostiary_event_loop_lag_seconds(?:\{[^}]*\})? (\S+)$/m.exec(text) ?? []
  if (seconds === undefined) throw new Error('the server tells no event loop lag')
  return Number(seconds) * 1000
}

const MEGABYTE = 1 << 20

async function fileSize({ deployment }: Place): Promise<number> {
  return statSync(join(deployment.folder, 'ostiary.db')).size / MEGABYTE
}

async function tableSize({ url }: { url: string }): Promise<number> {
  const [row] = await ask(url, 'select pg_database_size(current_database()) as size')
  return Number(row?.size) / MEGABYTE
}
