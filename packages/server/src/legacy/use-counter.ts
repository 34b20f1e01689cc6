// Counts uses of legacy allowances in memory and stores them once a second, so that no request waits for a count.
// A process that is killed loses the counts of its last second, and nothing else.

import type { Log } from '../protocol/message.ts'
import { type Store, StoreUnavailableError } from '../store/port.ts'
import type { AllowanceUseRecord } from '../store/records.ts'

const FLUSH_AFTER_MS = 1000
const RETRY_AFTER_MS = 30_000

export interface UseCounter {
  add(use: Omit<AllowanceUseRecord, 'uses'>): void
  /** Stores what was counted and stops. */
  close(): Promise<void>
}

export function createUseCounter({
  store,
  log,
}: {
  readonly store: Pick<Store, 'addAllowanceUses'>
  readonly log: Log
}): UseCounter {
  let counts = new Map<string, AllowanceUseRecord>()
  let timer: NodeJS.Timeout | undefined
  /** One after the other, so that whoever closes waits for the one that is under way, too. */
  let flushed: Promise<void> = Promise.resolve()

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    flushed = flushed.then(storeCounts)
    return flushed
  }

  async function storeCounts(): Promise<void> {
    const batch = [...counts.values()]
    counts = new Map()
    if (batch.length === 0) return
    try {
      await store.addAllowanceUses(batch)
    } catch (error) {
      log.warn({ err: error }, 'could not store the use of legacy allowances')
      if (!(error instanceof StoreUnavailableError)) return
      for (const { uses, ...use } of batch) count(use, uses)
      timer ??= setTimeout(flush, RETRY_AFTER_MS).unref()
    }
  }

  function count(use: Omit<AllowanceUseRecord, 'uses'>, uses: number): void {
    const key = JSON.stringify(use)
    counts.set(key, { ...use, uses: (counts.get(key)?.uses ?? 0) + uses })
  }

  return {
    add(use) {
      count(use, 1)
      timer ??= setTimeout(flush, FLUSH_AFTER_MS).unref()
    },
    async close() {
      await flush()
      clearTimeout(timer)
    },
  }
}
