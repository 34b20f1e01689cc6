// One more app for a test that needs an unusual one.

import type { ClientRecord } from '../../src/store/records.ts'
import type { TestServer } from './start-server.ts'
import { clientRecord, secretRecord, type TestClient } from './world.ts'

/** Without a redirect URI unless `fields` name some. */
export async function registerClient(
  { store, clock }: Pick<TestServer, 'store' | 'clock'>,
  client: Pick<TestClient, 'id' | 'secret'>,
  fields: Partial<ClientRecord>,
): Promise<TestClient> {
  const [redirectUri = ''] = fields.redirectUris ?? []
  const registered: TestClient = { ...client, redirectUri }
  const now = clock.nowSeconds()
  const record = clientRecord(registered, { redirectUris: [], ...fields }, now)
  const secret = client.secret === undefined ? null : secretRecord(client.secret, record, now)
  const outcome = await store.createClient(record, secret)
  if (outcome !== 'created') throw new Error(`there is a client ${client.id} already`)
  return registered
}
