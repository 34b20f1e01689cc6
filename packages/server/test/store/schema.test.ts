// The schema as the migrations make it: the columns that the code expects, and an index behind every statement.

import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import type { Store } from '../../src/store/port.ts'
import { TABLES } from '../../src/store/sql/columns.ts'
import { migrateSqlite } from '../../src/store/sql/migrate.ts'
import { migrateStore } from '../../src/store/sql/open.ts'
import type { Driver, StatementCall, Step } from '../../src/store/sql/plan.ts'
import { SqliteDriver } from '../../src/store/sql/sqlite.ts'
import { type Compile, compilerFor } from '../../src/store/sql/statement.ts'
import { createStore } from '../../src/store/sql/store.ts'
import { createDatabase } from '../support/postgres.ts'
import { createModel } from './model/model.ts'
import { KEY_ACTIONS } from './random-calls/key-actions.ts'
import { OTHER_ACTIONS } from './random-calls/other-actions.ts'
import { TOKEN_ACTIONS } from './random-calls/token-actions.ts'
import { createWorld, forgetRefused, preludeOf } from './random-calls/world.ts'

const toSnakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** `table.column` and whether it holds text, for all that the code expects. */
const EXPECTED = Object.entries(TABLES)
  .flatMap(([table, columns]) =>
    Object.entries(columns).map(([column, kind]) => {
      const type = kind === 'text' || kind === 'list' ? 'text' : 'number'
      return `${toSnakeCase(table)}.${toSnakeCase(column)} ${type}`
    }),
  )
  .toSorted()

const typeOf = (name: unknown) => (/int/i.test(String(name)) ? 'number' : 'text')
/** Kysely's own note that a migration is running. */
const isOurs = (table: unknown) => table !== 'kysely_migration_lock'

async function migratedMemory(): Promise<DatabaseSync> {
  const db = new DatabaseSync(':memory:')
  onTestFinished(() => {
    if (db.isOpen) db.close()
  })
  await migrateSqlite(db)
  return db
}

test('SQLite has the columns that the code expects, and no others', async () => {
  const db = await migratedMemory()
  const columns = db
    .prepare(
      `select tables.name as "table", columns.name, columns.type
       from sqlite_schema as tables join pragma_table_info(tables.name) as columns
       where tables.type = 'table' and tables.name not like 'sqlite_%'`,
    )
    .all()
  const found = columns
    .filter((column) => isOurs(column.table))
    .map((column) => `${column.table}.${column.name} ${typeOf(column.type)}`)
  expect(found.toSorted()).toEqual(EXPECTED)
})

test('PostgreSQL has the columns that the code expects, and no others', async () => {
  const url = await createDatabase()
  await migrateStore({ kind: 'postgres', url })
  const client = new pg.Client(url)
  await client.connect()
  onTestFinished(() => client.end())
  const { rows } = await client.query(
    `select table_name, column_name, data_type from information_schema.columns
     where table_schema = 'public'`,
  )
  const found = rows
    .filter((row) => isOurs(row.table_name))
    .map((row) => `${row.table_name}.${row.column_name} ${typeOf(row.data_type)}`)
  expect(found.toSorted()).toEqual(EXPECTED)
})

test('a column name means the same kind of value in every table', () => {
  const kinds = new Map<string, Set<string>>()
  for (const columns of Object.values(TABLES)) {
    for (const [column, kind] of Object.entries(columns)) {
      kinds.set(column, (kinds.get(column) ?? new Set()).add(kind))
    }
  }
  const ambiguous = [...kinds].filter(([_column, found]) => found.size > 1)
  expect(ambiguous).toEqual([])
})

/** Every statement that the store runs in a round of all actions. */
async function statementsOf(db: DatabaseSync): Promise<Map<string, number>> {
  const statements = new Map<string, number>()
  const compile = compilerFor('sqlite')
  const recording: Compile = (statement) => {
    const compiled = compile(statement)
    statements.set(compiled.sql, compiled.sql.split('?').length - 1)
    return compiled
  }
  await runAllActions(createStore(new SqliteDriver(db, recording)))
  return statements
}

async function runAllActions(store: Store): Promise<void> {
  const model = createModel()
  const world = createWorld()
  for (const call of preludeOf(world)) await call(store)
  for (let round = 0; round < 12; round++) {
    for (const action of Object.values({ ...TOKEN_ACTIONS, ...KEY_ACTIONS, ...OTHER_ACTIONS })) {
      const call = action(world, { who: round + 1, what: round % 3, how: round })
      await call(store)
      await call(model)
      await forgetRefused(world, model)
    }
  }
  await store.check()
  await store.countExpired(0, 1)
}

/** Whether nobody can have waited for the rows of this statement: it gives none. */
const givesNothing = ({ statement }: StatementCall, compile: Compile) =>
  !/^(select|with)|returning/.test(compile(statement).sql)

test('house L5: a transaction ends with a step that says so, unless the rows of the last one decide', async () => {
  const compile = compilerFor('sqlite')
  const forgotten = new Set<string>()
  const driver = new SqliteDriver(await migratedMemory(), compile)
  const transact: Driver['transact'] = (plan) =>
    driver.transact(function* () {
      const running = plan()
      let final: Step | undefined
      let next = running.next()
      while (!next.done) {
        final = next.value
        next = running.next(yield final)
      }
      const isForgotten =
        final && !final.last && final.calls.every((each) => givesNothing(each, compile))
      if (isForgotten)
        forgotten.add(final?.calls.map(({ statement }) => compile(statement).sql).join('; ') ?? '')
      return next.value
    })
  const parts = { read: driver.read.bind(driver), write: driver.write.bind(driver), transact }
  const handNewsTo = driver.handNewsTo.bind(driver)
  await runAllActions(
    createStore({
      ...parts,
      handNewsTo,
      check: () => driver.check(),
      load: () => driver.load(),
      close: () => driver.close(),
    }),
  )
  expect([...forgotten]).toEqual([])
})

test('every statement finds its rows by an index', async () => {
  const db = await migratedMemory()
  const scans: string[] = []
  const statements = await statementsOf(db)
  for (const [sql, parameters] of statements) {
    const plan = db.prepare(`explain query plan ${sql}`).all(...new Array(parameters).fill(null))
    for (const { detail } of plan) {
      // The list of migrations is a few rows long, that of feeds one, and a sub-query has found its own rows.
      const isScan =
        /^SCAN (?!kysely_migration|feeds|CONSTANT ROW|\(subquery|expired|lines|live|parts)/.test(
          String(detail),
        )
      if (isScan) scans.push(`${detail}: ${sql}`)
    }
  }
  expect(statements.size).toBeGreaterThan(60)
  expect(scans).toEqual([])
})
