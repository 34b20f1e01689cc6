// R8: the disk under the database is full for a while. What cannot be stored is not given, what is there can be read,
// and the server goes on by itself once there is room again.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { createCluster } from '../../support/postgres-cluster.ts'
import { type Crowd, gather } from '../crowd.ts'
import { type Call, hasFailed } from '../history.ts'
import { Place } from '../place.ts'
import type { Run, Scenario, Verdict } from '../scenario.ts'
import { limitFiles, mountSmallDisk, sizeOf } from '../small-disk.ts'
import { codeFlow } from '../ways/code-flow.ts'

const CALLERS = 8
/** What the callers store in the whole of a run must not fill it by itself. */
const SQLITE_MEGABYTES = 200
const POSTGRES_MEGABYTES = 120
const FULL_MS = 3000
const RECOVERY_MS = 3000
/** More than the small pages that are free here and there. */
const FILL_PATIENCE_MS = 20_000

/** A disk, however this machine lets us have one. */
interface Disk {
  fill(): Promise<void>
  free(): Promise<void>
}

export const fullDisk: Scenario = {
  goal: 'R8',
  claim:
    'on a full disk nothing is given that is not stored, reads go on, and all is well once there is room',
  stores: ['sqlite', 'postgres'],
  async unavailable(store) {
    if (store === 'sqlite') return undefined
    const disk = await mountSmallDisk(1)
    if (typeof disk === 'string') return disk
    await disk.remove()
    return undefined
  },
  run: (run) => (run.store === 'sqlite' ? fillUnderSqlite(run) : fillUnderPostgres(run)),
}

async function fillUnderSqlite(run: Run): Promise<void> {
  const mounted = await mountSmallDisk(SQLITE_MEGABYTES)
  const isMounted = typeof mounted !== 'string'
  if (!isMounted) run.verdict.notes.push('by a limit on files')
  const database = isMounted ? { path: join(mounted.folder, 'ostiary.db') } : 'sqlite'
  const place = await Place.open({ database, ...codeFlow.deployment })
  const path = isMounted
    ? join(mounted.folder, 'ostiary.db')
    : join(place.deployment.folder, 'ostiary.db')
  const setLimit = (bytes: number | 'unlimited') =>
    Promise.all(place.servers.map(({ pid }) => limitFiles(pid, bytes)))
  const disk: Disk = {
    async fill() {
      if (isMounted) mounted.fill()
      else await setLimit(Math.max(sizeOf(path), sizeOf(`${path}-wal`)))
    },
    async free() {
      if (isMounted) mounted.free()
      else await setLimit('unlimited')
    },
  }
  try {
    await fillAgainAndAgain(run, place, disk)
    const db = new DatabaseSync(path, { readOnly: true })
    const [check] = db.prepare('pragma integrity_check').all()
    db.close()
    run.verdict.expect(check?.integrity_check === 'ok', `integrity: ${JSON.stringify(check)}`)
  } finally {
    await place.close()
    if (isMounted) await mounted.remove()
  }
}

/** A full disk may end PostgreSQL itself; then whoever frees the disk starts it again, and nobody else has to. */
async function fillUnderPostgres(run: Run): Promise<void> {
  const disk = await mountSmallDisk(POSTGRES_MEGABYTES)
  if (typeof disk === 'string') throw new Error(disk)
  const settings = ['min_wal_size = 2MB', 'max_wal_size = 4MB', 'shared_buffers = 8MB']
  const cluster = await createCluster({ folder: disk.folder, settings })
  try {
    await cluster.start()
    const url = await cluster.createDatabase()
    const place = await Place.open({ database: { url }, ...codeFlow.deployment })
    try {
      await fillAgainAndAgain(run, place, {
        fill: async () => disk.fill(),
        async free() {
          disk.free()
          if (cluster.isRunning()) return
          run.verdict.notes.push('PostgreSQL ended')
          await cluster.start()
        },
      })
    } finally {
      await place.close()
    }
  } finally {
    await cluster.remove().catch(() => undefined)
    await disk.remove()
  }
}

async function fillAgainAndAgain(run: Run, place: Place, disk: Disk): Promise<void> {
  const { rounds, random, verdict, store } = run
  const pids = place.servers.map(({ pid }) => pid)
  for (const round of rounds(50)) {
    const way = codeFlow
    const crowd = await gather(place, { way, size: CALLERS, random: random.fork(round) })
    const times = await fillAmidWork(crowd, place, disk)
    await crowd.examine()
    const { calls } = place.recorder.history
    const whenFull = calls.filter(({ startMs }) => startMs > times.full && startMs < times.free)
    const reads = whenFull.filter(({ operation }) => operation === 'introspect')
    const failed = reads.filter(hasFailed)
    if (store === 'sqlite') {
      verdict.expect(reads.length > 0, 'nothing was read while the disk was full')
      verdict.expect(failed.length === 0, `${failed.length} reads failed while the disk was full`)
    }
    expectRecovery(calls, times.free + RECOVERY_MS, verdict)
    // What was given is stored: another process finds it as well.
    const [server] = place.servers
    await server?.kill()
    if (server) await place.restart(server)
    await crowd.examine()
    verdict.rounds += 1
    verdict.judge(place)
  }
  verdict.expect(pids.length === place.servers.length, 'a server is gone')
}

/** @returns when writes began to fail, and when there was room again */
async function fillAmidWork(crowd: Crowd, place: Place, disk: Disk) {
  const times = { full: 0, free: 0 }
  const hasFailed = () =>
    place.recorder.history.calls.some(
      ({ operation, status }) => operation !== 'introspect' && status === 503,
    )
  await crowd.actWhile(async () => {
    await delay(1000)
    const patience = performance.now() + FILL_PATIENCE_MS
    while (!hasFailed()) {
      if (performance.now() > patience) throw new Error('the disk did not become full')
      await disk.fill()
      await delay(100)
    }
    times.full = performance.now()
    await delay(FULL_MS)
    times.free = performance.now()
    await disk.free()
    await delay(RECOVERY_MS + 1000)
  })
  return times
}

function expectRecovery(calls: readonly Call[], fromMs: number, verdict: Verdict): void {
  const late = calls.filter((call) => call.startMs > fromMs && hasFailed(call))
  verdict.expect(late.length === 0, `${late.length} calls failed though there was room again`)
}
