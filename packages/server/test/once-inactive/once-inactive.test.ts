// Once inactive, never active again: random sequences of everything that gives, ends and forgets tokens. The long form
// is `npm run once-inactive -- --sequences 20000 --seed 7 --store sqlite`, which runs this very file.

import { afterAll, beforeAll, describe, it } from 'vitest'
import { createClocks } from './clocks.ts'
import type { Move } from './moves.ts'
import { type Seed, seedSqlite } from './place.ts'
import { runSequence, runSequences } from './sequences.ts'

const SEED = Number(process.env.ONCE_INACTIVE_SEED ?? 20_261_130)
const SEQUENCES = Number(process.env.ONCE_INACTIVE_SEQUENCES ?? 2000)

/** Sequences that have broken the law once. */
const FOUND: Readonly<Record<string, readonly Move[]>> = {
  'a restore that ended all grants, and one of the same backup by the feed': [
    { do: 'approve', node: 0, user: 0, app: 1, redeem: true },
    { do: 'back up' },
    { do: 'restore', feed: false, endAllGrants: true },
    { do: 'restore', feed: true, endAllGrants: false },
  ],
}

describe('once inactive, never active again, on sqlite', () => {
  let seeded: Seed
  beforeAll(async () => {
    seeded = await seedSqlite(createClocks().createMachine())
  })
  afterAll(() => seeded?.remove())

  it.each(Object.entries(FOUND))('security M5: after %s', (_what, moves) =>
    runSequence(seeded, moves),
  )

  it(
    `whatever happens, in whatever order (SEED=${SEED})`,
    { timeout: 120_000 + SEQUENCES * 500 },
    () => runSequences(seeded, { sequences: SEQUENCES, seed: SEED }),
  )
})
