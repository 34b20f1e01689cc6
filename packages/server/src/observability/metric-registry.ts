// The metrics of the table in the hands of prom-client, with what is read at the moment of a scrape.

import {
  type Aggregator,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
} from 'prom-client'
import { METRICS, type MetricEntry, type MetricName, type NameOf } from './metric-table.ts'

/** From a call that finds its row in memory to one that ends with a time-out. */
const BUCKETS_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
]

export interface MetricRegistry {
  counter(name: NameOf<'counter'>): Counter
  gauge(name: NameOf<'gauge'>): Gauge
  histogram(name: NameOf<'histogram'>): Histogram
  /** At each scrape, sets a metric of which nobody tells. */
  atScrape(name: MetricName, read: () => void): void
  /** Where prom-client has them all. */
  readonly registry: Registry
}

export function createMetricRegistry(): MetricRegistry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const readers = new Map<string, () => void>()
  const made = new Map<string, Counter | Gauge | Histogram>()
  for (const [name, entry] of Object.entries(METRICS)) {
    const collect = () => readers.get(name)?.()
    made.set(name, make(name, entry, { registers: [registry], collect }))
  }

  function find<Metric>(name: MetricName, kind: new (...args: never[]) => Metric): Metric {
    const metric = made.get(name)
    if (metric instanceof kind) return metric
    throw new Error(`${name} is not a ${kind.name}`)
  }

  return {
    counter: (name) => find(name, Counter),
    gauge: (name) => find(name, Gauge),
    histogram: (name) => find(name, Histogram),
    atScrape: (name, read) => void readers.set(name, read),
    registry,
  }
}

function make(
  name: string,
  { kind, help, labels, together }: MetricEntry,
  more: { registers: Registry[]; collect: () => void },
): Counter | Gauge | Histogram {
  const aggregator: Aggregator = together ?? 'sum'
  const settings = { name, help, labelNames: Object.keys(labels), aggregator, ...more }
  if (kind === 'counter') return new Counter(settings)
  if (kind === 'gauge') return new Gauge(settings)
  return new Histogram({ ...settings, buckets: BUCKETS_SECONDS })
}
