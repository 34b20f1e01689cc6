// Changing an app that is there: its name, where it sends users, what it may ask for, and how strict it is.

import type { ClientRecord } from '../store/records.ts'
import { checkClient, type NewClient } from './client-input.ts'
import type { ClientContext } from './clients.ts'
import { type FieldProblem, refuseIfAny } from './operation.ts'
import { changeClient, findRegisteredClient } from './registered-client.ts'

/** What is not given stays as it is. */
export type ClientChange = Pick<
  Partial<NewClient>,
  | 'name'
  | 'redirectUris'
  | 'postLogoutRedirectUris'
  | 'grantTypes'
  | 'scopes'
  | 'defaultScopes'
  | 'requirePkce'
  | 'refreshPolicy'
  | 'idTokenAlgorithm'
  | 'idTokenProfile'
>

/** @throws OperationError with everything that the change would make wrong */
export async function updateClient(
  { clientId, ...change }: ClientChange & { readonly clientId: string },
  context: ClientContext,
): Promise<ClientRecord> {
  const { client } = await findRegisteredClient(clientId, context)
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  const wanted: Partial<ClientRecord> = Object.fromEntries(given)
  const changed = { ...client, ...wanted, name: (change.name ?? client.name).trim() }
  refuseIfAny([...newProblems(client, changed, context), ...checkRelief(change, client, context)])
  return changeClient(client, changed, { context, action: 'client.updated' })
}

/** What the tenant demands of all, an app is not relieved of by a setting of its own (RFC 9700 §2.1.1). */
function checkRelief(
  { requirePkce }: ClientChange,
  { type, allowances }: ClientRecord,
  { tenant }: ClientContext,
): readonly FieldProblem[] {
  const isExcused = allowances.some(({ name }) => name === 'without-pkce')
  const demanded = tenant.policy.pkce.requiredFor === 'all' && !isExcused
  if (requirePkce !== false || type === 'public' || !demanded) return []
  const problem = 'cannot be off, since the tenant demands PKCE of all apps: excuse this one with'
  return [{ field: 'requirePkce', problem: `${problem} ostiary client allow, without-pkce` }]
}

/** What was wrong before, since the configuration changed perhaps, does not keep the rest from being changed. */
export function newProblems(
  before: ClientRecord,
  after: ClientRecord,
  context: ClientContext,
): readonly FieldProblem[] {
  const known = new Set(check(before, context).map(textOf))
  return check(after, context).filter((found) => !known.has(textOf(found)))
}

const textOf = ({ field, problem }: FieldProblem) => `${field} ${problem}`

function check(
  client: ClientRecord,
  { tenant, clock, grantTypes }: ClientContext,
): readonly FieldProblem[] {
  const now = clock.nowSeconds()
  const input = {
    ...client,
    organisationId: client.organisationId ?? undefined,
    registeredBy: client.registeredBy ?? undefined,
    unitId: client.unitId ?? undefined,
    defaultAudience: client.defaultAudience ?? undefined,
    resourceServer: client.resourceServer ?? undefined,
    publisher: client.publisher ?? undefined,
    homepage: client.homepage ?? undefined,
    privacyUri: client.privacyUri ?? undefined,
    termsUri: client.termsUri ?? undefined,
    allowances: client.allowances.filter(({ endsAtSeconds }) => now < endsAtSeconds),
  }
  return checkClient(input, tenant, grantTypes)
}
