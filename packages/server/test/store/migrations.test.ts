// Opening and migrating a database, as the commands do it.

import { describe, expect, test } from 'vitest'
import {
  migrateStore,
  migrationStatus,
  openStore,
  type StoreSettings,
} from '../../src/store/sql/open.ts'
import { createDatabase } from '../support/postgres.ts'
import { DIALECTS, temporaryFolder } from './databases.ts'

const NAMES = ['0001-initial', '0002-contracts', '0003-several-processes', '0004-lighter-tokens']

async function newSettings(dialect: 'sqlite' | 'postgres'): Promise<StoreSettings> {
  return dialect === 'sqlite'
    ? { kind: 'sqlite', path: `${await temporaryFolder()}/ostiary.db` }
    : { kind: 'postgres', url: await createDatabase() }
}

describe.for(DIALECTS)('a database on %s', (dialect) => {
  test('tells which migrations it has and which it lacks', async () => {
    const settings = await newSettings(dialect)
    expect(await migrationStatus(settings)).toEqual({ applied: [], pending: NAMES })
    expect(await migrateStore(settings)).toEqual({ applied: NAMES })
    expect(await migrateStore(settings)).toEqual({ applied: [] })
    expect(await migrationStatus(settings)).toEqual({ applied: NAMES, pending: [] })
  })

  test('that is not migrated is refused with the command that helps', async () => {
    const settings = await newSettings(dialect)
    await expect(openStore(settings, { migrate: false })).rejects.toMatchObject({
      name: 'StoreUnavailableError',
      message: expect.stringContaining('run `ostiary migrate`'),
    })
    await migrateStore(settings)
    const store = await openStore(settings, { migrate: false })
    await expect(store.check()).resolves.toBeUndefined()
    await store.close()
  })

  test('is migrated by one of several processes that start at once', async () => {
    const settings = await newSettings(dialect)
    const results = await Promise.all([1, 2, 3].map(() => migrateStore(settings)))
    expect(results.flatMap((result) => result.applied)).toEqual(NAMES)
  })
})
