// Once inactive, never active again: random sequences of everything that gives, ends and forgets tokens. The long form
// is `npm run once-inactive -- --sequences 20000 --seed 7 --store sqlite`, which runs this very file.

import { afterAll, beforeAll, describe, it } from 'vitest'
import { STORES, type StoreKind } from '../support/start-server.ts'
import { createClocks } from './clocks.ts'
import type { Move } from './moves.ts'
import { type Seed, seedSqlite } from './place.ts'
import { seedPostgres } from './postgres-place.ts'
import { runSequence, runSequences } from './sequences.ts'

const SEED = Number(process.env.ONCE_INACTIVE_SEED ?? 20_261_130)
const SEQUENCES: Readonly<Record<StoreKind, number>> = process.env.ONCE_INACTIVE_SEQUENCES
  ? both(Number(process.env.ONCE_INACTIVE_SEQUENCES))
  : { sqlite: 2000, postgres: 100 }

/** So that one of them is enough to show a mutant. */
const PARTS = [1, 2, 3, 4].map((part) => ({ part, seed: SEED + part - 1 }))

/** Sequences that have broken the law once, or are so seldom drawn that they are told here. */
const FOUND: Readonly<Record<string, readonly Move[]>> = {
  'RFC 9700 §4.14.2: a clean-up between the use of a refresh token and its reuse': [
    { do: 'approve', node: 0, user: 0, app: 0, redeem: true },
    { do: 'refresh', node: 0, which: 0, spent: false },
    { do: 'clean up', node: 1 },
    { do: 'wait', seconds: 61 },
    { do: 'refresh', node: 1, which: 0, spent: true },
  ],
  'security M5: two restores of one backup, which give the same numbers to other lines': [
    { do: 'back up' },
    { do: 'restore', feed: false, endAllGrants: true },
    { do: 'fetch', node: 0, by: 'machine' },
    { do: 'restore', feed: false, endAllGrants: true },
  ],
  'security M5: a restore that ended all grants, and one of the same backup by the feed': [
    { do: 'approve', node: 0, user: 0, app: 1, redeem: true },
    { do: 'back up' },
    { do: 'restore', feed: false, endAllGrants: true },
    { do: 'restore', feed: true, endAllGrants: false },
  ],
}

describe.each(STORES)('once inactive, never active again, on %s', (kind) => {
  let seeded: Seed
  beforeAll(async () => {
    const { createMachine } = createClocks()
    seeded = await (kind === 'sqlite' ? seedSqlite : seedPostgres)(createMachine())
  })
  afterAll(() => seeded?.remove())

  it.each(Object.entries(FOUND))('%s', (_what, moves) => runSequence(seeded, moves))

  it.each(PARTS)(
    `whatever happens, in whatever order, part $part of ${PARTS.length} (SEED=$seed)`,
    { timeout: 120_000 + SEQUENCES[kind] * 1000 },
    ({ seed }) =>
      runSequences(seeded, { sequences: Math.ceil(SEQUENCES[kind] / PARTS.length), seed }),
  )
})

function both(sequences: number) {
  return { sqlite: sequences, postgres: sequences }
}
