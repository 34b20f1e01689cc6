// What PostgreSQL knows of the size of the tables. It chooses how to run a statement by that, keeps its choice, and by
// itself looks again once in a minute: a database that was just filled, or restored, would read whole tables until then.

import { sql } from 'kysely'
import { TABLES } from './columns.ts'
import { type Plan, run } from './plan.ts'
import { hasRowLocks, type Statement, statement } from './statement.ts'

/** Of a table that is no more than this, it hardly matters how it is read. */
const FEW_ROWS = 10

/** Tables that have more than doubled since it looked. SQLite has none: it chooses by the indexes alone. */
const selectOutgrown: Statement<object, { name: string }> = statement((db) => {
  const outgrown = sql<{ name: string }>`
    select pg_class.relname as name from pg_stat_user_tables join pg_class on pg_class.oid = pg_stat_user_tables.relid
    where schemaname = current_schema()
      and n_live_tup > ${sql.lit(FEW_ROWS)} + 2 * greatest(reltuples, 0)`
  const none = sql<{ name: string }>`select '' as name where false`
  return { compile: () => (hasRowLocks(db) ? outgrown : none).compile(db) }
})

const ANALYSES: ReadonlyMap<string, Statement<object, unknown>> = new Map(
  Object.keys(TABLES).map((table) => {
    const name = table.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return [
      name,
      statement((db) => ({ compile: () => sql`analyze ${sql.table(name)}`.compile(db) })),
    ]
  }),
)

/** @returns the names of tables that have outgrown what is known of them */
export function* findOutgrownTables(): Plan<readonly string[]> {
  // Others are not ours to look at.
  return (yield* run(selectOutgrown, {}))
    .map(({ name }) => name)
    .filter((name) => ANALYSES.has(name))
}

export function* analyseTable(name: string): Plan<void> {
  const analysis = ANALYSES.get(name)
  if (analysis !== undefined) yield* run(analysis, {})
}
