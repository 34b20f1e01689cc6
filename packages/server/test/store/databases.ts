// Databases for the tests of the store, and drivers over them whose statements a test may change.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Store } from '../../src/store/port.ts'
import { migrateStore } from '../../src/store/sql/open.ts'
import { PostgresDriver } from '../../src/store/sql/postgres.ts'
import { openPool } from '../../src/store/sql/postgres-pool.ts'
import { SqliteDriver } from '../../src/store/sql/sqlite.ts'
import { openDatabaseFile } from '../../src/store/sql/sqlite-file.ts'
import { type Compile, compilerFor, type Dialect } from '../../src/store/sql/statement.ts'
import { createStore } from '../../src/store/sql/store.ts'
import { createDatabase } from '../support/postgres.ts'

export const DIALECTS: readonly Dialect[] = ['sqlite', 'postgres']

/** Rewrites the SQL of every statement. */
export type Rewrite = (sql: string) => string

/** A folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-store-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Two stores over one new database, closed after the test. */
export async function openPair(
  dialect: Dialect,
  rewrite: Rewrite = (sql) => sql,
): Promise<readonly [Store, Store]> {
  const compile = rewriting(compilerFor(dialect), rewrite)
  const open = dialect === 'sqlite' ? await onSqlite(compile) : await onPostgres(compile)
  const stores = [open(), open()] as const
  onTestFinished(async () => {
    for (const store of stores) await store.close()
  })
  return stores
}

async function onSqlite(compile: Compile): Promise<() => Store> {
  const path = join(await temporaryFolder(), 'ostiary.db')
  await migrateStore({ kind: 'sqlite', path })
  return () => createStore(new SqliteDriver(openDatabaseFile(path), compile))
}

async function onPostgres(compile: Compile): Promise<() => Store> {
  const url = await createDatabase()
  await migrateStore({ kind: 'postgres', url })
  return () => createStore(new PostgresDriver(openPool({ url, size: 10 }), compile))
}

function rewriting(compile: Compile, rewrite: Rewrite): Compile {
  return (statement) => {
    const compiled = compile(statement)
    return { ...compiled, sql: rewrite(compiled.sql) }
  }
}
