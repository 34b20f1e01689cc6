// What every store must do with apps and their secrets.

import { describe, expect, test } from 'vitest'
import { newRevocationTag } from '../../../src/platform/random.ts'
import { asClientId } from '../../../src/protocol/ids.ts'
import { lastTokenEnd } from '../../../src/protocol/token-lifetime.ts'
import { MOST_LIVE_SECRETS } from '../../../src/store/limits.ts'
import type { ClientRecord, ClientSecretRecord } from '../../../src/store/records.ts'
import { walk } from '../../../src/store/walk.ts'
import {
  accessTokenRecord,
  CLIENT,
  clientEnding,
  clientRecord,
  consentRecord,
  FOR_EVER,
  giveGrant,
  grantRecord,
  HOUR,
  hashOf,
  NOW,
  newGrantId,
  newTenant,
  OTHER_CLIENT,
  rotationOf,
  secretRecord,
  startChain,
  tagOf,
  tokenApprovalOf,
  USER,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

export function clientContract(store: TheStore): void {
  describe('clients', () => {
    test('gives back a client with all its fields and its secrets', async () => {
      const tenant = newTenant()
      const client = clientRecord({
        tenant,
        organisationId: 'organisation-1',
        unitId: 'unit-1',
        postLogoutRedirectUris: ['https://app.example/bye'],
        defaultAudience: 'https://api.example',
        resourceServer: 'https://api.example',
        requirePkce: false,
        homepage: 'https://app.example',
        privacyUri: 'https://app.example/privacy',
        termsUri: 'https://app.example/terms',
        allowances: [
          { name: 'implicit', owner: 'ada', reason: 'old "widget"', endsAtSeconds: NOW + HOUR },
          { name: 'pkce-plain', owner: 'bob', reason: '会計', endsAtSeconds: NOW },
        ],
      })
      const secrets = [
        secretRecord({ tenant, id: 'secret-1' }),
        secretRecord({ tenant, id: 'secret-2', expiresAtSeconds: NOW + HOUR }),
      ] as const
      expect(await store().createClient(client, secrets[0])).toBe('created')
      await store().addClientSecret(secrets[1])
      expect(await store().findClient(tenant, CLIENT)).toEqual({ client, secrets })
    })

    test('gives back a client without secrets, and text as it was', async () => {
      const tenant = newTenant()
      const client = clientRecord({
        tenant,
        name: `Zoë's "app" — 会計; drop table clients`,
        scopes: [],
      })
      await store().createClient(client, null)
      expect(await store().findClient(tenant, CLIENT)).toEqual({ client, secrets: [] })
    })

    test('keeps the first of two clients with one id, and its secret', async () => {
      const tenant = newTenant()
      await store().createClient(clientRecord({ tenant }), null)
      const second = clientRecord({ tenant, name: 'Another' })
      expect(await store().createClient(second, secretRecord({ tenant }))).toBe('exists')
      expect(await store().findClient(tenant, CLIENT)).toEqual({
        client: clientRecord({ tenant }),
        secrets: [],
      })
    })

    test('imports clients with their secrets, as they are', async () => {
      const tenant = newTenant()
      const first = { client: clientRecord({ tenant }), secrets: [secretRecord({ tenant })] }
      const second = { client: clientRecord({ tenant, id: OTHER_CLIENT }), secrets: [] }
      expect(await store().importClients([first, second])).toEqual([])
      expect(await store().findClient(tenant, CLIENT)).toEqual(first)
      expect(await store().findClient(tenant, OTHER_CLIENT)).toEqual(second)
    })

    test('imports none when one is there already, or twice among them, and says which', async () => {
      const tenant = newTenant()
      await store().createClient(clientRecord({ tenant }), null)
      const many = [...Array.from({ length: 450 }, (_, index) => `new-${index}`), 'new-7', CLIENT]
      const clients = many.map((id) => {
        const client = clientRecord({ tenant, id: asClientId(id), name: 'Imported' })
        return { client, secrets: [secretRecord({ tenant, clientId: client.id })] }
      })
      expect(await store().importClients(clients)).toEqual([450, 451])
      expect(await store().listClients(tenant)).toEqual([clientRecord({ tenant })])
      expect(await store().importClients(clients.slice(0, 450))).toEqual([])
      const all = await Array.fromAsync(walk((page) => store().listClients(tenant, page)))
      expect(all.length).toBe(451)
    })

    test('keeps the clients of tenants apart', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      await store().createClient(clientRecord({ tenant }), null)
      expect(await store().findClient(other, CLIENT)).toBeNull()
      expect(await store().listClients(other)).toEqual([])
    })

    test('lists clients, the oldest first', async () => {
      const tenant = newTenant()
      const younger = clientRecord({ tenant, createdAtSeconds: NOW + 1 })
      const older = clientRecord({ tenant, id: OTHER_CLIENT })
      await store().createClient(younger, null)
      await store().createClient(older, null)
      expect(await store().listClients(tenant)).toEqual([older, younger])
    })

    test('forgets a revoked secret, once, and only of the client that has it', async () => {
      const tenant = newTenant()
      const secret = secretRecord({ tenant })
      await store().createClient(clientRecord({ tenant }), secret)
      expect(await store().revokeClientSecret({ ...secret, clientId: OTHER_CLIENT })).toBe(false)
      expect(await store().revokeClientSecret(secret)).toBe(true)
      expect(await store().revokeClientSecret(secret)).toBe(false)
      expect((await store().findClient(tenant, CLIENT))?.secrets).toEqual([])
    })

    test('imports C1: never takes a revoked secret again, nor one of a deleted app, even for the next one with the id', async () => {
      const tenant = newTenant()
      const secret = secretRecord({ tenant })
      const { hash, clientId } = secret
      await store().createClient(clientRecord({ tenant }), secret)
      expect(await store().isSecretRevoked({ tenant, clientId, hash })).toBe(false)
      await store().revokeClientSecret(secret)
      expect(await store().addClientSecret({ ...secret, id: 'again' })).toBe('revoked')
      const last = secretRecord({ tenant })
      await store().addClientSecret(last)
      await store().deleteClient(clientEnding({ tenant, id: CLIENT }))
      await store().createClient(clientRecord({ tenant }), null)
      for (const each of [secret, last]) {
        expect(await store().addClientSecret({ ...each, id: 'again' })).toBe('revoked')
      }
      expect(await store().isSecretRevoked({ tenant, clientId, hash })).toBe(true)
      expect(await store().isSecretRevoked({ tenant, clientId: OTHER_CLIENT, hash })).toBe(false)
      expect((await store().findClient(tenant, CLIENT))?.secrets).toEqual([])
    })

    test('imports C3: adds a secret once, and five that live at most, to an app that is in force', async () => {
      const tenant = newTenant()
      const add = (given: Partial<ClientSecretRecord>) =>
        store().addClientSecret(secretRecord({ tenant, ...given }))
      expect(await add({})).toBe('no_client')
      const hash = hashOf('expired')
      const expired = secretRecord({ tenant, hash, expiresAtSeconds: NOW })
      await store().createClient(clientRecord({ tenant }), expired)
      expect(await add({ hash })).toBe('held')
      for (let at = 0; at < MOST_LIVE_SECRETS; at++) expect(await add({})).toBe('added')
      expect(await add({ expiresAtSeconds: NOW + HOUR })).toBe('full')
      const [, live] = (await store().findClient(tenant, CLIENT))?.secrets ?? []
      if (live) await store().revokeClientSecret(live)
      await store().disableClient(clientEnding({ tenant, id: CLIENT }))
      expect(await add({})).toBe('no_client')
      expect((await store().findClient(tenant, CLIENT))?.secrets).toHaveLength(MOST_LIVE_SECRETS)
    })

    test('remembers when a secret was last used', async () => {
      const tenant = newTenant()
      const secret = secretRecord({ tenant, hash: hashOf('s3cret') })
      await store().createClient(clientRecord({ tenant }), secret)
      await store().recordSecretUse(secret, NOW + 5)
      expect((await store().findClient(tenant, CLIENT))?.secrets).toEqual([
        { ...secret, lastUsedAtSeconds: NOW + 5 },
      ])
    })

    test('remembers when a client was last used, and nobody else', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      const client = clientRecord({ tenant })
      await store().createClient(client, null)
      await store().createClient(clientRecord({ tenant, id: OTHER_CLIENT }), null)
      await store().createClient(clientRecord({ tenant: other }), null)
      await store().recordClientUse(tenant, CLIENT, NOW + 5)
      await store().recordClientUse(tenant, asClientId('nobody'), NOW + 5)
      expect(await store().listClients(tenant)).toEqual([
        { ...client, lastUsedAtSeconds: NOW + 5 },
        clientRecord({ tenant, id: OTHER_CLIENT }),
      ])
      expect(await store().listClients(other)).toEqual([clientRecord({ tenant: other })])
    })

    test('a disabled client says so, has no grants left, and is in the feed', async () => {
      const tenant = newTenant()
      await store().createClient(clientRecord({ tenant }), null)
      await giveGrant(store(), { tenant })
      const other = await giveGrant(store(), { tenant, clientId: OTHER_CLIENT })
      const input = clientEnding({ tenant, id: CLIENT })

      expect(await store().disableClient(input)).toBe(true)
      expect(await store().disableClient(input)).toBe(false)
      expect((await store().findClient(tenant, CLIENT))?.client.disabledAtSeconds).toBe(NOW + 5)
      expect(await store().listUserGrants(tenant, USER)).toEqual([other])
      expect(
        (await store().readFeed({ tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 })).lines,
      ).toEqual([
        {
          sequence: 1,
          kind: 'client',
          subject: tagOf(CLIENT),
          issuedUntilSeconds: FOR_EVER,
          expiresAtSeconds: lastTokenEnd(NOW + 5),
        },
      ])
    })

    test('names the apps in force that the operator vouches for, and no others', async () => {
      const tenant = newTenant()
      const apps = [
        clientRecord({ tenant, id: asClientId('a'), name: 'Own', party: 'first' }),
        clientRecord({ tenant, id: asClientId('b'), name: 'Verified', publisher: 'Books Ltd' }),
        clientRecord({ tenant, id: asClientId('c'), name: 'Unknown', publisher: null }),
        clientRecord({
          tenant,
          id: asClientId('d'),
          name: 'Gone',
          party: 'first',
          disabledAtSeconds: NOW,
        }),
        clientRecord({
          tenant: newTenant(),
          id: asClientId('e'),
          name: 'Elsewhere',
          party: 'first',
        }),
      ]
      for (const app of apps) await store().createClient(app, null)
      const names = (await store().listVouchedNames(tenant)).map(({ name }) => name)
      expect(names).toEqual(['Own', 'Verified'])
    })

    test('lists the clients of an organisation, the oldest first, and no others', async () => {
      const tenant = newTenant()
      const owned = { tenant, organisationId: 'organisation-1' }
      const younger = clientRecord({ ...owned, createdAtSeconds: NOW + 1 })
      const older = clientRecord({ ...owned, id: OTHER_CLIENT })
      const foreign = { tenant, id: asClientId('client-3'), organisationId: 'organisation-2' }
      for (const client of [younger, older, clientRecord(foreign)]) {
        await store().createClient(client, null)
      }
      expect(await store().listClientsOfOrganisation(tenant, 'organisation-1')).toEqual([
        older,
        younger,
      ])
    })

    test('changes a client that is as it was read; its id, age and last use stay', async () => {
      const tenant = newTenant()
      const secret = secretRecord({ tenant })
      const before = clientRecord({ tenant })
      await store().createClient(before, secret)
      await store().recordClientUse(tenant, CLIENT, NOW + 60)
      const change: Partial<ClientRecord> = {
        name: 'Renamed',
        redirectUris: ['https://new.example/callback'],
        grantTypes: ['authorization_code', 'refresh_token', 'implicit'],
        allowances: [{ name: 'implicit', owner: 'ada', reason: 'moving', endsAtSeconds: NOW + 9 }],
      }
      const after = { ...before, ...change, createdAtSeconds: NOW + 5, lastUsedAtSeconds: null }
      expect(await store().updateClient(before, after)).toBe('updated')
      expect(await store().findClient(tenant, CLIENT)).toEqual({
        client: { ...before, ...change, lastUsedAtSeconds: NOW + 60 },
        secrets: [secret],
      })
    })

    test('does not change a client that somebody else has changed, disabled or deleted', async () => {
      const tenant = newTenant()
      const read = clientRecord({ tenant })
      const renamed = { ...read, name: 'Renamed' }
      await store().createClient(read, null)
      await store().updateClient(read, renamed)
      expect(await store().updateClient(read, { ...read, scopes: [] })).toBe('outdated')
      expect((await store().findClient(tenant, CLIENT))?.client).toEqual(renamed)

      const ending = clientEnding({ tenant, id: CLIENT })
      await store().disableClient(ending)
      expect(await store().updateClient(renamed, read)).toBe('outdated')
      await store().deleteClient(ending)
      expect(await store().updateClient(renamed, read)).toBe('outdated')
    })

    test('a deleted client is gone, with its secrets, grants and consents, and is in the feed', async () => {
      const tenant = newTenant()
      await store().createClient(clientRecord({ tenant }), secretRecord({ tenant }))
      const consent = consentRecord({ tenant })
      await store().approveAuthorization(tokenApprovalOf(grantRecord({ tenant }), { consent }))
      const input = clientEnding({ tenant, id: CLIENT })

      expect(await store().deleteClient(input)).toBe(true)
      expect(await store().deleteClient(input)).toBe(false)
      expect(await store().findClient(tenant, CLIENT)).toBeNull()
      expect(await store().listUserGrants(tenant, USER)).toEqual([])
      expect(await store().findConsent(consent)).toBeNull()
      const lines = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 }
      expect((await store().readFeed(lines)).lines).toMatchObject([
        { kind: 'client', subject: tagOf(CLIENT), issuedUntilSeconds: FOR_EVER },
      ])
    })

    test('the id of a deleted client is free again: whoever takes it has another tag', async () => {
      const tenant = newTenant()
      const { grant, token } = await startChain(store(), { tenant })
      await store().deleteClient(clientEnding({ tenant, id: CLIENT }))
      const namesake = clientRecord({ tenant, tag: newRevocationTag() })
      expect(await store().createClient(namesake, null)).toBe('created')
      expect((await store().rotateRefreshToken(rotationOf(token))).outcome).toBe('revoked')
      const accessToken = { ...accessTokenRecord({ tenant, grantId: grant.id }) }
      expect(await store().isRevoked(accessToken)).toBe(true)
      expect(await store().isRevoked({ ...accessToken, clientTag: namesake.tag })).toBe(true)
      const own = { ...accessToken, grantId: newGrantId(), clientTag: namesake.tag }
      expect(await store().isRevoked(own)).toBe(false)
    })

    test('does not disable a client that it does not know', async () => {
      const input = clientEnding({ tenant: newTenant(), id: CLIENT })
      expect(await store().disableClient(input)).toBe(false)
    })
  })
}
