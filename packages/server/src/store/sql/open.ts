// Opens the store that the settings name. Must not know what is kept in it.

import { existsSync } from 'node:fs'
import type { Log } from '../../protocol/message.ts'
import { cacheClients } from '../cached-clients.ts'
import type { Store } from '../port.ts'
import { createCheckpointer } from './checkpointer.ts'
import { createExchange, type Exchange } from './exchange.ts'
import {
  type MigrationStatus,
  migratePostgres,
  migrateSqlite,
  postgresMigrationStatus,
  sqliteMigrationStatus,
} from './migrate.ts'
import { MIGRATION_NAMES } from './migrations/index.ts'
import type { Driver } from './plan.ts'
import { PostgresDriver, UNHURRIED } from './postgres.ts'
import { asStoreError } from './postgres-errors.ts'
import { createPostgresExchange } from './postgres-exchange.ts'
import { openPool } from './postgres-pool.ts'
import { SqliteDriver } from './sqlite.ts'
import { openDatabaseFile, watchDatabaseFiles } from './sqlite-file.ts'
import { compilerFor } from './statement.ts'
import { createStore } from './store.ts'

export type StoreSettings =
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'postgres'
      readonly url: string
      readonly poolSize?: number
      /** Where to listen, when a pooler is at the other address. */
      readonly listenUrl?: string | undefined
      /** Whether a connection keeps them; not where a pooler gives each transaction another one. */
      readonly preparedStatements?: boolean
    }

export interface OpenOptions {
  readonly migrate: boolean
  /** For work that no caller waits for, such as an import: a statement takes the time that it takes. */
  readonly patient?: boolean
  /** Hears of trouble that no call meets. */
  readonly log?: Log
}

/** @throws StoreUnavailableError when it cannot be reached, or is not migrated and `migrate` is false. */
export async function openStore(settings: StoreSettings, options: OpenOptions): Promise<Store> {
  const driver = await openDriver(settings, options)
  const exchange = openExchange(settings, driver, options.log)
  const store = cacheClients(createStore(driver, exchange))
  try {
    await store.check()
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

export async function migrateStore(settings: StoreSettings): Promise<{ applied: string[] }> {
  if (settings.kind === 'postgres') {
    return { applied: await reaching(migratePostgres(settings.url)) }
  }
  using db = openDatabaseFile(settings.path)
  return { applied: await migrateSqlite(db) }
}

export async function migrationStatus(settings: StoreSettings): Promise<MigrationStatus> {
  if (settings.kind === 'postgres') return reaching(postgresMigrationStatus(settings.url))
  if (!existsSync(settings.path)) return { applied: [], pending: MIGRATION_NAMES }
  using db = openDatabaseFile(settings.path)
  return await sqliteMigrationStatus(db)
}

async function openDriver(settings: StoreSettings, options: OpenOptions): Promise<Driver> {
  const { migrate, patient = false, log } = options
  if (settings.kind === 'postgres') {
    if (migrate) await migrateStore(settings)
    const { url, poolSize: size = DEFAULT_POOL_SIZE } = settings
    const pool = openPool({ url, size, patient })
    return new PostgresDriver(pool, compilerFor('postgres'), {
      ...settings,
      ...(patient && UNHURRIED),
    })
  }
  const db = openDatabaseFile(settings.path)
  try {
    if (migrate) await migrateSqlite(db)
    const { path } = settings
    if (path === ':memory:') return new SqliteDriver(db, compilerFor('sqlite'))
    return new SqliteDriver(db, compilerFor('sqlite'), {
      checkpointer: createCheckpointer({ path, log }),
      checkFiles: watchDatabaseFiles(db, path),
    })
  } catch (error) {
    db.close()
    throw error
  }
}

const DEFAULT_POOL_SIZE = 10

function openExchange(settings: StoreSettings, driver: Driver, log?: Log): Exchange {
  if (settings.kind === 'sqlite') return createExchange()
  return createPostgresExchange({ driver, url: settings.listenUrl ?? settings.url, log })
}

/** No error of the driver leaves the store for want of a connection. */
async function reaching<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw asStoreError(error)
  }
}
