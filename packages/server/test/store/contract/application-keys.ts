// What every store must do with application keys, access identifiers and trusted issuers.

import { beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../../src/platform/random.ts'
import { asClientId, type ClientId, type RevocationTag } from '../../../src/protocol/ids.ts'
import { lastTokenEnd } from '../../../src/protocol/token-lifetime.ts'
import type { GrantGuard, Store } from '../../../src/store/port.ts'
import type { GrantRecord } from '../../../src/store/records.ts'
import {
  accessIdentifierRecord,
  applicationKeyRecord,
  clientEnding,
  FOR_EVER,
  grantRecord,
  HOUR,
  NOW,
  newHash,
  newTenant,
  OTHER_USER,
  organisationRecord,
  tagOf,
  trustedIssuerRecord,
  USER,
  userEnding,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

const LIFETIME = 2 * HOUR

export function applicationKeyContract(store: TheStore): void {
  describe('application keys', () => {
    let tenant: string
    beforeEach(async () => {
      tenant = newTenant()
      await store().createOrganisation(organisationRecord({ tenant }), [])
      await store().createUser(userRecord({ tenant }), [])
    })
    keyContract(store, () => tenant)
    identifierContract(store, () => tenant)
    issuerContract(store, () => tenant)
  })
}

function keyContract(store: TheStore, tenantNow: () => string): void {
  test('gives a key back by its hash, with all its fields', async () => {
    const tenant = tenantNow()
    const key = applicationKeyRecord({ tenant, expiresAtSeconds: NOW + HOUR, scopes: [] })
    expect(await store().createApplicationKey(key)).toBe('created')
    expect(await store().findApplicationKey(tenant, key.hash)).toEqual(key)
    expect(await store().findApplicationKey(tenant, newHash())).toBeNull()
    expect(await store().findApplicationKey(newTenant(), key.hash)).toBeNull()
  })

  test('keeps the first of two keys with one id or one hash', async () => {
    const tenant = tenantNow()
    const key = applicationKeyRecord({ tenant })
    await store().createApplicationKey(key)
    const { id, hash } = key
    expect(await store().createApplicationKey(applicationKeyRecord({ tenant, id }))).toBe('exists')
    expect(await store().createApplicationKey(applicationKeyRecord({ tenant, hash }))).toBe(
      'exists',
    )
    expect(await store().listApplicationKeys(tenant)).toEqual([key])
  })

  test('lists keys, the oldest first, and remembers when one was last used', async () => {
    const tenant = tenantNow()
    const younger = applicationKeyRecord({ tenant, createdAtSeconds: NOW + 1 })
    const older = applicationKeyRecord({ tenant })
    await store().createApplicationKey(younger)
    await store().createApplicationKey(older)
    await store().recordApplicationKeyUse(tenant, older.id, NOW + 60)
    expect(await store().listApplicationKeys(tenant)).toEqual([
      { ...older, lastUsedAtSeconds: NOW + 60 },
      younger,
    ])
  })

  test('a key is suspended and resumed once each, and says so', async () => {
    const tenant = tenantNow()
    const key = applicationKeyRecord({ tenant })
    await store().createApplicationKey(key)
    const suspended = async () =>
      (await store().findApplicationKey(tenant, key.hash))?.suspendedAtSeconds
    expect(await store().resumeApplicationKey(tenant, key.id)).toBe(false)
    expect(await store().suspendApplicationKey(ending(tenant, key.id))).toBe(true)
    expect(await store().suspendApplicationKey(ending(tenant, key.id))).toBe(false)
    expect(await suspended()).toBe(NOW + 5)
    expect(await store().resumeApplicationKey(tenant, key.id)).toBe(true)
    expect(await suspended()).toBeNull()
  })

  test('what is suspended or deleted must be there', async () => {
    const unknown = ending(tenantNow(), asClientId('nobody'))
    expect(await store().suspendApplicationKey(unknown)).toBe(false)
    expect(await store().deleteApplicationKey(unknown)).toBe(false)
    expect(await store().suspendTrustedIssuer(unknown)).toBe(false)
    expect(await store().deleteTrustedIssuer(unknown)).toBe(false)
    expect(await store().deleteAccessIdentifier(unknown)).toBe(false)
    expect(await feedOf(store(), tenantNow())).toEqual([])
  })

  const endings = {
    'suspending a key': (tenant: string, id: ClientId) =>
      store().suspendApplicationKey(ending(tenant, id)),
    'deleting a key': (tenant: string, id: ClientId) =>
      store().deleteApplicationKey(ending(tenant, id)),
  }
  test.for(Object.entries(endings))(
    '%s ends its live grants, and publishes the key and each of them, in one order',
    async ([_name, end]) => {
      const tenant = tenantNow()
      const [key, other] = [applicationKeyRecord({ tenant }), applicationKeyRecord({ tenant })]
      await store().createApplicationKey(key)
      await store().createApplicationKey(other)
      const openWith = ({ id }: { id: ClientId }, endsAtSeconds = NOW + LIFETIME) =>
        open(store(), { tenant, clientId: id, userId: null, endsAtSeconds }, byKey(id))
      const live = [await openWith(key), await openWith(key), await openWith(key)]
      const over = await openWith(key, NOW - LIFETIME)
      const foreign = await openWith(other)

      expect(await end(tenant, key.id)).toBe(true)
      const ids = live.map(({ id }) => id).toSorted()
      expect(await feedOf(store(), tenant)).toEqual([
        [1, 'client', key.tag],
        [2, 'grant', ids[0]],
        [3, 'grant', ids[1]],
        [4, 'grant', ids[2]],
      ])
      expect(await endedAt(store(), tenant, [...live, over, foreign])).toEqual([
        ...[NOW + 5, NOW + 5, NOW + 5],
        ...[null, null],
      ])
    },
  )

  test('where tokens carry the tag of the key, its line says it all', async () => {
    const tenant = tenantNow()
    const key = applicationKeyRecord({ tenant })
    await store().createApplicationKey(key)
    const grant = await open(store(), { tenant, clientId: key.id, userId: null }, byKey(key.id))
    await store().suspendApplicationKey(clientEnding({ tenant, id: key.id }))
    expect(await feedOf(store(), tenant)).toEqual([[1, 'client', key.tag]])
    expect(await endedAt(store(), tenant, [grant])).toEqual([NOW + 5])
  })

  test('security H6: a key that was suspended and resumed opens nothing under its former tag', async () => {
    const tenant = tenantNow()
    const key = applicationKeyRecord({ tenant })
    await store().createApplicationKey(key)
    await store().suspendApplicationKey(ending(tenant, key.id))
    await store().resumeApplicationKey(tenant, key.id)
    const openWith = (clientTag: RevocationTag) =>
      store().openGrant({
        grant: grantRecord({ tenant, clientId: key.id, clientTag, userId: null }),
        tokens: { accessToken: null, refreshToken: null },
        endsAtSeconds: NOW + LIFETIME,
        guard: byKey(key.id),
      })
    expect(await openWith(key.tag)).toBe('key_ended')
    const tag = (await store().findApplicationKey(tenant, key.hash))?.tag ?? key.tag
    expect(await openWith(tag)).toBe('opened')
  })

  test('a deleted key is gone, and the feed goes on after the lines of its grants', async () => {
    const tenant = tenantNow()
    const key = applicationKeyRecord({ tenant })
    await store().createApplicationKey(key)
    await store().deleteApplicationKey(ending(tenant, key.id))
    expect(await store().findApplicationKey(tenant, key.hash)).toBeNull()
    expect(await store().listApplicationKeys(tenant)).toEqual([])
    await store().createUser(userRecord({ tenant }), [])
    await store().revokeUserGrants({ ...userEnding({ tenant }), clientId: null })
    expect(await feedOf(store(), tenant)).toEqual([
      [1, 'client', key.tag],
      [3, 'user', tagOf(USER)],
    ])
  })

  test('the lines say until when tokens are void, and for how long that matters', async () => {
    const tenant = tenantNow()
    const key = applicationKeyRecord({ tenant })
    await store().createApplicationKey(key)
    const grant = await open(store(), { tenant, clientId: key.id, userId: null }, byKey(key.id))
    await store().suspendApplicationKey(ending(tenant, key.id))
    const lines = (await store().readFeed({ ...wholeFeed, tenant })).lines
    const expiresAtSeconds = lastTokenEnd(NOW + 5)
    const [everything, soFar] = [FOR_EVER, NOW + 5]
    expect(lines).toEqual([
      {
        ...{ sequence: 1, kind: 'client', subject: key.tag, expiresAtSeconds },
        issuedUntilSeconds: everything,
      },
      {
        ...{ sequence: 2, kind: 'grant', subject: grant.id, expiresAtSeconds },
        issuedUntilSeconds: soFar,
      },
    ])
  })
}

function identifierContract(store: TheStore, tenantNow: () => string): void {
  test('gives an access identifier back by kind and hash, with its user', async () => {
    const tenant = tenantNow()
    const issuer = trustedIssuerRecord({ tenant })
    await store().createTrustedIssuer(issuer)
    const code = accessIdentifierRecord({ tenant })
    const { hash } = code
    const identifier = accessIdentifierRecord({
      ...{ tenant, hash, kind: 'identifier', passCodeHash: '$argon2id$x' },
      createdAtSeconds: NOW + 1,
    })
    const identity = accessIdentifierRecord({
      ...{ tenant, hash, kind: 'identity', trustedIssuerId: issuer.id },
      createdAtSeconds: NOW + 2,
    })
    const all = [code, identifier, identity]
    const user = userRecord({ tenant })
    for (const each of all) expect(await store().createAccessIdentifier(each)).toBe('created')
    for (const each of all) {
      const found = await store().findAccessIdentifier(tenant, each.kind, hash)
      expect(found).toEqual({ identifier: each, user })
    }
    expect(await store().findAccessIdentifier(newTenant(), code.kind, hash)).toBeNull()
    expect(await store().findAccessIdentifier(tenant, code.kind, newHash())).toBeNull()
    expect(await store().listAccessIdentifiers(tenant, USER)).toEqual(all)
    expect(await store().listAccessIdentifiers(tenant, OTHER_USER)).toEqual([])
  })

  test('keeps the first of two access identifiers with one id, or one kind and hash', async () => {
    const tenant = tenantNow()
    const first = accessIdentifierRecord({ tenant })
    const { id, hash } = first
    const create = (given: object) =>
      store().createAccessIdentifier(accessIdentifierRecord({ tenant, ...given }))
    await store().createAccessIdentifier(first)
    expect(await create({ id })).toBe('exists')
    expect(await create({ hash })).toBe('exists')
    expect(await store().listAccessIdentifiers(tenant, USER)).toEqual([first])
  })

  test('remembers when an access identifier was last used', async () => {
    const tenant = tenantNow()
    const code = accessIdentifierRecord({ tenant })
    await store().createAccessIdentifier(code)
    await store().recordAccessIdentifierUse(tenant, code.id, NOW + 60)
    expect(await store().listAccessIdentifiers(tenant, USER)).toEqual([
      { ...code, lastUsedAtSeconds: NOW + 60 },
    ])
  })

  test('a deleted access identifier ends what was opened with it, and nothing else', async () => {
    const tenant = tenantNow()
    const key = applicationKeyRecord({ tenant })
    const [code, other] = [accessIdentifierRecord({ tenant }), accessIdentifierRecord({ tenant })]
    await store().createApplicationKey(key)
    await store().createAccessIdentifier(code)
    await store().createAccessIdentifier(other)
    const openWith = (accessIdentifierId: string | null) =>
      open(store(), { tenant, clientId: key.id }, { ...byKey(key.id), accessIdentifierId })
    const grants = [await openWith(code.id), await openWith(other.id), await openWith(null)]

    expect(await store().deleteAccessIdentifier({ ...ending(tenant, code.id) })).toBe(true)
    expect(await store().listAccessIdentifiers(tenant, USER)).toEqual([other])
    expect(await feedOf(store(), tenant)).toEqual([[1, 'grant', grants[0]?.id]])
    expect(await endedAt(store(), tenant, grants)).toEqual([NOW + 5, null, null])
  })
}

function issuerContract(store: TheStore, tenantNow: () => string): void {
  test('gives a trusted issuer back by the name it has in its JWTs', async () => {
    const tenant = tenantNow()
    const pinned = trustedIssuerRecord({ tenant })
    const fetched = trustedIssuerRecord({
      ...{ tenant, jwksUri: 'https://id.example/jwks', pinnedKeys: null },
      createdAtSeconds: NOW + 1,
    })
    expect(await store().createTrustedIssuer(pinned)).toBe('created')
    expect(await store().createTrustedIssuer(fetched)).toBe('created')
    expect(await store().createTrustedIssuer({ ...pinned, id: asClientId(newId()) })).toBe('exists')
    expect(await store().findTrustedIssuer(tenant, fetched.issuer)).toEqual(fetched)
    expect(await store().findTrustedIssuer(newTenant(), fetched.issuer)).toBeNull()
    expect(await store().listTrustedIssuers(tenant)).toEqual([pinned, fetched])
  })

  test('a trusted issuer is suspended and resumed once each; suspended, its grants end', async () => {
    const tenant = tenantNow()
    const { issuer, grant } = await openByIdentity(store(), tenant)
    expect(await store().resumeTrustedIssuer(tenant, issuer.id)).toBe(false)
    expect(await store().suspendTrustedIssuer(ending(tenant, issuer.id))).toBe(true)
    expect(await store().suspendTrustedIssuer(ending(tenant, issuer.id))).toBe(false)
    expect(await feedOf(store(), tenant)).toEqual([
      [1, 'client', issuer.tag],
      [2, 'grant', grant.id],
    ])
    const found = await store().findTrustedIssuer(tenant, issuer.issuer)
    expect(found?.tag).not.toBe(issuer.tag)
    const suspended = { ...issuer, tag: found?.tag, suspendedAtSeconds: NOW + 5 }
    expect(found).toEqual(suspended)
    expect(await store().resumeTrustedIssuer(tenant, issuer.id)).toBe(true)
    const resumed = { ...suspended, suspendedAtSeconds: null }
    expect(await store().findTrustedIssuer(tenant, issuer.issuer)).toEqual(resumed)
  })

  test('a deleted trusted issuer takes its identities and grants along', async () => {
    const tenant = tenantNow()
    const code = accessIdentifierRecord({ tenant })
    await store().createAccessIdentifier(code)
    const { issuer, grant } = await openByIdentity(store(), tenant)
    expect(await store().deleteTrustedIssuer(ending(tenant, issuer.id))).toBe(true)
    expect(await store().listTrustedIssuers(tenant)).toEqual([])
    expect(await store().listAccessIdentifiers(tenant, USER)).toEqual([code])
    expect(await endedAt(store(), tenant, [grant])).toEqual([NOW + 5])
  })
}

function ending(tenant: string, id: string) {
  return clientEnding({ tenant, id: asClientId(id), tokensName: 'grant' })
}

const byKey = (keyId: ClientId) => ({ kind: 'key', keyId, accessIdentifierId: null }) as const

async function openByIdentity(store: Store, tenant: string) {
  const issuer = trustedIssuerRecord({ tenant })
  await store.createTrustedIssuer(issuer)
  const identity = { kind: 'identity', trustedIssuerId: issuer.id } as const
  const identifier = accessIdentifierRecord({ tenant, ...identity })
  await store.createAccessIdentifier(identifier)
  const guard = { ...identity, accessIdentifierId: identifier.id, once: null }
  return { issuer, grant: await open(store, { tenant, clientId: issuer.id }, guard) }
}

async function open(
  store: Store,
  given: Partial<GrantRecord> & { tenant: string; endsAtSeconds?: number },
  guard: GrantGuard,
): Promise<GrantRecord> {
  const { endsAtSeconds = NOW + LIFETIME, ...record } = given
  const grant = grantRecord(record)
  const tokens = { accessToken: null, refreshToken: null }
  expect(await store.openGrant({ grant, tokens, endsAtSeconds, guard })).toBe('opened')
  return grant
}

const wholeFeed = { afterSequence: 0, nowSeconds: NOW, limit: 100 }

async function feedOf(store: Store, tenant: string) {
  const lines = (await store.readFeed({ ...wholeFeed, tenant })).lines
  return lines.map(({ sequence, kind, subject }) => [sequence, kind, subject])
}

async function endedAt(store: Store, tenant: string, grants: readonly GrantRecord[]) {
  const found = await Promise.all(grants.map(({ id }) => store.findGrant(tenant, id)))
  return found.map((grant) => grant?.revokedAtSeconds)
}
