// Takes a database away from a running server, as it happens: PostgreSQL is gone, SQLite is locked by another
// process. And the whole store at once, whatever its kind.

import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { type Store, StoreUnavailableError } from '../../src/store/port.ts'
import type { StoreSettings } from '../../src/store/sql/open.ts'

/** @returns what brings it back */
export function interruptDatabase(database: StoreSettings): Promise<() => Promise<void>> {
  return database.kind === 'postgres' ? hidePostgres(database.url) : lockSqlite(database.path)
}

async function hidePostgres(url: string): Promise<() => Promise<void>> {
  const maintenance = new URL(url)
  const name = maintenance.pathname.slice(1)
  maintenance.pathname = '/postgres'
  const admin = new pg.Client({ connectionString: maintenance.href })
  await admin.connect()
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    name,
  ])
  await admin.query(`alter database ${name} rename to ${name}_away`)
  return async () => {
    await admin.query(`alter database ${name}_away rename to ${name}`)
    await admin.end()
  }
}

async function lockSqlite(path: string): Promise<() => Promise<void>> {
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  return async () => {
    other.exec('rollback')
    other.close()
  }
}

/** What is not asked of the database. */
const ABOUT_ITSELF = ['watch', 'load', 'close', 'hearNews', 'hearsOthers']

/** Every call to the database fails until the returned function is called. @param reason what must not get out */
export function takeDown(store: Store, reason: string): () => void {
  const original = { ...store }
  const fail = () => Promise.reject(new StoreUnavailableError(reason))
  for (const name of Object.keys(store)) {
    if (!ABOUT_ITSELF.includes(name)) Object.assign(store, { [name]: fail })
  }
  return () => {
    Object.assign(store, original)
  }
}

/** Every call to the database waits until the returned function is called, and then goes on. */
export function holdUp(store: Store): () => void {
  const original = { ...store }
  const { promise: released, resolve } = Promise.withResolvers<void>()
  for (const [name, call] of Object.entries(original)) {
    if (ABOUT_ITSELF.includes(name)) continue
    const later = async (...args: unknown[]) => {
      await released
      return Reflect.apply(call, store, args)
    }
    Object.assign(store, { [name]: later })
  }
  return () => {
    Object.assign(store, original)
    resolve()
  }
}
