// What every store must do with apps and their secrets.

import { describe, expect, test } from 'vitest'
import {
  approve,
  CLIENT,
  clientRecord,
  HOUR,
  hashOf,
  NOW,
  newTenant,
  OTHER_CLIENT,
  secretRecord,
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
      expect(await store().revokeClientSecret(tenant, OTHER_CLIENT, secret.id)).toBe(false)
      expect(await store().revokeClientSecret(tenant, CLIENT, secret.id)).toBe(true)
      expect(await store().revokeClientSecret(tenant, CLIENT, secret.id)).toBe(false)
      expect((await store().findClient(tenant, CLIENT))?.secrets).toEqual([])
    })

    test('remembers when a secret was last used', async () => {
      const tenant = newTenant()
      const secret = secretRecord({ tenant, hash: hashOf('s3cret') })
      await store().createClient(clientRecord({ tenant }), secret)
      await store().recordSecretUse(tenant, secret.id, NOW + 5)
      expect((await store().findClient(tenant, CLIENT))?.secrets).toEqual([
        { ...secret, lastUsedAtSeconds: NOW + 5 },
      ])
    })

    test('a disabled client says so, has no grants left, and is in the feed', async () => {
      const tenant = newTenant()
      await store().createClient(clientRecord({ tenant }), null)
      await approve(store(), { tenant })
      const { grant: other } = await approve(store(), { tenant, clientId: OTHER_CLIENT })
      const ending = { tenant, id: CLIENT, nowSeconds: NOW + 5 }
      const input = { ...ending, revocationExpiresAtSeconds: NOW + HOUR }

      expect(await store().disableClient(input)).toBe(true)
      expect(await store().disableClient(input)).toBe(false)
      expect((await store().findClient(tenant, CLIENT))?.client.disabledAtSeconds).toBe(NOW + 5)
      expect(await store().listUserGrants(tenant, USER)).toEqual([other])
      expect(
        await store().listRevocations({ tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 }),
      ).toEqual([
        {
          sequence: 1,
          kind: 'client',
          subject: CLIENT,
          issuedUntilSeconds: NOW + 5,
          expiresAtSeconds: NOW + HOUR,
        },
      ])
    })

    test('does not disable a client that it does not know', async () => {
      const input = { tenant: newTenant(), id: CLIENT, nowSeconds: NOW }
      expect(await store().disableClient({ ...input, revocationExpiresAtSeconds: NOW })).toBe(false)
    })
  })
}
