// Finds what a query of Prometheus asks for: metrics of ours, and the labels that it selects by.

import { METRICS, type MetricEntry } from '../../../src/observability/metric-table.ts'

const ENTRIES: ReadonlyMap<string, MetricEntry> = new Map(Object.entries(METRICS))
/** What Prometheus adds. */
const ADDED_LABELS = ['le', 'instance', 'job']

/** Names of the metrics of ours that a query reads. */
export function metricsIn(query: string): readonly string[] {
  return [...query.matchAll(/\bostiary_\w+/g)].map(([name]) => metricOf(name) ?? name)
}

/** What it asks for that there is not, as sentences. */
export function findUnknown(query: string): readonly string[] {
  const unknown = metricsIn(query).filter((name) => !ENTRIES.has(name))
  const selectors = [...query.matchAll(/\b(ostiary_\w+)\{([^}]*)\}/g)]
  const labels = selectors.flatMap(([, name = '', selected = '']) =>
    [...selected.matchAll(/(\w+)\s*(?:=|!)/g)]
      .map(([, label = '']) => label)
      .filter((label) => !labelsOf(name).includes(label))
      .map((label) => `${name} has no label ${label}`),
  )
  return [...unknown.map((name) => `there is no metric ${name}`), ...labels, ...groupings(query)]
}

/** Labels to group by must be those of some metric in the query. */
function groupings(query: string): readonly string[] {
  const known = [...metricsIn(query).flatMap(labelsOf), ...ADDED_LABELS]
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  )
  return grouped
    .filter((label) => !known.includes(label))
    .map((label) => `nothing in it has the label ${label}`)
}

function labelsOf(name: string): readonly string[] {
  return Object.keys(ENTRIES.get(metricOf(name) ?? name)?.labels ?? {})
}

/** A histogram is read by its parts. */
function metricOf(name: string): string | undefined {
  const base = name.replace(/_(?:bucket|sum|count)$/, '')
  return ENTRIES.get(base)?.kind === 'histogram' ? base : undefined
}
