// An app that is there: looks it up by the id that someone gave, and changes it unless somebody else just did.

import { asClientId } from '../protocol/ids.ts'
import type { ClientRecord, ClientWithSecrets } from '../store/records.ts'
import { eventOf, type OperationContext, OperationError, refusal } from './operation.ts'

/** @throws OperationError when there is no such app */
export async function findRegisteredClient(
  clientId: string,
  { tenant, store }: OperationContext,
): Promise<ClientWithSecrets> {
  const found = await store.findClient(tenant.name, asClientId(clientId))
  if (!found) throw refusal('client', `"${clientId}" does not exist in tenant ${tenant.name}`)
  return found
}

/** @throws OperationError when it is disabled, or somebody else has changed it since it was read */
export async function changeClient(
  client: ClientRecord,
  change: Partial<ClientRecord>,
  { context, action }: { readonly context: OperationContext; readonly action: string },
): Promise<ClientRecord> {
  if (client.disabledAtSeconds !== null) throw refusal('client', `"${client.id}" is disabled`)
  const changed = { ...client, ...change }
  const event = eventOf(context, action, `client:${client.id}`)
  const outcome = await context.store.updateClient(client, changed, event)
  if (outcome === 'outdated') {
    const problem = 'was changed by somebody else just now: look at it again'
    throw new OperationError([{ field: 'client', problem, code: 'changed_meanwhile' }])
  }
  return changed
}
