// Proves that the board and the alerts in `deploy` ask for what the server tells, and leave nothing of it out.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { METRICS } from '../../src/observability/metric-table.ts'
import { findUnknown, metricsIn } from './docs/queries.ts'
import { ROOT } from './tidy/repo.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}
const { panels }: { panels: readonly Panel[] } = JSON.parse(read('deploy/grafana/ostiary.json'))
const onBoard = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ name: title, expr })),
)

interface Alert {
  readonly alert: string
  readonly expr: string
}
const { groups }: { groups: readonly { readonly rules: readonly Alert[] }[] } = parse(
  read('deploy/prometheus/ostiary.rules.yaml'),
)
const alerts = groups.flatMap(({ rules }) =>
  rules.map(({ alert, expr }) => ({ name: alert, expr })),
)

describe('queries', () => {
  test.each([...onBoard, ...alerts])('$name asks for what there is: $expr', ({ expr }) => {
    expect(findUnknown(expr)).toEqual([])
  })

  test('together they show every metric', () => {
    const asked = new Set([...onBoard, ...alerts].flatMap(({ expr }) => metricsIn(expr)))
    expect([...asked].toSorted()).toEqual(Object.keys(METRICS).toSorted())
  })

  test.each([
    ['a metric that is gone', 'rate(ostiary_gone_total[5m])'],
    ['a part of what is no histogram', 'ostiary_tokens_issued_total_count'],
    ['a label that it lacks', 'ostiary_tokens_issued_total{route="/token"}'],
    ['a label to group by that it lacks', 'sum by (route) (ostiary_tokens_issued_total)'],
  ])('are reported for %s', (_, query) => {
    expect(findUnknown(query)).toHaveLength(1)
  })
})
