// Rows in SQLite, each owned by an organisation and a unit, some by a consumer. No statement here runs without an owner.

import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from 'node:sqlite'
import type { Column, Resource } from './resources.ts'

/** Whose rows a request may see: all of an organisation's, or those of one unit, of one consumer, of both. */
export interface Owner {
  readonly organisationId: string
  readonly unitId: string | undefined
  readonly consumerId: string | undefined
}

export type Values = Readonly<Record<string, SQLInputValue>>
export type Row = Readonly<Record<string, SQLOutputValue>>

const SCHEMA_VERSION = 2
const OWNED = `organisation_id = :organisation AND (:unit IS NULL OR unit_id = :unit)
  AND (:consumer IS NULL OR consumer_id = :consumer)`

/** Other users of the machine have no business with the rows; SQLite gives its further files the same mode. */
function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  closeSync(openSync(path, 'a', 0o600))
  // Also one that an earlier version made.
  chmodSync(path, 0o600)
}

export class Store {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** `seed` fills a database that did not exist before. */
  constructor(path: string, resources: readonly Resource[], seed: (store: Store) => void) {
    if (path !== ':memory:') createPrivateFile(path)
    this.#database = new DatabaseSync(path)
    this.#database.exec('PRAGMA journal_mode = WAL')
    const version = this.#schemaVersion()
    if (version === SCHEMA_VERSION) return
    this.#transaction(() => {
      const change = version === 1 ? addConsumer : createTable
      for (const resource of resources) this.#database.exec(change(resource))
      if (version === 0) seed(this)
      this.#database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
    })
  }

  list(resource: Resource, owner: Owner, page: { after: number; limit: number }): Row[] {
    return this.#prepare(
      `SELECT ${visibleColumns(resource)} FROM ${resource.name}
       WHERE ${OWNED} AND id > :after ORDER BY id LIMIT :limit`,
    ).all({ ...ownerValues(owner), ...page })
  }

  get(resource: Resource, owner: Owner, id: number): Row | undefined {
    return this.#prepare(
      `SELECT ${visibleColumns(resource)} FROM ${resource.name} WHERE ${OWNED} AND id = :id`,
    ).get({ ...ownerValues(owner), id })
  }

  insert(resource: Resource, owner: Owner, values: Values): Row {
    const names = resource.columns.map(({ name }) => name)
    const row = this.#prepare(
      `INSERT INTO ${resource.name} (organisation_id, unit_id, consumer_id, ${names.join(', ')}, created_at, updated_at)
       VALUES (:organisation, :unit, :consumer, ${names.map((name) => `:${name}`).join(', ')}, :now, :now)
       RETURNING ${visibleColumns(resource)}`,
    ).get({ ...ownerValues(owner), ...defaults(resource.columns), ...values, now: now() })
    if (!row) throw new Error(`The new row of ${resource.name} was not returned`)
    return row
  }

  /** Undefined when the owner has no such row. */
  update(
    resource: Resource,
    owner: Owner,
    change: { id: number; values: Values },
  ): Row | undefined {
    const names = resource.columns.map(({ name }) => name).filter((name) => name in change.values)
    return this.#prepare(
      `UPDATE ${resource.name} SET ${names.map((name) => `${name} = :${name}`).join(', ')}, updated_at = :now
       WHERE ${OWNED} AND id = :id RETURNING ${visibleColumns(resource)}`,
    ).get({ ...ownerValues(owner), ...change.values, id: change.id, now: now() })
  }

  /** False when the owner has no such row. */
  remove(resource: Resource, owner: Owner, id: number): boolean {
    const { changes } = this.#prepare(
      `DELETE FROM ${resource.name} WHERE ${OWNED} AND id = :id`,
    ).run({ ...ownerValues(owner), id })
    return Number(changes) === 1
  }

  close(): void {
    this.#database.close()
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #schemaVersion(): number {
    return Number(this.#database.prepare('PRAGMA user_version').get()?.user_version)
  }
}

// Names in the SQL below and above come from our own list of resources, never from a request.

function createTable(resource: Resource): string {
  const columns = resource.columns.map((column) => `${column.name} ${columnType(column)},`)
  return `
    CREATE TABLE ${resource.name} (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      organisation_id TEXT NOT NULL,
      unit_id TEXT,
      consumer_id TEXT,
      ${columns.join('\n      ')}
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX ${resource.name}_by_owner ON ${resource.name} (organisation_id, id);`
}

/** Of a database that was made before rows could be a consumer's. */
function addConsumer(resource: Resource): string {
  return `ALTER TABLE ${resource.name} ADD COLUMN consumer_id TEXT`
}

function columnType(column: Column): string {
  const type = column.kind === 'cents' || column.kind === 'reference' ? 'INTEGER' : 'TEXT'
  if (column.target) return `${type} REFERENCES ${column.target} (id) ON DELETE SET NULL`
  return column.required || column.choices ? `${type} NOT NULL` : type
}

function visibleColumns(resource: Resource): string {
  const names = resource.columns.map(({ name }) => name)
  return ['id', 'unit_id', ...names, 'created_at', 'updated_at'].join(', ')
}

function ownerValues({ organisationId, unitId, consumerId }: Owner) {
  return { organisation: organisationId, unit: unitId ?? null, consumer: consumerId ?? null }
}

function defaults(columns: readonly Column[]): Values {
  return Object.fromEntries(columns.map(({ name, choices }) => [name, choices?.[0] ?? null]))
}

function now(): string {
  return new Date().toISOString()
}
