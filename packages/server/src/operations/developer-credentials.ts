// What an app of an account holder proves itself with: its secrets; and the implicit grant (`token`), with which it
// has to prove nothing, where the contract still knows that.

import type { ClientAllowance, ClientRecord, UserRecord } from '../store/records.ts'
import { allowLegacy, disallowLegacy } from './allowances.ts'
import { addClientSecret, type CreatedClientSecret, revokeClientSecret } from './client-secrets.ts'
import { type DeveloperContext, findAppFor, noSuchApp } from './developer-access.ts'
import { changeApp } from './developer-apps.ts'
import { checkName } from './field-checks.ts'
import { type FieldProblem, OperationError, refuseIfAny } from './operation.ts'

const LONGEST_ALLOWANCE_SECONDS = 366 * 86_400

export interface NewAppSecret {
  readonly clientId: string
  readonly name: string
  readonly expiresAtSeconds: number | undefined
}

/** @throws OperationError with everything that is wrong with the input */
export async function addAppSecret(
  input: NewAppSecret,
  context: DeveloperContext,
): Promise<CreatedClientSecret> {
  const { client } = await findAppFor('app.add_secret', input.clientId, context)
  // A public app has no secrets to add one to: no page offers it.
  if (client.type === 'public') throw noSuchApp(input.clientId)
  return addClientSecret(input, context)
}

/** Revoking one that is gone already changes nothing. @throws OperationError when there is no such app */
export async function revokeAppSecret(
  input: { readonly clientId: string; readonly secretId: string },
  context: DeveloperContext,
): Promise<void> {
  const { secrets } = await findAppFor('app.revoke_secret', input.clientId, context)
  if (secrets.some(({ id }) => id === input.secretId)) await revokeClientSecret(input, context)
}

/** Whether the implicit grant is on for an app, and until when. */
export function implicitAllowance({
  grantTypes,
  allowances,
}: ClientRecord): ClientAllowance | undefined {
  if (!grantTypes.includes('implicit')) return undefined
  return allowances.find(({ name }) => name === 'implicit')
}

export interface NewImplicitAllowance {
  readonly clientId: string
  readonly reason: string
  readonly endsAtSeconds: number | undefined
}

/** RFC 9700 §2.1.2: on for a reason and a time only. @throws OperationError with everything that is wrong */
export async function allowImplicit(
  input: NewImplicitAllowance,
  owner: UserRecord,
  context: DeveloperContext,
): Promise<void> {
  const { clientId, reason, endsAtSeconds } = input
  const { client } = await findAppFor('app.allow_implicit', clientId, context)
  if (context.tenant.rules.allowances.implicit === undefined) throw noSuchApp(clientId)
  const problems = [
    ...checkName('reason', reason),
    ...checkEnd(endsAtSeconds, context.clock.nowSeconds()),
  ]
  if (endsAtSeconds === undefined) throw new OperationError(problems)
  refuseIfAny(problems)
  const allowed = await allowLegacy(
    {
      clientId: client.id,
      allowance: 'implicit',
      owner: owner.username,
      reason: reason.trim(),
      endsAtSeconds,
    },
    context,
  )
  if (allowed.grantTypes.includes('implicit')) return
  await changeApp(allowed, { grantTypes: [...allowed.grantTypes, 'implicit'] }, context)
}

function checkEnd(endsAtSeconds: number | undefined, nowSeconds: number): FieldProblem[] {
  const field = 'endsAtSeconds'
  if (endsAtSeconds === undefined) return [{ field, problem: 'is not given', code: 'no_date' }]
  if (endsAtSeconds <= nowSeconds) {
    return [{ field, problem: 'is in the past', code: 'in_the_past' }]
  }
  if (endsAtSeconds - nowSeconds <= LONGEST_ALLOWANCE_SECONDS) return []
  return [{ field, problem: 'is more than a year away', code: 'too_far_away' }]
}

/** @throws OperationError when there is no such app */
export async function disallowImplicit(
  input: { readonly clientId: string },
  context: DeveloperContext,
): Promise<void> {
  const { client } = await findAppFor('app.disallow_implicit', input.clientId, context)
  const isAllowed = client.allowances.some(({ name }) => name === 'implicit')
  const left = isAllowed
    ? await disallowLegacy({ clientId: client.id, allowance: 'implicit' }, context)
    : client
  const grantTypes = left.grantTypes.filter((name) => name !== 'implicit')
  if (grantTypes.length < left.grantTypes.length) await changeApp(left, { grantTypes }, context)
}
