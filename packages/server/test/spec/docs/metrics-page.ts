// Writes docs/reference/metrics.md from the table in observability/metric-table.ts, so that the page cannot be wrong.

import { METRICS, type MetricEntry } from '../../../src/observability/metric-table.ts'

export const METRICS_PAGE = 'docs/reference/metrics.md'

export function formatMetricsPage(): string {
  return [INTRODUCTION, formatTable(), formatLabels()].join('\n\n').concat('\n')
}

const ENTRIES: [string, MetricEntry][] = Object.entries(METRICS)

const INTRODUCTION = `# Metrics

<!-- Generated from packages/server/src/observability/metric-table.ts by \`npm run docs\`. -->

What \`/metrics\` of the management port says, for Prometheus. How to switch it on, and what to look at:
[Monitoring](../guides/monitoring.md). Beside these there are \`process_…\` and \`nodejs_…\`, as
[prom-client](https://github.com/siimon/prom-client#default-metrics) collects them. With several workers the numbers are
those of all of them together: sums, but the highest for ages and lags.

A counter or histogram has no line for labels that have not occurred yet. No label names an app, a user or an address.`

function formatTable(): string {
  const rows = ENTRIES.map(([name, { kind, help, labels }]) => {
    const names = Object.keys(labels).map(code).join(', ')
    return `| ${code(name)} | ${kind} | ${names} | ${help} |`
  })
  return ['| metric | kind | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** A label may mean something else for another metric. */
function formatLabels(): string {
  const uses = ENTRIES.flatMap(([metric, { labels }]) =>
    Object.entries(labels).map(([label, meaning]) => ({ metric, label, meaning })),
  )
  const rows = [...Map.groupBy(uses, ({ label, meaning }) => `${code(label)} | ${meaning}`)].map(
    ([start, of]) => `| ${start} | ${of.map(({ metric }) => code(metric)).join(', ')} |`,
  )
  return ['## Labels', '', '| label | values | of |', '| --- | --- | --- |', ...rows].join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}
