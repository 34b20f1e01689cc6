// The promise that the feed rests on: who has seen a line with number n has seen every lower one, or never will.

import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { FeedPage } from '../../src/store/port/feed.ts'
import type { Store } from '../../src/store/port.ts'
import { DIALECTS, openPair, type Rewrite } from './databases.ts'
import { insist } from './race.ts'
import { NOW, newGrantId, newTenant } from './records.ts'

const REVOKERS = 16
const REVOCATIONS_EACH = 30

type Page = Parameters<Store['readFeed']>[0]
type Read = (store: Store, page: Page) => Promise<FeedPage>

interface Following {
  readonly dialect: (typeof DIALECTS)[number]
  readonly rewrite?: Rewrite
  readonly read?: Read
}

/** Follows the feed while others write to it. @returns the lines that it has not seen, and how often it looked. */
async function followFeed({
  dialect,
  rewrite,
  read = (store, page) => store.readFeed(page),
}: Following): Promise<{ missed: number[]; looks: number }> {
  const stores = await openPair(dialect, rewrite)
  const tenant = newTenant()
  const input = { tenant, nowSeconds: NOW }
  let writing = true
  async function revoke(revoker: number): Promise<void> {
    const store = revoker % 2 === 0 ? stores[0] : stores[1]
    for (let i = 0; i < REVOCATIONS_EACH; i++) {
      const grantId = newGrantId()
      await insist(() => store.revokeGrant({ ...input, grantId }))
    }
  }
  const revokers = Promise.all(Array.from({ length: REVOKERS }, (_, i) => revoke(i)))
  const written = revokers.finally(() => {
    writing = false
  })

  const seen = new Set<number>()
  let looks = 0
  let afterSequence = 0
  for (let more = true; more; looks++) {
    more = writing
    const asked = { tenant, afterSequence, nowSeconds: NOW, limit: 1000 }
    const page = await insist(() => read(stores[0], asked))
    for (const line of page.lines) seen.add(line.sequence)
    // As the endpoint does: nothing is left behind a page that is not full.
    afterSequence = page.lastSequence
    // SQLite reads without ever letting the writers have their turn.
    await setImmediate()
  }
  await written
  const all = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 1000 }
  const { lines } = await stores[1].readFeed(all)
  expect(lines.length).toBe(REVOKERS * REVOCATIONS_EACH)
  const missed = lines.map((line) => line.sequence).filter((sequence) => !seen.has(sequence))
  return { missed, looks }
}

describe.for(DIALECTS)('on %s', (dialect) => {
  test('no line appears behind a reader, while many revoke over two connections', async () => {
    const { missed, looks } = await followFeed({ dialect })
    expect(looks).toBeGreaterThan(5)
    expect(missed).toEqual([])
  })

  test('a last number that is read after the lines is caught', async () => {
    const read: Read = async (store, page) => {
      const { lines } = await store.readFeed(page)
      await setImmediate()
      return { ...(await store.readFeedState(page.tenant)), lines }
    }
    expect((await followFeed({ dialect, read })).missed).not.toEqual([])
  })
})

test('numbers that do not come in the order of the commits are caught', async () => {
  // Transaction ids are unique and grow, but are given out at the start of a transaction, without waiting.
  const unordered: Rewrite = (sql) =>
    sql.startsWith('insert into "revocation_sequences"')
      ? `select pg_current_xact_id()::text::bigint as sequence
         where $1::text is not null and $2::bigint = 1 and $3::bigint = 1`
      : sql
  const byLastLine: Read = async (store, page) => {
    const { lines, ...state } = await store.readFeed(page)
    return { ...state, lines, lastSequence: lines.at(-1)?.sequence ?? page.afterSequence }
  }
  const following = followFeed({ dialect: 'postgres', rewrite: unordered, read: byLastLine })
  expect((await following).missed).not.toEqual([])
})
