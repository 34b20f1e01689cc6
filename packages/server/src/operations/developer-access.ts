// An app as its developers meet it: the members of the organisation that owns it see it, and the table of access says
// which of them may change it. For everybody else there is none.

import { asClientId, type UserId } from '../protocol/ids.ts'
import type { ClientRecord, ClientWithSecrets, OrganisationRecord } from '../store/records.ts'
import { type AppAction, type AppVisitor, mayActOnApp } from './access.ts'
import type { ClientContext } from './clients.ts'
import { OperationError } from './operation.ts'

export interface DeveloperContext extends ClientContext {
  readonly userId: UserId
}

export interface DeveloperApp extends ClientWithSecrets {
  readonly organisation: OrganisationRecord
  readonly visitor: AppVisitor
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
  const { userId } = context
  const [found, memberships] = await Promise.all([
    store.findClient(tenant.name, asClientId(clientId)),
    store.listMemberships(tenant.name, userId),
  ])
  const membership = memberships.find(
    (each) => each.organisation.id === found?.client.organisationId,
  )
  if (!found || !membership || !isDeveloperApp(found.client)) throw noSuchApp(clientId)
  const visitor = { userId, membership }
  if (!mayActOnApp('app.read', found.client, visitor)) throw noSuchApp(clientId)
  return { ...found, organisation: membership.organisation, visitor }
}

/** The same, for an action that not every member may take. @throws OperationError */
export async function findAppFor(
  action: AppAction,
  clientId: string,
  context: DeveloperContext,
): Promise<DeveloperApp> {
  const app = await findDeveloperApp(clientId, context)
  if (!mayActOnApp(action, app.client, app.visitor)) throw notAllowed(clientId)
  // What the operator has disabled stays as it was found.
  if (app.client.disabledAtSeconds !== null) throw noSuchApp(clientId)
  return app
}

/** The product's own apps and the credentials of its APIs are the operator's, whoever owns them. */
export function isDeveloperApp({ party, resourceServer, grantTypes }: ClientRecord): boolean {
  return party === 'third' && resourceServer === null && grantTypes.includes('authorization_code')
}

function notAllowed(clientId: string): OperationError {
  const problem = `"${clientId}" can be changed by who registered it and by the admins of its organisation only`
  return new OperationError([{ field: 'client', problem, code: 'not_allowed' }])
}

export function noSuchApp(clientId: string): OperationError {
  const problem = `"${clientId}" is no app of yours`
  return new OperationError([{ field: 'client', problem, code: 'unknown' }])
}
