// Does to servers what happens to servers, and holds what callers were told against the laws: `npm run nemesis`.
// docs/nemesis.md says how.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadHistory } from './history.ts'
import { findViolations } from './laws.ts'
import { renderPage, renderTable, verdictOf } from './report.ts'
import { describe } from './scenario.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { type Outcome, play } from './session.ts'

const PAGE = fileURLToPath(new URL('../../../../docs/nemesis.md', import.meta.url))

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '1' },
    store: { type: 'string', default: 'both' },
    only: { type: 'string' },
    replay: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

const say = (line: string) => void process.stdout.write(`${line}\n`)

process.exitCode = values.replay === undefined ? await playAll() : replay(values.replay)

function replay(path: string): number {
  const violations = findViolations(loadHistory(path))
  for (const each of violations) say(describe(each))
  say(`${violations.length} violations`)
  return violations.length === 0 ? 0 : 1
}

async function playAll(): Promise<number> {
  const seed = wholeNumber('seed', values.seed)
  const minutes = Number(values.minutes)
  if (!(minutes >= 0)) throw new Error(`--minutes ${values.minutes} is no number`)
  const failures = mkdtempSync(join(tmpdir(), 'ostiary-nemesis-histories-'))
  say(`seed ${seed}`)
  const outcomes: Outcome[] = []
  for await (const outcome of play(chooseParts(), { seed, minutes, failures })) {
    outcomes.push(outcome)
    say(`${outcome.goal} on ${outcome.store}: ${verdictOf(outcome)} (${outcome.claim})`)
    for (const each of outcome.failures) say(`  ${each}`)
  }
  say(`\n${renderTable(outcomes)}\n\nseed ${seed}`)
  if (values.write) {
    const date = new Date().toISOString().slice(0, 10)
    writeFileSync(PAGE, renderPage(outcomes, { seed, minutes, date }))
  }
  return outcomes.every((outcome) => outcome.failures.length === 0) ? 0 : 1
}

function chooseParts() {
  const { only, store } = values
  const goals = SCENARIOS.map(({ goal }) => goal)
  if (only !== undefined && !goals.includes(only)) {
    throw new Error(`--only ${only}: there are ${goals.join(', ')}`)
  }
  if (!['sqlite', 'postgres', 'both'].includes(store)) {
    throw new Error(`--store ${store}: there are sqlite, postgres and both`)
  }
  return SCENARIOS.filter(({ goal }) => only === undefined || goal === only).flatMap((scenario) =>
    scenario.stores
      .filter((each) => store === 'both' || each === store)
      .map((each) => ({ scenario, store: each })),
  )
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new Error(`--${name} ${text} is no whole number`)
  return number
}
