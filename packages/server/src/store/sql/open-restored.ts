// Opens a database that was just restored. Must not know what is kept in it.

import pg from 'pg'
import type { RestoredDatabase } from '../port/restore.ts'
import { migrateStore, type StoreSettings } from './open.ts'
import { PostgresDriver, UNHURRIED } from './postgres.ts'
import { asStoreError } from './postgres-errors.ts'
import { openPool } from './postgres-pool.ts'
import { createRestoredDatabase } from './restore.ts'
import { SqliteDriver } from './sqlite.ts'
import { openDatabaseFile } from './sqlite-file.ts'
import { compilerFor } from './statement.ts'

/** A backup may be older than this version: it is brought up to date first. @throws StoreUnavailableError */
export async function openRestored(settings: StoreSettings): Promise<RestoredDatabase> {
  await migrateStore(settings)
  if (settings.kind === 'sqlite') {
    const db = openDatabaseFile(settings.path)
    return createRestoredDatabase(new SqliteDriver(db, compilerFor('sqlite')))
  }
  const pool = openPool({ url: settings.url, size: 1, patient: true })
  return createRestoredDatabase(
    new PostgresDriver(pool, compilerFor('postgres'), { ...settings, ...UNHURRIED }),
  )
}

/** @returns what else is connected to a database of PostgreSQL: `name at address` */
export async function listOtherConnections(url: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  try {
    await client.connect()
    const { rows } = await client.query(
      `select coalesce(nullif(application_name, ''), 'a program without a name') as name,
         coalesce(host(client_addr), 'this machine') as address
       from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()
         and backend_type = 'client backend'`,
    )
    return rows.map(({ name, address }) => `${name} at ${address}`)
  } catch (error) {
    throw asStoreError(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}
