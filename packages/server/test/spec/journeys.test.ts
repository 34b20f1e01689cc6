// Proves that the page of the journeys knows all of them, and that whoever looks for what there is to run finds it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JOURNEYS_PAGE } from '../journeys/report.ts'
import { findTestNames, type TestName } from './requirement-coverage.ts'
import { parseRepo, ROOT } from './tidy/repo.ts'

const page = readFileSync(join(ROOT, JOURNEYS_PAGE), 'utf8')

/** Journeys that have no row; what `each` fills in is not looked at. */
function findAbsent(names: readonly TestName[], rows: readonly string[]): string[] {
  const journeys = names.filter(({ journey }) => journey !== 'never').map(({ name }) => name)
  const hasRow = (name: string) => {
    const pieces = name.split(/ > |%[a-z]|\$\w+|…/)
    return rows.some((row) => pieces.every((piece) => row.includes(piece)))
  }
  return journeys.filter((name) => !hasRow(name))
}

describe('the page of the journeys', () => {
  test('has all of them: if not, run `npm run journeys -- --write`', () => {
    expect(findAbsent(findTestNames(), page.split('\n'))).toEqual([])
  })

  test('is linked from CONTRIBUTING.md', () => {
    expect(readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')).toContain(`](${JOURNEYS_PAGE})`)
  })

  test.each([
    ["describe('on %s', () => { test('lasts', JOURNEY, f) })", []],
    ["test('lasts', journeyIf(isLong), f)", []],
    ["test('is short', f)", []],
    ["test('lasts longer', JOURNEY, f)", ['lasts longer']],
    [
      "describe('also', { ...JOURNEY, timeout: 1 }, () => { test('lasts', f) })",
      ['also', 'also > lasts'],
    ],
    ["describe('also', JOURNEY, declareTests)", ['also']],
  ])('is missed by what it lacks: %s', (code, absent) => {
    const names = findTestNames(parseRepo({ 'a.test.ts': code }).code)
    expect(findAbsent(names, ['| on sqlite lasts | a | passed | 1.0 |'])).toEqual(absent)
  })
})
