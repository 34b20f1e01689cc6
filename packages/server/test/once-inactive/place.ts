// Where a world keeps its database: a copy of one that was seeded once, so that no sequence waits for migrations, keys
// or password hashes.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../src/platform/clock.ts'
import type { StoreSettings } from '../../src/store/sql/open.ts'
import { copyDatabase } from '../../src/store/sql/sqlite-copy.ts'
import type { TenantKind } from './moves.ts'
import { type Seeded, seed, UPGRADE } from './seed.ts'

export interface Place {
  /** The database that nodes open now. */
  readonly settings: StoreSettings
  /** Whether nodes may have it open while it is backed up. */
  readonly copiesWhileOpen: boolean
  backUp(): Promise<void>
  /** Puts a copy of the backup in its place. */
  putBack(): Promise<void>
  remove(): Promise<void>
}

export interface Seed extends Seeded {
  createPlace(): Promise<Place>
}

/** One database for each kind of tenant, filled when it is first asked for. */
export interface Seeds {
  of(kind: TenantKind): Promise<Seed>
  remove(): Promise<void>
}

export function keepSeeds(fill: (kind: TenantKind) => Promise<Seed>): Seeds['of'] {
  const kept = new Map<TenantKind, Promise<Seed>>()
  return (kind) => {
    const seed = kept.get(kind) ?? fill(kind)
    kept.set(kind, seed)
    return seed
  }
}

export async function seedSqlite(clock: Clock): Promise<Seeds> {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-once-inactive-'))
  let files = 0
  const newFile = () => join(folder, `${++files}.db`)
  return {
    of: keepSeeds(async (kind) => {
      const template = join(folder, `${kind}.db`)
      const seeded = await seed(kind, { kind: 'sqlite', path: template }, clock)
      if (kind === 'upgraded') execute(template, UPGRADE(clock.nowSeconds()))
      return { ...seeded, createPlace: async () => createSqlitePlace(template, newFile) }
    }),
    remove: async () => rmSync(folder, { recursive: true }),
  }
}

function execute(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

function createSqlitePlace(template: string, newFile: () => string): Place {
  const mine: string[] = []
  const own = () => {
    const path = newFile()
    mine.push(path)
    return path
  }
  const copyOf = (path: string) => {
    const copy = own()
    copyFileSync(path, copy)
    return copy
  }
  let path = copyOf(template)
  let backup: string | undefined
  return {
    get settings() {
      return { kind: 'sqlite' as const, path }
    },
    copiesWhileOpen: true,
    async backUp() {
      backup = own()
      copyDatabase(path, backup)
    },
    async putBack() {
      if (backup !== undefined) path = copyOf(backup)
    },
    async remove() {
      for (const file of mine)
        for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true })
    },
  }
}
