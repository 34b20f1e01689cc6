// Who may see and change an app: the members of the organisation that owns it. For everybody else there is none.

import { asClientId, type UserId } from '../protocol/ids.ts'
import type { ClientRecord, ClientWithSecrets, OrganisationRecord } from '../store/records.ts'
import type { ClientContext } from './clients.ts'
import { OperationError } from './operation.ts'

export interface DeveloperContext extends ClientContext {
  readonly userId: UserId
}

export interface DeveloperApp extends ClientWithSecrets {
  readonly organisation: OrganisationRecord
}

/** The organisations in whose name the user may register apps. */
export async function listOwnOrganisations({
  tenant,
  store,
  userId,
}: DeveloperContext): Promise<readonly OrganisationRecord[]> {
  const memberships = await store.listMemberships(tenant.name, userId)
  return memberships.map(({ organisation }) => organisation)
}

/** @throws OperationError when there is no such app, or it is not the user's business */
export async function findDeveloperApp(
  clientId: string,
  context: DeveloperContext,
): Promise<DeveloperApp> {
  const { tenant, store } = context
  const [found, organisations] = await Promise.all([
    store.findClient(tenant.name, asClientId(clientId)),
    listOwnOrganisations(context),
  ])
  const organisation = organisations.find(({ id }) => id === found?.client.organisationId)
  if (!found || !organisation || !isDeveloperApp(found.client)) throw noSuchApp(clientId)
  return { ...found, organisation }
}

/** The same, of an app that may be changed. @throws OperationError */
export async function findChangeableApp(
  clientId: string,
  context: DeveloperContext,
): Promise<DeveloperApp> {
  const app = await findDeveloperApp(clientId, context)
  // What the operator has disabled stays as it was found.
  if (app.client.disabledAtSeconds !== null) throw noSuchApp(clientId)
  return app
}

/** The product's own apps and the credentials of its APIs are the operator's, whoever owns them. */
export function isDeveloperApp({ party, resourceServer, grantTypes }: ClientRecord): boolean {
  return party === 'third' && resourceServer === null && grantTypes.includes('authorization_code')
}

export function noSuchApp(clientId: string): OperationError {
  const problem = `"${clientId}" is no app of yours`
  return new OperationError([{ field: 'client', problem, code: 'unknown' }])
}
