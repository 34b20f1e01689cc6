// Looks up an app by the id that someone gave.

import { asClientId } from '../protocol/ids.ts'
import type { ClientWithSecrets } from '../store/records.ts'
import { type OperationContext, refusal } from './operation.ts'

/** @throws OperationError when there is no such app */
export async function findRegisteredClient(
  clientId: string,
  { tenant, store }: OperationContext,
): Promise<ClientWithSecrets> {
  const found = await store.findClient(tenant.name, asClientId(clientId))
  if (!found) throw refusal('client', `"${clientId}" does not exist in tenant ${tenant.name}`)
  return found
}
