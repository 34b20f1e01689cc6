// What the server does by itself: deletes what has expired, in small batches, rotates keys when they are due, and lets
// the database look at what has grown. Of all processes that share the database, one does each of them.

import type { Clock } from '../platform/clock.ts'
import type { Log } from '../protocol/message.ts'
import type { HousekeepingObserver } from '../protocol/observer.ts'
import type { LeaseStore } from '../store/port/process.ts'
import type { Store } from '../store/port.ts'
import { type KeyDeps, rotateKeysWhenDue } from '../tokens/keys.ts'
import { createLease, type Lease } from './lease.ts'

const CLEAN_EVERY_MS = 60_000
const ROTATION_CHECK_EVERY_MS = 10 * 60_000
/** Nothing waits for it: what has ended gives nothing more from the start. */
const ENDINGS_EVERY_MS = 1000
/** So long a database that was just filled may be slow. */
const STATISTICS_EVERY_MS = 5000
/** Each writes four index entries a grant: some milliseconds, during which a process with SQLite does nothing else. */
const GRANTS_PER_BATCH = 200
/** Small enough that no request waits behind a batch. */
const BATCH_ROWS = 500
/** Of each table: beyond that it is enough to know that there are many. */
const COUNTED_ROWS = 20_000
const PAUSE_BETWEEN_BATCHES_MS = 50
/** While there are many: what a process issues at its fastest has to go as fast, or the store only grows. */
const PAUSE_WHEN_BEHIND_MS = 10
/** Whoever holds a lease comes back before it ends; when nobody does, another process is up to it a round later. */
const LEASE_ROUNDS = 1.5
const MIN_LEASE_SECONDS = 15

export interface HousekeepingDeps {
  readonly store: CleanUpStore & EndingStore & StatisticsStore & LeaseStore
  readonly clock: Clock
  readonly log: Log
  readonly keyRings: readonly KeyDeps[]
  readonly observer: HousekeepingObserver
}

type EndingStore = Pick<Store, 'hasUnfinishedEndings' | 'continueEndings'>
type StatisticsStore = Pick<Store, 'findOutgrownTables' | 'analyseTable'>
type CleanUpStore = Pick<Store, 'deleteExpired' | 'countExpired'>

/** @returns what stops it; resolves when nothing of it runs any more. */
export function startHousekeeping(deps: HousekeepingDeps): () => Promise<void> {
  const stopping = new AbortController()
  const { signal } = stopping
  const tasks = [
    repeat(
      { name: 'clean-up', everyMs: CLEAN_EVERY_MS, work: (lease) => cleanUp(deps, signal, lease) },
      { deps, signal },
    ),
    repeat(
      { name: 'key-rotation', everyMs: ROTATION_CHECK_EVERY_MS, work: () => rotateDueKeys(deps) },
      { deps, signal },
    ),
    repeat(
      {
        name: 'endings',
        everyMs: ENDINGS_EVERY_MS,
        isDue: () => deps.store.hasUnfinishedEndings(),
        work: (lease) => finishEndings(deps.store, signal, lease),
      },
      { deps, signal },
    ),
    repeat(
      {
        name: 'statistics',
        everyMs: STATISTICS_EVERY_MS,
        isDue: async () => (await deps.store.findOutgrownTables()).length > 0,
        work: (lease) => analyseOutgrown(deps.store, signal, lease),
      },
      { deps, signal },
    ),
  ]
  return async () => {
    stopping.abort()
    await Promise.all(tasks)
  }
}

/** Deletes expired rows until none are left, or another process has taken over. @returns how many went. */
export async function cleanUp(
  {
    store,
    clock,
    observer,
  }: Pick<HousekeepingDeps, 'clock' | 'observer'> & { store: CleanUpStore },
  signal: AbortSignal,
  lease: Pick<Lease, 'hold'>,
): Promise<number> {
  let total = 0
  let known = 0
  let pauseMs = PAUSE_BETWEEN_BATCHES_MS
  while (!signal.aborted && (await lease.hold())) {
    if (known <= total) {
      const waiting = await store.countExpired(clock.nowSeconds(), COUNTED_ROWS)
      known = total + waiting
      pauseMs = waiting < COUNTED_ROWS ? PAUSE_BETWEEN_BATCHES_MS : PAUSE_WHEN_BEHIND_MS
    }
    observer.cleanUpBacklog(known - total)
    const deleted = await store.deleteExpired(clock.nowSeconds(), BATCH_ROWS)
    observer.cleanedUp(deleted)
    total += deleted
    if (deleted < BATCH_ROWS) break
    await pause(pauseMs, signal)
  }
  // It is empty, or another process's.
  observer.cleanUpBacklog(0)
  return total
}

/**
 * Goes on with whatever had more grants than could be ended at once, until nothing is left or another process has taken
 * over: a process that died in between, or a command that was over at once, leaves the rest to whoever comes next.
 */
async function finishEndings(store: EndingStore, signal: AbortSignal, lease: Lease): Promise<void> {
  while (!signal.aborted && (await lease.hold())) {
    if (!(await store.continueEndings(GRANTS_PER_BATCH))) break
    await pause(PAUSE_BETWEEN_BATCHES_MS, signal)
  }
}

async function analyseOutgrown(
  store: StatisticsStore,
  signal: AbortSignal,
  lease: Lease,
): Promise<void> {
  for (const name of await store.findOutgrownTables()) {
    if (!signal.aborted && (await lease.hold())) await store.analyseTable(name)
  }
}

async function rotateDueKeys({ keyRings, log }: HousekeepingDeps): Promise<void> {
  for (const keyDeps of keyRings) {
    for (const rotation of await rotateKeysWhenDue(keyDeps)) {
      if (rotation.outcome !== 'rotated') continue
      const tenant = keyDeps.tenant.name
      log.info({ tenant, kid: rotation.currentKid }, 'signing key rotated')
    }
  }
}

interface Task {
  readonly name: string
  readonly everyMs: number
  /** Asked first, where a lease would be a write for nothing most of the time. */
  isDue?(): Promise<boolean>
  work(lease: Lease): Promise<unknown>
}

async function repeat(
  { name, everyMs, work, isDue = async () => true }: Task,
  { deps, signal }: { deps: HousekeepingDeps; signal: AbortSignal },
): Promise<void> {
  const seconds = Math.max((LEASE_ROUNDS * everyMs) / 1000, MIN_LEASE_SECONDS)
  const lease = createLease({ task: name, seconds }, deps)
  while (!signal.aborted) {
    try {
      if ((await isDue()) && (await lease.hold())) await work(lease)
    } catch (error) {
      // The next round tries again: a store that is away must not end the housekeeping.
      deps.log.warn({ err: error }, 'housekeeping failed')
    }
    await pause(everyMs, signal)
  }
  await lease.giveBack().catch((error: unknown) => {
    deps.log.warn({ err: error }, 'could not give the housekeeping to another process')
  })
}

/** Does not keep the process alive. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds).unref()
    signal.addEventListener('abort', done)
  })
}
