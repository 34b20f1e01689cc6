// Opening and migrating a database, as the commands do it.

import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/port.ts'
import { codesHoldGrantsSchema } from '../../src/store/sql/migrations/0006-codes-hold-grants.ts'
import {
  migrateStore,
  migrationStatus,
  openStore,
  type StoreSettings,
} from '../../src/store/sql/open.ts'
import { executeStatements } from '../support/older-database.ts'
import { createDatabase } from '../support/postgres.ts'
import { DIALECTS, temporaryFolder } from './databases.ts'
import {
  approvalOf,
  approve,
  clientRecord,
  codeRecord,
  consentRecord,
  giveGrant,
  hashOf,
  keyRecord,
  NOW,
  newTenant,
  redemptionOf,
  secretRecord,
  USER,
} from './records.ts'

/** One file each, beside the registry. */
const NAMES = readdirSync(new URL('../../src/store/sql/migrations', import.meta.url))
  .filter((file) => /^\d{4}-/.test(file))
  .map((file) => file.replace(/\.ts$/, ''))
  .toSorted()

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

  test('security H5: 0009 carries consents on with the redirect URIs that are registered now', async () => {
    const settings = await newSettings(dialect)
    await migrateStore(settings)
    const tenant = newTenant()
    await openStoreAndDo(settings, async (store) => {
      await store.createClient(clientRecord({ tenant }), null)
      const consent = consentRecord({ tenant, redirectUris: [] })
      await store.approveAuthorization(approvalOf(codeRecord({ tenant }), { consent }))
    })
    await executeStatements(settings, [
      'alter table consents drop column redirect_uris',
      "delete from kysely_migration where name = '0009-consent-covers'",
    ])
    expect(await migrateStore(settings)).toEqual({ applied: ['0009-consent-covers'] })
    const { redirectUris } = clientRecord({ tenant })
    const wanted = consentRecord({ tenant, redirectUris })
    expect(await openStoreAndDo(settings, (store) => store.findConsent(wanted))).toEqual(wanted)
  })

  test('clients G2: 0016 leaves apps the algorithm of their tenant, and ID tokens as they were', async () => {
    const settings = await newSettings(dialect)
    await migrateStore(settings)
    const tenants = { ES256: newTenant(), RS256: newTenant(), none: newTenant() }
    const set = (tenant: string, algorithm: 'ES256' | 'RS256') =>
      (['current', 'next'] as const).map((state) => keyRecord({ tenant, algorithm, state }))
    await openStoreAndDo(settings, async (store) => {
      for (const tenant of Object.values(tenants)) {
        await store.createClient(clientRecord({ tenant, idTokenProfile: true }), null)
      }
      await store.createFirstKeys(set(tenants.ES256, 'ES256'))
      await store.createFirstKeys(set(tenants.RS256, 'RS256'))
    })
    await executeStatements(settings, [
      'drop index signing_keys_current',
      'drop index signing_keys_next',
      `create unique index signing_keys_current on signing_keys (tenant, resource_server) where state = 'current'`,
      `create unique index signing_keys_next on signing_keys (tenant, resource_server) where state = 'next'`,
      'alter table clients drop column id_token_algorithm',
      'alter table clients drop column id_token_profile',
      // It was changing from RS256 to ES256.
      `update signing_keys set algorithm = 'ES256' where state = 'next' and tenant = '${tenants.RS256}'`,
      "delete from kysely_migration where name = '0016-id-tokens'",
    ])
    expect(await migrateStore(settings)).toEqual({ applied: ['0016-id-tokens'] })
    const { id } = clientRecord({ tenant: tenants.none })
    await openStoreAndDo(settings, async (store) => {
      const algorithmOf = async (tenant: string) => {
        const { client } = (await store.findClient(tenant, id)) ?? {}
        expect(client?.idTokenProfile).toBe(false)
        return client?.idTokenAlgorithm
      }
      expect(await algorithmOf(tenants.ES256)).toBe('ES256')
      expect(await algorithmOf(tenants.RS256)).toBe('RS256')
      expect(await algorithmOf(tenants.none)).toBe('ES256')
      const changing = await store.listKeys(tenants.RS256, NOW)
      expect(changing.map(({ state }) => state)).toEqual(['current', 'current'])
    })
  })

  test('imports C3: 0018 leaves of equal secrets of an app the one that ends first', async () => {
    const settings = await newSettings(dialect)
    await migrateStore(settings)
    const tenant = newTenant()
    const hash = hashOf('twice')
    const secrets = [null, NOW + 60, NOW + 60, null].map((expiresAtSeconds, at) =>
      secretRecord({ tenant, id: `secret-${at}`, hash, expiresAtSeconds }),
    )
    const other = secretRecord({ tenant, id: 'other' })
    await openStoreAndDo(settings, (store) => store.createClient(clientRecord({ tenant }), other))
    const columns =
      '(tenant, id, client_id, name, hash, hint, created_at_seconds, expires_at_seconds)'
    await executeStatements(settings, [
      'drop index client_secrets_once',
      'drop table revoked_secrets',
      'create index client_secrets_by_client on client_secrets (tenant, client_id)',
      ...secrets.map(
        (
          each,
        ) => `insert into client_secrets ${columns} values ('${tenant}', '${each.id}', '${each.clientId}',
          'copy', '${hash}', '', ${NOW}, ${each.expiresAtSeconds})`,
      ),
      "delete from kysely_migration where name = '0018-secrets-once'",
    ])
    expect(await migrateStore(settings)).toEqual({ applied: ['0018-secrets-once'] })
    const { id } = clientRecord({ tenant })
    const found = await openStoreAndDo(settings, (store) => store.findClient(tenant, id))
    expect(found?.secrets.map((each) => each.id).toSorted()).toEqual(['other', 'secret-1'])
  })

  test('security H8: 0006 moves what waits for its redemption from the grants into the codes', async () => {
    const settings = await newSettings(dialect)
    await migrateStore(settings)
    const tenant = newTenant()
    const known = await openStoreAndDo(settings, async (store) => {
      const approveBeside = async () => {
        const { grant, code } = await approve(store, { tenant, unitId: 'unit-1' })
        return { grant: await giveGrant(store, grant), code }
      }
      const [waiting, ended] = [await approveBeside(), await approveBeside()]
      await store.revokeGrant({ tenant, grantId: ended.grant.id, nowSeconds: NOW })
      const spent = await approve(store, { tenant })
      await store.redeemCode(redemptionOf(spent.code))
      return { waiting, ended, spent }
    })
    const added = ['user_id', 'organisation_id', 'unit_id', 'scopes', 'audience']
    await executeStatements(settings, [
      ...[...added, 'auth_time_seconds', 'session_hash'].map(
        (column) => `alter table codes drop column ${column}`,
      ),
      ...codesHoldGrantsSchema(),
    ])
    await openStoreAndDo(settings, async (store) => {
      const { waiting, ended, spent } = known
      expect(await store.listUserGrants(tenant, USER)).toEqual([spent.grant])
      expect(await store.findCode(tenant, waiting.code.hash)).toEqual(waiting.code)
      expect(await store.redeemCode(redemptionOf(waiting.code))).toBe('redeemed')
      expect(await store.findGrant(tenant, waiting.grant.id)).toEqual(waiting.grant)
      expect(await store.redeemCode(redemptionOf(ended.code))).toBe('unknown')
      expect(await store.redeemCode(redemptionOf(spent.code))).toBe('already_redeemed')
    })
  })
})

async function openStoreAndDo<Result>(
  settings: StoreSettings,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await openStore(settings, { migrate: false })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
