// Watches the calls to the database: how long each takes, which fail, which are slow. The log names the method of the
// port and never a value.

import { monotonicClock } from '../platform/clock.ts'
import type { Log } from '../protocol/message.ts'
import { type StoreObserver, StoreUnavailableError } from '../store/port.ts'
import type { MetricRegistry } from './metric-registry.ts'
import { remember } from './remember.ts'

export interface StoreCallSettings {
  readonly slowCallMilliseconds: number
  readonly log: Log
}

export function createStoreCallMetrics(
  metrics: MetricRegistry,
  { slowCallMilliseconds, log }: StoreCallSettings,
): StoreObserver {
  const durations = metrics.histogram('ostiary_store_call_duration_seconds')
  const failures = metrics.counter('ostiary_store_failures_total')
  const slowCalls = metrics.counter('ostiary_store_slow_calls_total')
  const durationOf = remember((call: string) => durations.labels({ call }))

  function note(call: string, startedAt: number): void {
    const milliseconds = monotonicClock.nowMilliseconds() - startedAt
    durationOf(call).observe(milliseconds / 1000)
    if (milliseconds < slowCallMilliseconds) return
    slowCalls.inc({ call })
    log.warn({ call, ms: Math.round(milliseconds) }, 'slow call to the database')
  }

  return {
    async around(call, work) {
      const startedAt = monotonicClock.nowMilliseconds()
      try {
        return await work()
      } catch (error) {
        if (error instanceof StoreUnavailableError) failures.inc({ call })
        throw error
      } finally {
        note(call, startedAt)
      }
    },
  }
}
