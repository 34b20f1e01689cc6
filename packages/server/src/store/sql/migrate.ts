// Brings a database to the schema of this version, with Kysely's Migrator. Several processes may try at once: one
// does it, the others wait and find it done.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import {
  Kysely,
  Migrator,
  PostgresDialect,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
} from 'kysely'
import pg from 'pg'
import { MIGRATION_NAMES, migrationsFor } from './migrations/index.ts'
import { asStoreError, resultCode, SQLITE_BUSY } from './sqlite-errors.ts'
import { PATIENCE_MILLISECONDS } from './sqlite-file.ts'
import type { Dialect } from './statement.ts'

export interface MigrationStatus {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
}

/** @returns the names of the migrations that were applied now. */
export async function migrateSqlite(db: DatabaseSync): Promise<string[]> {
  if ((await sqliteMigrationStatus(db)).pending.length === 0) return []
  // Kysely would run them on SQLite without a lock or a transaction: hold one around them all.
  await beginAlone(db)
  try {
    const applied = await migrateToLatest(overSqlite(db), 'sqlite')
    db.exec('commit')
    return applied
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

/** Waits without blocking: the one that holds the lock may be in this very process. */
async function beginAlone(db: DatabaseSync): Promise<void> {
  db.exec('pragma busy_timeout = 0')
  for (let tries = 1; !db.isTransaction; tries++) {
    try {
      db.exec('begin immediate')
    } catch (error) {
      if (resultCode(error) !== SQLITE_BUSY || tries === LOCK_TRIES) throw asStoreError(error)
      await setTimeout(LOCK_PAUSE_MILLISECONDS)
    }
  }
  db.exec(`pragma busy_timeout = ${PATIENCE_MILLISECONDS}`)
}

const LOCK_TRIES = 100
const LOCK_PAUSE_MILLISECONDS = 50

export async function migratePostgres(url: string): Promise<string[]> {
  const db = overPostgres(url)
  try {
    return await migrateToLatest(db, 'postgres')
  } finally {
    await db.destroy()
  }
}

export function sqliteMigrationStatus(db: DatabaseSync): Promise<MigrationStatus> {
  return statusOf(overSqlite(db), 'sqlite')
}

export async function postgresMigrationStatus(url: string): Promise<MigrationStatus> {
  const db = overPostgres(url)
  try {
    return await statusOf(db, 'postgres')
  } finally {
    await db.destroy()
  }
}

async function migrateToLatest(db: Kysely<unknown>, dialect: Dialect): Promise<string[]> {
  // A database that a later version has migrated already is not an error: migrations only ever add.
  if ((await statusOf(db, dialect)).pending.length === 0) return []
  const { error, results } = await migratorFor(db, dialect).migrateToLatest()
  if (error !== undefined) throw error
  return (results ?? []).map((result) => result.migrationName)
}

async function statusOf(db: Kysely<unknown>, dialect: Dialect): Promise<MigrationStatus> {
  const migrations = await migratorFor(db, dialect).getMigrations()
  const applied = migrations.filter((migration) => migration.executedAt !== undefined)
  const names = new Set(applied.map((migration) => migration.name))
  return {
    applied: [...names],
    pending: MIGRATION_NAMES.filter((name) => !names.has(name)),
  }
}

function migratorFor(db: Kysely<unknown>, dialect: Dialect): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => migrationsFor(dialect) },
    // They only ever add, so one that was made on another line of development may come late.
    allowUnorderedMigrations: true,
  })
}

function overPostgres(url: string): Kysely<unknown> {
  // No caller waits for it, and a database that has just been started takes its time.
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000 })
  return new Kysely({ dialect: new PostgresDialect({ pool }) })
}

function overSqlite(db: DatabaseSync): Kysely<unknown> {
  return new Kysely({ dialect: new SqliteDialect({ database: asKyselyDatabase(db) }) })
}

/** Kysely's interface for SQLite drivers, over `node:sqlite`. */
function asKyselyDatabase(db: DatabaseSync): SqliteDatabase {
  return {
    close: () => undefined,
    prepare(text): SqliteStatement {
      const statement = db.prepare(text)
      const inputs = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...inputs(parameters)),
        run: (parameters) => statement.run(...inputs(parameters)),
        iterate: (parameters) => statement.iterate(...inputs(parameters)),
      }
    },
  }
}
