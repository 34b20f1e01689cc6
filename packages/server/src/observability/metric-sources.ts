// Where a scrape reads: the metrics of this process, or the sum of those of its workers.

import { AggregatorRegistry, type Registry } from 'prom-client'
import type { MetricSource } from '../http/management.ts'

export function metricsOf(registry: Registry): MetricSource {
  return { contentType: registry.contentType, collect: () => registry.metrics() }
}

/** The metrics of one process, as another one can be told of them. */
export type MetricReport = readonly object[]

export function reportOf(registry: Registry): Promise<MetricReport> {
  return registry.getMetricsAsJSON()
}

export function metricsOfReports(ask: () => Promise<readonly MetricReport[]>): MetricSource {
  return {
    contentType: AggregatorRegistry.PROMETHEUS_CONTENT_TYPE,
    collect: async () => AggregatorRegistry.aggregate([...(await ask())]).metrics(),
  }
}
