// A round of what `npm run nemesis` does for longer.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { JOURNEY } from '../support/journey.ts'
import { createDatabase } from '../support/postgres.ts'
import { STORES, type StoreKind } from '../support/start-server.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { playOne } from './session.ts'

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
/** Those that say something within seconds. The others have tests of their own beside, or need a while. */
const SHORT = ['R1', 'R3']
/** For most of its time, a restore waits. */
const SHORT_BESIDE_EACH_OTHER = ['R21', 'R22']
/** On a machine that does much else at once. */
const PATIENCE_MS = 180_000

const partsOf = (goals: readonly string[], stores: readonly StoreKind[]) =>
  SCENARIOS.filter(({ goal }) => goals.includes(goal)).flatMap((scenario) =>
    stores.map((store) => ({ goal: scenario.goal, scenario, store })),
  )

it.each(partsOf(SHORT, STORES))(`$goal on $store (SEED=${SEED})`, expectToHold)
it.concurrent.each(partsOf(SHORT_BESIDE_EACH_OTHER, ['sqlite']))(
  `$goal on $store (SEED=${SEED})`,
  { timeout: PATIENCE_MS },
  expectToHold,
)
it.concurrent.each(partsOf(SHORT_BESIDE_EACH_OTHER, ['postgres']))(
  `$goal on $store (SEED=${SEED})`,
  JOURNEY,
  expectToHold,
)

async function expectToHold(part: { scenario: Scenario; store: StoreKind }): Promise<void> {
  const outcome = await playOne(part, {
    seed: SEED,
    minutes: 0,
    failures: join(tmpdir(), 'ostiary-nemesis-histories'),
    openCluster: () => Promise.reject(new Error('the short form has no cluster of its own')),
    createDatabase,
  })
  expect(outcome.failures, outcome.claim).toEqual([])
  expect(outcome.rounds).toBeGreaterThan(0)
}
