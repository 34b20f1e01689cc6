// Where a world keeps its database: a copy of one that was seeded once, so that no sequence waits for migrations, keys
// or password hashes.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { openStore, type StoreSettings } from '../../src/store/sql/open.ts'
import { copyDatabase } from '../../src/store/sql/sqlite-copy.ts'
import { createKeyRing, signingKeySealer } from '../../src/tokens/keys.ts'
import { MAIN_TENANT } from '../support/tenant.ts'
import { populate } from '../support/world.ts'

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

export interface Seed {
  readonly sealer: Sealer
  readonly applicationKey: string
  readonly applicationKeyId: string
  createPlace(): Promise<Place>
  remove(): Promise<void>
}

/** Fills an empty database with the people, apps and keys of every world. */
export async function seed(settings: StoreSettings, clock: Clock) {
  const sealer = new Sealer(Buffer.alloc(32, 7))
  const store = await openStore(settings, { migrate: true })
  const tenant = MAIN_TENANT
  await populate(store, clock.nowSeconds())
  const context = { tenant, store, clock, actor: 'operator' }
  const { key, record } = await createApplicationKey(
    { organisationId: 'acme', name: 'key' },
    context,
  )
  await createKeyRing({ tenant, store, clock, sealer: signingKeySealer(sealer, tenant) }).signer()
  await store.close()
  return { sealer, applicationKey: key, applicationKeyId: record.id }
}

export async function seedSqlite(clock: Clock): Promise<Seed> {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-once-inactive-'))
  const template = join(folder, 'template.db')
  const seeded = await seed({ kind: 'sqlite', path: template }, clock)
  let files = 0
  const newFile = () => join(folder, `${++files}.db`)
  return {
    ...seeded,
    createPlace: async () => createSqlitePlace(template, newFile),
    remove: async () => rmSync(folder, { recursive: true }),
  }
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
