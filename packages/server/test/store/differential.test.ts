// Random sequences of calls, each answered by a real store and by the model: step by step they must agree.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Store } from '../../src/store/port.ts'
import { openStore, type StoreSettings } from '../../src/store/sql/open.ts'
import { createDatabase } from '../support/postgres.ts'
import { createModel } from './model/model.ts'
import { KEY_ACTIONS } from './random-calls/key-actions.ts'
import { OTHER_ACTIONS } from './random-calls/other-actions.ts'
import { TOKEN_ACTIONS } from './random-calls/token-actions.ts'
import { createWorld, forgetRefused, type Numbers, preludeOf } from './random-calls/world.ts'
import { DAY, HOUR, NOW } from './records.ts'

const ACTIONS = { ...TOKEN_ACTIONS, ...KEY_ACTIONS, ...OTHER_ACTIONS }

interface Step extends Numbers {
  readonly action: keyof typeof ACTIONS
  readonly pauseSeconds: number
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom('approve', 'redeem', 'redeem', 'renew', 'lookAtTokens'),
    },
    { weight: 3, arbitrary: fc.constant('rotate') },
    { weight: 2, arbitrary: fc.constantFrom(...keysOf(KEY_ACTIONS), 'openGrant') },
    { weight: 2, arbitrary: fc.constantFrom(...keysOf(ACTIONS)) },
  ),
  who: fc.nat(9),
  what: fc.nat(5),
  how: fc.nat(11),
  pauseSeconds: fc.oneof(
    { weight: 20, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.constantFrom(1, 29, 30, 60) },
    { weight: 1, arbitrary: fc.constantFrom(HOUR, 29 * DAY, 30 * DAY, 150 * DAY, 400 * DAY) },
  ),
})

function keysOf<Table extends object>(table: Table): (keyof Table)[] {
  return Object.keys(table) as (keyof Table)[]
}

async function compare(store: Store, steps: readonly Step[]): Promise<void> {
  const model = createModel()
  const world = createWorld()
  for (const call of preludeOf(world)) expect(await call(store)).toEqual(await call(model))
  for (const { action, pauseSeconds, ...numbers } of steps) {
    world.nowSeconds += pauseSeconds
    const call = ACTIONS[action](world, numbers)
    expect(await call(store), action).toEqual(await call(model))
    await forgetRefused(world, model)
  }
}

/** What one sequence left behind must not be counted by the clean-ups of the next. */
async function drain(store: Store): Promise<void> {
  while ((await store.deleteExpired(NOW + 100_000 * DAY, 1000)) > 0);
}

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_000)

const SUBJECTS: readonly {
  readonly name: string
  readonly runs: number
  readonly settings: () => Promise<StoreSettings>
}[] = [
  { name: 'SQLite', runs: 300, settings: async () => ({ kind: 'sqlite', path: ':memory:' }) },
  {
    name: 'PostgreSQL',
    runs: 30,
    settings: async () => ({ kind: 'postgres', url: await createDatabase() }),
  },
]

for (const { name, runs, settings } of SUBJECTS) {
  test(`the store on ${name} answers as the model does (SEED=${seed})`, async () => {
    const store = await openStore(await settings(), { migrate: true })
    const steps = fc.array(step, { minLength: 40, maxLength: 120, size: 'max' })
    const property = fc.asyncProperty(steps, async (drawn) => {
      await drain(store)
      await compare(store, drawn)
    })
    // A failure is made smaller for so long, then reported as far as that got.
    await fc.assert(property, { seed, numRuns: runs, interruptAfterTimeLimit: 45_000 })
    await store.close()
  })
}
