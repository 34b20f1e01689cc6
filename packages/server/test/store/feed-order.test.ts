// The promise that the feed rests on: who has seen a line with number n has seen every lower one, or never will.

import { expect, test } from 'vitest'
import { openPair, type Rewrite } from './databases.ts'
import { NOW, newGrantId, newTenant } from './records.ts'

const REVOKERS = 16
const REVOCATIONS_EACH = 30

/** Follows the feed while others write to it. @returns the lines that it has not seen, and how often it looked. */
async function followFeed(rewrite?: Rewrite): Promise<{ missed: number[]; looks: number }> {
  const stores = await openPair('postgres', rewrite)
  const tenant = newTenant()
  const input = { tenant, nowSeconds: NOW }
  let writing = true
  async function revoke(revoker: number): Promise<void> {
    const store = revoker % 2 === 0 ? stores[0] : stores[1]
    for (let i = 0; i < REVOCATIONS_EACH; i++) {
      await store.revokeGrant({ ...input, grantId: newGrantId() })
    }
  }
  const revokers = Promise.all(Array.from({ length: REVOKERS }, (_, i) => revoke(i)))
  const written = revokers.finally(() => {
    writing = false
  })

  const seen = new Set<number>()
  let looks = 0
  for (let more = true; more; looks++) {
    more = writing
    const afterSequence = Math.max(0, ...seen)
    const page = { tenant, afterSequence, nowSeconds: NOW, limit: 1000 }
    for (const line of await stores[0].listRevocations(page)) seen.add(line.sequence)
  }
  await written
  const all = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 1000 }
  const lines = await stores[1].listRevocations(all)
  expect(lines.length).toBe(REVOKERS * REVOCATIONS_EACH)
  const missed = lines.map((line) => line.sequence).filter((sequence) => !seen.has(sequence))
  return { missed, looks }
}

test('no line appears behind a reader, while many revoke on two connections pools', async () => {
  const { missed, looks } = await followFeed()
  expect(looks).toBeGreaterThan(5)
  expect(missed).toEqual([])
})

test('numbers that do not come in the order of the commits are caught', async () => {
  // Transaction ids are unique and grow, but are given out at the start of a transaction, without waiting.
  const unordered: Rewrite = (sql) =>
    sql.startsWith('insert into "revocation_sequences"')
      ? `select pg_current_xact_id()::text::bigint as sequence
         where $1::text is not null and $2::bigint = 1 and $3::bigint = 1`
      : sql
  expect((await followFeed(unordered)).missed).not.toEqual([])
})
