// Puts together what watches a server: metrics when somebody may scrape them, spans when somebody takes them, nothing
// otherwise.

import type { Registry } from 'prom-client'
import type { RequestTracer } from '../http/trace-requests.ts'
import type { TrafficObserver } from '../http/traffic.ts'
import { NO_OBSERVER, type Observer } from '../protocol/observer.ts'
import type { StoreObserver } from '../store/port.ts'
import { createEventMetrics } from './event-metrics.ts'
import { createMetricRegistry } from './metric-registry.ts'
import { readAtScrape, type Sources } from './state-metrics.ts'
import { createStoreCallMetrics, type StoreCallSettings } from './store-calls.ts'
import { findTracing } from './tracing.ts'
import { createTrafficMetrics } from './traffic-metrics.ts'

export interface Observation {
  readonly events: Observer
  /** undefined when nobody watches it. */
  readonly traffic: TrafficObserver | undefined
  readonly tracer: RequestTracer | undefined
  readonly store: StoreObserver | undefined
  /** Says where to read what nobody tells. */
  readFrom(sources: Sources): void
  /** Where all metrics are; undefined when there are none. */
  readonly metrics: Registry | undefined
}

export interface ObservationSettings extends StoreCallSettings {
  /** Whether metrics are kept. */
  readonly measure: boolean
  readonly database: 'sqlite' | 'postgres'
}

export function observe(settings: ObservationSettings): Observation {
  const tracing = findTracing(settings.database)
  const tracer = tracing?.requests
  const slow = settings
  if (!settings.measure) {
    const store = tracing?.store ?? undefined
    return {
      events: NO_OBSERVER,
      traffic: undefined,
      tracer,
      store,
      readFrom: () => undefined,
      metrics: undefined,
    }
  }
  const metrics = createMetricRegistry()
  const calls = createStoreCallMetrics(metrics, slow)
  return {
    events: createEventMetrics(metrics),
    traffic: createTrafficMetrics(metrics),
    tracer,
    store: tracing ? both(calls, tracing.store) : calls,
    readFrom: (sources) => readAtScrape(metrics, sources),
    metrics: metrics.registry,
  }
}

function both(outer: StoreObserver, inner: StoreObserver): StoreObserver {
  return { around: (call, work) => outer.around(call, () => inner.around(call, work)) }
}
