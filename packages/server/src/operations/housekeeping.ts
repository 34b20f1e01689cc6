// What the server does by itself: deletes what has expired, in small batches, and rotates keys when they are due.

import type { Clock } from '../platform/clock.ts'
import type { Log } from '../protocol/message.ts'
import type { Store } from '../store/port.ts'
import { type KeyDeps, rotateKeysWhenDue } from '../tokens/keys.ts'

const CLEAN_EVERY_MS = 60_000
const ROTATION_CHECK_EVERY_MS = 10 * 60_000
/** Small enough that no request waits behind a batch. */
const BATCH_ROWS = 500
const PAUSE_BETWEEN_BATCHES_MS = 50

export interface HousekeepingDeps {
  readonly store: Pick<Store, 'deleteExpired' | 'recordAuditEvent'>
  readonly clock: Clock
  readonly log: Log
  readonly keyRings: readonly KeyDeps[]
}

/** @returns what stops it; resolves when nothing of it runs any more. */
export function startHousekeeping(deps: HousekeepingDeps): () => Promise<void> {
  const stopping = new AbortController()
  const tasks = [
    repeat(() => cleanUp(deps, stopping.signal), CLEAN_EVERY_MS, { deps, signal: stopping.signal }),
    repeat(() => rotateDueKeys(deps), ROTATION_CHECK_EVERY_MS, { deps, signal: stopping.signal }),
  ]
  return async () => {
    stopping.abort()
    await Promise.all(tasks)
  }
}

/** Deletes expired rows until none are left. @returns how many went. */
export async function cleanUp(
  { store, clock }: { store: Pick<Store, 'deleteExpired'>; clock: Clock },
  signal: AbortSignal,
): Promise<number> {
  let total = 0
  while (!signal.aborted) {
    const deleted = await store.deleteExpired(clock.nowSeconds(), BATCH_ROWS)
    total += deleted
    if (deleted < BATCH_ROWS) break
    await pause(PAUSE_BETWEEN_BATCHES_MS, signal)
  }
  return total
}

async function rotateDueKeys({ keyRings, store, clock, log }: HousekeepingDeps): Promise<void> {
  for (const keyDeps of keyRings) {
    for (const rotation of await rotateKeysWhenDue(keyDeps)) {
      if (rotation.outcome !== 'rotated') continue
      const tenant = keyDeps.tenant.name
      log.info({ tenant, kid: rotation.currentKid }, 'signing key rotated')
      await store.recordAuditEvent({
        tenant,
        atSeconds: clock.nowSeconds(),
        action: 'signing_key.rotated',
        actor: 'system',
        target: `key:${rotation.currentKid}`,
        requestId: null,
      })
    }
  }
}

async function repeat(
  work: () => Promise<unknown>,
  everyMs: number,
  { deps, signal }: { deps: HousekeepingDeps; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work()
    } catch (error) {
      // The next round tries again: a store that is away must not end the housekeeping.
      deps.log.warn({ err: error }, 'housekeeping failed')
    }
    await pause(everyMs, signal)
  }
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
