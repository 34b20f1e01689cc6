// Plans that read the feed of revocations.

import type { FeedPage, FeedState, FeedStore } from '../port/feed.ts'
import type { RevocationRecord } from '../records.ts'
import { columnsIn, columnsOf, REVOCATION } from './columns.ts'
import { type Plan, run } from './plan.ts'
import { picker } from './row-functions.ts'
import { statement } from './statement.ts'

/**
 * One statement, because a statement sees one moment on both databases. Read one after the other, the lines could be
 * older than the last number: a follower that believed that number would skip the line that was committed in between.
 * Within one moment a number that has been given out has its line, or never will: whoever takes one holds the row of
 * the last number until it commits.
 */
const selectPage = statement((db, p: Parameters<FeedStore['readFeed']>[0]) =>
  db
    .selectFrom('feeds')
    .leftJoin('revocationSequences as numbers', (join) => join.on('numbers.tenant', '=', p.tenant))
    .leftJoin(
      (lines) =>
        lines
          .selectFrom('revocations')
          .where('tenant', '=', p.tenant)
          .where('sequence', '>', p.afterSequence)
          .where('expiresAtSeconds', '>', p.nowSeconds)
          .select(columnsOf(REVOCATION))
          .orderBy('sequence')
          .limit(p.limit)
          .as('lines'),
      (join) => join.onTrue(),
    )
    .select((eb) => [
      'feeds.epoch',
      'feeds.idsUntilSeconds',
      eb.fn.coalesce('numbers.sequence', eb.lit(0)).as('lastSequence'),
    ])
    .select(columnsIn('lines', REVOCATION))
    .orderBy('lines.sequence'),
)

const pickLine = picker(REVOCATION)

export function* readFeed(input: Parameters<FeedStore['readFeed']>[0]): Plan<FeedPage> {
  const rows = yield* run(selectPage, input)
  const [state] = rows
  if (state === undefined) throw new Error('the database has no feed of revocations')
  const { epoch, idsUntilSeconds, lastSequence } = state
  const lines = rows.filter(isLine).map((row) => pickLine(row, {}))
  return { epoch, idsUntilSeconds, lastSequence, lines }
}

export function* readFeedState(tenant: string): Plan<FeedState> {
  const { lines: _, ...state } = yield* readFeed({ tenant, ...NO_LINES })
  return state
}

const NO_LINES = { afterSequence: 0, nowSeconds: 0, limit: 0 }

type Row = { readonly [Column in keyof RevocationRecord]: RevocationRecord[Column] | null }

/** Without any line there is one row still, which tells of the feed alone. */
function isLine<Found extends Row>(row: Found): row is Found & RevocationRecord {
  return row.sequence !== null
}
