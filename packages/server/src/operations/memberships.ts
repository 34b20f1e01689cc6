// What members are in an organisation.

import type { OrganisationRole } from '../store/records.ts'
import { eventOf, type OperationContext, refusal } from './operation.ts'
import { requireUser } from './users.ts'

/** @throws OperationError when there is no such user, organisation or member */
export async function changeRole(
  input: {
    readonly organisationId: string
    readonly username: string
    readonly role: OrganisationRole
  },
  context: OperationContext,
): Promise<void> {
  const { organisationId, username, role } = input
  const { tenant, store } = context
  const { id: userId } = await requireUser(username, context)
  if ((await store.findOrganisation(tenant.name, organisationId)) === null) {
    throw refusal('organisation', `"${organisationId}" does not exist in ${tenant.name}`)
  }
  const change = { tenant: tenant.name, userId, organisationId, role }
  const event = eventOf(context, `membership.became_${role}`, `user:${userId}`)
  if (!(await store.changeRole(change, event))) {
    throw refusal('username', `"${username}" is not a member of "${organisationId}"`)
  }
}
