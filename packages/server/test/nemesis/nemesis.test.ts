// A round of what `npm run nemesis` does for longer.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createDatabase } from '../support/postgres.ts'
import { STORES } from '../support/start-server.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { playOne } from './session.ts'

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
/** Those that say something within seconds. The others have tests of their own beside, or need a while. */
const SHORT = ['R1', 'R3', 'R21', 'R22']
/** On a machine that does much else at once. */
const PATIENCE_MS = 240_000

const parts = SCENARIOS.filter(({ goal }) => SHORT.includes(goal)).flatMap((scenario) =>
  STORES.map((store) => ({ goal: scenario.goal, scenario, store })),
)

// A restore waits for most of its time.
it.concurrent.each(parts)(
  `$goal on $store (SEED=${SEED})`,
  { timeout: PATIENCE_MS },
  async ({ scenario, store }) => {
    const outcome = await playOne(
      { scenario, store },
      {
        seed: SEED,
        minutes: 0,
        failures: join(tmpdir(), 'ostiary-nemesis-histories'),
        openCluster: () => Promise.reject(new Error('the short form has no cluster of its own')),
        createDatabase,
      },
    )
    expect(outcome.failures, outcome.claim).toEqual([])
    expect(outcome.rounds).toBeGreaterThan(0)
  },
)
