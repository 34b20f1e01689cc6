// Once inactive, never active again: random sequences of everything that gives, ends and forgets tokens. The long form
// is `npm run once-inactive -- --sequences 20000 --seed 7 --store sqlite`, which runs this very file.

import { afterAll, beforeAll, describe, it } from 'vitest'
import { STORES, type StoreKind } from '../support/start-server.ts'
import { createClocks } from './clocks.ts'
import type { Move, Sequence, TenantKind } from './moves.ts'
import { type Seeds, seedSqlite } from './place.ts'
import { seedPostgres } from './postgres-place.ts'
import { runSequence, runSequences } from './sequences.ts'

const SEED = Number(process.env.ONCE_INACTIVE_SEED ?? 20_261_130)
const SEQUENCES: Readonly<Record<StoreKind, number>> = process.env.ONCE_INACTIVE_SEQUENCES
  ? both(Number(process.env.ONCE_INACTIVE_SEQUENCES))
  : { sqlite: 2000, postgres: 100 }

/** So that one of them is enough to show a mutant. */
const PARTS = [1, 2, 3, 4].map((part) => ({ part, seed: SEED + part - 1 }))

/** Sequences that have broken the law once, or are so seldom drawn that they are told here. */
const FOUND: Readonly<Record<string, Sequence>> = {
  'RFC 9700 §4.14.2: a clean-up between the use of a refresh token and its reuse': of('oauth', [
    { do: 'approve', node: 0, user: 0, app: 0, redeem: true },
    { do: 'refresh', node: 0, which: 0, spent: false },
    { do: 'clean up', node: 1 },
    { do: 'wait', seconds: 61 },
    { do: 'refresh', node: 1, which: 0, spent: true },
  ]),
  'RFC 6749 §4.1.2: a code that is presented again': of('oauth', [
    { do: 'approve', node: 0, user: 0, app: 1, redeem: true },
    { do: 'wait', seconds: 11 },
    { do: 'replay a code', node: 1, which: 0 },
  ]),
  'security H6: a user of a contract without room for tags, and clocks apart': of('crm-com', [
    { do: 'step', what: 1, seconds: 60 },
    { do: 'step', what: 0, seconds: -60 },
    { do: 'exchange', node: 1, user: 0, by: 'code' },
    { do: 'revoke all', node: 0, user: 0 },
    { do: 'exchange', node: 1, user: 0, by: 'code' },
    { do: 'clean up', node: 0 },
  ]),
  'security H6: an opaque token given just after the upgrade, to a user who had ended all': of(
    'upgraded',
    [
      { do: 'revoke all', node: 0, user: 0 },
      { do: 'configure', lifetimeSeconds: 600, format: 'opaque', contract: 'standard' },
      { do: 'approve', node: 0, user: 0, app: 0, redeem: true },
      { do: 'clean up', node: 0 },
    ],
  ),
  'security H6: what stands for a user is removed': of('crm-com', [
    { do: 'exchange', node: 0, user: 0, by: 'code' },
    { do: 'remove identifier', node: 0, user: 0, of: 'code' },
    { do: 'clean up', node: 0 },
  ]),
  'security H6: a trusted issuer that is resumed': of('crm-com', [
    { do: 'suspend issuer', node: 0 },
    { do: 'resume issuer', node: 0 },
    { do: 'exchange', node: 1, user: 0, by: 'jwt' },
  ]),
  'security M5: a token that a clock far ahead dated after the restore': of('oauth', [
    { do: 'step', what: 1, seconds: 60 },
    { do: 'approve', node: 1, user: 0, app: 0, redeem: true },
    { do: 'back up' },
    { do: 'restore', feed: true, endAllGrants: false },
  ]),
  'B17: a JWT that was good once, used after the backup with clocks apart': of('crm-com', [
    { do: 'step', what: 'api', seconds: 60 },
    { do: 'step', what: 0, seconds: -60 },
    { do: 'back up' },
    { do: 'exchange', node: 1, user: 0, by: 'jwt' },
    { do: 'exchange', node: 1, user: 0, by: 'undated jwt' },
    { do: 'restore', feed: true, endAllGrants: false },
    { do: 'replay a jwt', node: 1, which: 0 },
    { do: 'replay a jwt', node: 1, which: 1 },
  ]),
  'R19: a consent that was taken back after its last grant had ended': of('oauth', [
    { do: 'approve', node: 0, user: 0, app: 0, redeem: true },
    { do: 'revoke', node: 0, which: 0 },
    { do: 'back up' },
    { do: 'disconnect', node: 0, user: 0, app: 0 },
    { do: 'restore', feed: true, endAllGrants: false },
  ]),
  'security M5: two restores of one backup, which give the same numbers to other lines': of(
    'oauth',
    [
      { do: 'back up' },
      { do: 'restore', feed: false, endAllGrants: true },
      { do: 'fetch', node: 0, by: 'machine' },
      { do: 'restore', feed: false, endAllGrants: true },
    ],
  ),
  'security M5: a restore that ended all grants, and one of the same backup by the feed': of(
    'oauth',
    [
      { do: 'approve', node: 0, user: 0, app: 1, redeem: true },
      { do: 'back up' },
      { do: 'restore', feed: false, endAllGrants: true },
      { do: 'restore', feed: true, endAllGrants: false },
    ],
  ),
}

describe.each(STORES)('once inactive, never active again, on %s', (kind) => {
  let seeds: Seeds
  beforeAll(async () => {
    const { createMachine } = createClocks()
    seeds = await (kind === 'sqlite' ? seedSqlite : seedPostgres)(createMachine())
  })
  afterAll(() => seeds?.remove())

  it.each(Object.entries(FOUND))('%s', (_what, sequence) => runSequence(seeds, sequence))

  it.each(PARTS)(
    `whatever happens, in whatever order, part $part of ${PARTS.length} (SEED=$seed)`,
    { timeout: 120_000 + SEQUENCES[kind] * 1000 },
    ({ seed }) =>
      runSequences(seeds, { sequences: Math.ceil(SEQUENCES[kind] / PARTS.length), seed }),
  )
})

function of(tenant: TenantKind, moves: readonly Move[]): Sequence {
  return { tenant, moves }
}

function both(sequences: number) {
  return { sqlite: sequences, postgres: sequences }
}
