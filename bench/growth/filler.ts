// Puts made-up grants into a database that no server has open: each with its refresh token and an access token.

import { closeSync, fsyncSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import {
  accessTokenValues,
  type Batch,
  grantValues,
  insert,
  refreshTokenValues,
  type Words,
} from './made-up-rows.ts'

export interface Filler {
  addGrants(range: Range): Promise<void>
  /** Access tokens whose time is over. */
  addExpired(range: Range): Promise<void>
  /** Whether any of those is still there. */
  hasExpired(): Promise<boolean>
  /** Brings the database into the state in which it would be after some time. */
  settle(): Promise<void>
  gigabytes(): Promise<number>
  close(): Promise<void>
}

export interface Range {
  readonly tenant: string
  readonly from: number
  readonly to: number
}

const DAY = 86_400
/** Rows of one transaction. */
const CHUNK = 500_000

const SQLITE_WORDS: Words = {
  hex: (value, digits) => `printf('%0${digits}x', ${value})`,
  random: 'lower(hex(randomblob(20)))',
}
const POSTGRES_WORDS: Words = {
  hex: (value, digits) => `lpad(to_hex(${value}), ${digits}, '0')`,
  random: `md5(random()::text) || substr(md5(random()::text), 1, 8)`,
}

export function fillSqlite(path: string): Filler {
  const rows = ({ from, to }: Batch) =>
    `(with recursive n(i) as (select ${from} union all select i + 1 from n where i + 1 < ${to}) select i from n)`
  const withDatabase = <Result>(work: (db: DatabaseSync) => Result): Result => {
    using db = new DatabaseSync(path, { timeout: 5000 })
    // Whoever pulls the plug on a benchmark starts it again.
    db.exec('pragma foreign_keys = off; pragma synchronous = off; pragma cache_size = -1000000')
    return work(db)
  }
  return {
    ...createFiller(SQLITE_WORDS, rows, async (statements) =>
      withDatabase((db) => db.exec(`begin; ${statements.join(';')}; commit`)),
    ),
    hasExpired: async () => withDatabase((db) => db.prepare(HAS_EXPIRED).get() !== undefined),
    async settle() {
      withDatabase((db) => db.exec('pragma wal_checkpoint(truncate)'))
      // What still waits to be written would hold up the flushes that are measured.
      const file = openSync(path, 'r+')
      fsyncSync(file)
      closeSync(file)
    },
    gigabytes: async () =>
      withDatabase((db) => {
        const { pages } =
          db.prepare('select page_count as pages from pragma_page_count').get() ?? {}
        const { size } = db.prepare('select page_size as size from pragma_page_size').get() ?? {}
        return (Number(pages) * Number(size)) / 1e9
      }),
    close: async () => undefined,
  }
}

export async function fillPostgres(url: string): Promise<Filler> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const rows = ({ from, to }: Batch) => `generate_series(${from}::bigint, ${to - 1}) as n(i)`
  return {
    ...createFiller(POSTGRES_WORDS, rows, async (statements) => {
      // Without the checks of foreign keys, row by row, which are known to hold.
      const settings = 'set local session_replication_role = replica'
      await client.query(['begin', settings, ...statements, 'commit'].join(';'))
    }),
    hasExpired: async () => (await client.query(HAS_EXPIRED)).rows.length > 0,
    settle: async () => {
      await client.query('vacuum analyze')
      await client.query('checkpoint')
    },
    async gigabytes() {
      const { rows: found } = await client.query('select pg_database_size(current_database()) as n')
      return Number(found[0].n) / 1e9
    },
    close: () => client.end(),
  }
}

const HAS_EXPIRED = `select 1 from access_tokens where expires_at_seconds < ${Math.floor(Date.now() / 1000) - DAY} limit 1`

function createFiller(
  words: Words,
  rowsOf: (batch: Batch) => string,
  run: (statements: readonly string[]) => Promise<void>,
): Pick<Filler, 'addGrants' | 'addExpired'> {
  async function inChunks(
    { tenant, from, to }: Range,
    statementsOf: (batch: Batch, rows: string) => readonly string[],
  ): Promise<void> {
    const nowSeconds = Math.floor(Date.now() / 1000)
    for (let start = from; start < to; start += CHUNK) {
      const batch = { tenant, from: start, to: Math.min(to, start + CHUNK), nowSeconds }
      await run(statementsOf(batch, rowsOf(batch)))
    }
  }
  return {
    addGrants: (range) =>
      inChunks(range, (batch, rows) => [
        insert('grants', grantValues(batch, words), { ...range, rows }),
        insert('refresh_tokens', refreshTokenValues(batch, words), { ...range, rows }),
        insert('access_tokens', accessTokenValues(batch, words), { ...range, rows }),
      ]),
    addExpired: (range) =>
      inChunks(range, (batch, rows) => [
        insert('access_tokens', accessTokenValues(batch, words, -2 * DAY), { ...range, rows }),
      ]),
  }
}
