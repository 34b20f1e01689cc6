// What is removed when its time is over, in small batches of one table each.

import { type RawBuilder, sql } from 'kysely'
import type { Database } from './schema.ts'
import { type Statement, statement } from './statement.ts'

export interface Batch {
  readonly nowSeconds: number
  readonly limit: number
  /** Counts of earlier days go: `2026-11-21`. */
  readonly countsFromDay: string
}

export interface CleanUp {
  /** Gives a row for every row it removed. */
  readonly remove: Statement<Batch, { gone: number }>
  readonly count: Statement<Batch, { waiting: number }>
}

const DAY_SECONDS = 86_400
const DAY = sql.lit(DAY_SECONDS)
/** A code that is replayed within a day still ends the grant it gave (RFC 6749 §4.1.2). */
const CODE_RETENTION_SECONDS = DAY_SECONDS
/** All its tokens end with it; the code that gave it is remembered for a day. */
const GRANT_RETENTION_SECONDS = 2 * DAY_SECONDS

/** A clock that ran ahead, and is set right again, must not make good what was used or ended. */
const CLOCK_ERROR_SECONDS = 2 * 3600

const COUNT_RETENTION_SECONDS = 400 * DAY_SECONDS

export function batchOf(nowSeconds: number, limit: number): Batch {
  const countsFrom = new Date((nowSeconds - COUNT_RETENTION_SECONDS) * 1000)
  return { nowSeconds, limit, countsFromDay: countsFrom.toISOString().slice(0, 10) }
}

export const CLEAN_UPS: readonly CleanUp[] = [
  deleteWhere(
    'codes',
    ['tenant', 'hash'],
    (p) => sql`expires_at_seconds <= ${longBefore(p, CODE_RETENTION_SECONDS)}`,
  ),
  deleteWhere(
    'accessTokens',
    ['tenant', 'hash'],
    (p) => sql`expires_at_seconds <= ${p.nowSeconds}`,
  ),
  // A spent token stays as long as its chain may live: that is how reuse is recognised (RFC 9700 §4.14.2). It goes on
  // the day after, because the index knows days.
  deleteWhere(
    'refreshTokens',
    ['tenant', 'hash'],
    (p) => sql`ends_at_seconds / ${DAY} < cast(${p.nowSeconds} as bigint) / ${DAY}
      and (answer_expires_at_seconds is null or answer_expires_at_seconds <= ${p.nowSeconds})`,
  ),
  wipeAnswers(),
  deleteWhere(
    'grants',
    ['tenant', 'id'],
    (p) => sql`ends_at_seconds <= ${longBefore(p, GRANT_RETENTION_SECONDS)}`,
  ),
  deleteWhere(
    'sessions',
    ['tenant', 'hash'],
    (p) => sql`expires_at_seconds <= ${p.nowSeconds} or ends_at_seconds <= ${p.nowSeconds}`,
  ),
  deleteWhere(
    'oneTimeIds',
    ['tenant', 'purpose', 'id'],
    (p) => sql`expires_at_seconds <= ${longBefore(p, CLOCK_ERROR_SECONDS)}`,
  ),
  deleteWhere(
    'revocations',
    ['tenant', 'kind', 'subject'],
    (p) => sql`expires_at_seconds <= ${longBefore(p, CLOCK_ERROR_SECONDS)}`,
  ),
  deleteWhere('signingKeys', ['tenant', 'kid'], (p) => sql`expires_at_seconds <= ${p.nowSeconds}`),
  deleteWhere(
    'allowanceUses',
    ['tenant', 'clientId', 'allowance', 'day'],
    (p) => sql`day < ${p.countsFromDay}`,
  ),
  deleteWhere(
    'versionUses',
    ['tenant', 'clientId', 'version', 'day'],
    (p) => sql`day < ${p.countsFromDay}`,
  ),
  deleteWhere(
    'guesses',
    ['tenant', 'purpose', 'slot'],
    (p) => sql`window_ends_at_seconds <= ${p.nowSeconds}`,
  ),
  deleteWhere(
    'knownCallers',
    ['tenant', 'account', 'slot'],
    (p) => sql`expires_at_seconds <= ${p.nowSeconds}`,
  ),
  deleteWhere(
    'feedFollowers',
    ['tenant', 'follower'],
    (p) => sql`expires_at_seconds <= ${p.nowSeconds}`,
  ),
  deleteWhere('leases', ['task'], (p) => sql`ends_at_seconds <= ${p.nowSeconds}`),
]

/** PostgreSQL would take the difference of an input and a number for 32 bits wide. */
function longBefore(input: Batch, seconds: number) {
  return sql`cast(${input.nowSeconds} as bigint) - ${sql.lit(seconds)}`
}

/** Neither dialect can be relied on to limit a DELETE itself, so a sub-query picks the rows by their key. */
function deleteWhere<Table extends keyof Database>(
  table: Table,
  key: readonly (keyof Database[Table] & string)[],
  isOver: (input: Batch) => RawBuilder<unknown>,
): CleanUp {
  const columns = sql.join(key.map((column) => sql.ref(column)))
  return cleanUp(
    (p) => sql`select ${columns} from ${sql.table(table)} where ${isOver(p)} limit ${p.limit}`,
    (over) => sql`delete from ${sql.table(table)} where (${columns}) in (${over})`,
  )
}

/** The answer kept for retries holds tokens, if sealed: it goes as soon as its window is over. */
function wipeAnswers(): CleanUp {
  return cleanUp(
    (p) => sql`select tenant, hash from refresh_tokens
      where sealed_answer is not null and answer_expires_at_seconds <= ${p.nowSeconds} limit ${p.limit}`,
    (over) => sql`update refresh_tokens set sealed_answer = null where (tenant, hash) in (${over})`,
  )
}

function cleanUp(
  select: (batch: Batch) => RawBuilder<unknown>,
  change: (over: RawBuilder<unknown>) => RawBuilder<unknown>,
): CleanUp {
  return {
    remove: statement((db, p: Batch) => {
      const query = sql<{ gone: number }>`${change(select(p))} returning 1 as gone`
      return { compile: () => query.compile(db) }
    }),
    count: statement((db, p: Batch) => {
      const query = sql<{
        waiting: number
      }>`select count(*) as waiting from (${select(p)}) as expired`
      return { compile: () => query.compile(db) }
    }),
  }
}
