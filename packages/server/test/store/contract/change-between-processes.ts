// What processes keep in memory of apps: each sees its own changes at once, and those of the others within a second.

import { describe, expect, test } from 'vitest'
import type { Store } from '../../../src/store/port.ts'
import type { ClientRecord, ClientSecretRecord } from '../../../src/store/records.ts'
import {
  CLIENT,
  clientEnding,
  clientRecord,
  hashOf,
  NOW,
  newTenant,
  secretRecord,
} from '../records.ts'

type Change = (store: Store, app: { client: ClientRecord; secret: ClientSecretRecord }) => unknown

const ending = ({ tenant, id }: ClientRecord) => clientEnding({ tenant, id })

const CHANGES: Readonly<Record<string, Change>> = {
  'a new secret': (store, { secret }) =>
    store.addClientSecret({ ...secret, id: 'second', hash: hashOf('second') }),
  'a secret that is revoked': (store, { secret }) => store.revokeClientSecret(secret),
  'a new name': (store, { client }) => store.updateClient(client, { ...client, name: 'Renamed' }),
  'its end': (store, { client }) => store.disableClient(ending(client)),
  'its deletion': (store, { client }) => store.deleteClient(ending(client)),
}

export function changeContract(stores: () => readonly [Store, Store]): void {
  describe('of an app that another process keeps in memory', () => {
    for (const [name, change] of Object.entries(CHANGES)) {
      test(`${name} is seen within a second`, async () => {
        const [here, there] = stores()
        const tenant = newTenant()
        const app = { client: clientRecord({ tenant }), secret: secretRecord({ tenant }) }
        await here.createClient(app.client, app.secret)
        const before = await there.findClient(tenant, CLIENT)
        expect(before).toEqual({ client: app.client, secrets: [app.secret] })
        await change(here, app)
        const after = await here.findClient(tenant, CLIENT)
        expect(after).not.toEqual(before)
        await expect.poll(() => there.findClient(tenant, CLIENT), { timeout: 1000 }).toEqual(after)
      })
    }

    test('the last use is seen by who records it', async () => {
      const [here] = stores()
      const tenant = newTenant()
      const [client, secret] = [clientRecord({ tenant }), secretRecord({ tenant })]
      await here.createClient(client, secret)
      await here.findClient(tenant, CLIENT)
      await here.recordClientUse(tenant, CLIENT, NOW + 60)
      await here.recordSecretUse(secret, NOW + 60)
      expect(await here.findClient(tenant, CLIENT)).toEqual({
        client: { ...client, lastUsedAtSeconds: NOW + 60 },
        secrets: [{ ...secret, lastUsedAtSeconds: NOW + 60 }],
      })
    })
  })
}
