// Users: who may sign in, and for which organisations.

import { hashPassword } from '../identity/passwords.ts'
import { normaliseUsername } from '../identity/usernames.ts'
import { sha256 } from '../platform/hash.ts'
import { newId } from '../platform/random.ts'
import { asUserId } from '../protocol/ids.ts'
import type { UserEnding } from '../store/port.ts'
import type { Membership, MembershipRecord, UserRecord } from '../store/records.ts'
import { revocationExpiry } from '../tokens/issue.ts'
import { checkName, findRepeated } from './field-checks.ts'
import {
  type FieldProblem,
  type OperationContext,
  recordAudit,
  refusal,
  refuseIfAny,
} from './operation.ts'
import { passwordProblem } from './password-policy.ts'

const MAX_USERNAME_CODE_POINTS = 128

export interface NewUser {
  readonly username: string
  readonly name: string
  readonly password: string
  readonly email?: string | undefined
  readonly locale?: string | undefined
  readonly memberships?: readonly NewMembership[] | undefined
}

export interface NewMembership {
  readonly organisationId: string
  readonly defaultUnitId?: string | undefined
}

/** A user without the hash of the password. */
export type UserView = Omit<UserRecord, 'passwordHash'> & {
  readonly memberships: readonly Membership[]
}

/** @throws OperationError with everything that is wrong with the input */
export async function createUser(input: NewUser, context: OperationContext): Promise<UserView> {
  const { tenant, store, clock } = context
  refuseIfAny([...checkNewUser(input), ...(await checkMemberships(input, context))])
  const user: UserRecord = {
    tenant: tenant.name,
    id: asUserId(newId()),
    username: normaliseUsername(input.username),
    name: input.name.trim(),
    email: input.email ?? null,
    emailVerified: false,
    passwordHash: await hashPassword(input.password),
    locale: input.locale ?? null,
    createdAtSeconds: clock.nowSeconds(),
    disabledAtSeconds: null,
  }
  const memberships = (input.memberships ?? []).map(
    (membership): MembershipRecord => ({
      tenant: tenant.name,
      userId: user.id,
      organisationId: membership.organisationId,
      defaultUnitId: membership.defaultUnitId ?? null,
    }),
  )
  const outcome = await store.createUser(user, memberships)
  if (outcome === 'exists') throw refusal('username', `"${user.username}" is taken`)
  await recordAudit(context, 'user.created', `user:${user.id}`)
  return view(user, context)
}

export async function listUsers(context: OperationContext): Promise<readonly UserView[]> {
  const users = await context.store.listUsers(context.tenant.name)
  return Promise.all(users.map((user) => view(user, context)))
}

/** Ends every session and grant of the user, and unlocks the account. @throws OperationError */
export async function changePassword(
  input: { readonly username: string; readonly password: string },
  context: OperationContext,
): Promise<void> {
  const { tenant, store } = context
  const user = await requireUser(input.username, context)
  refuseIfAny(checkPassword(input.password, input.username))
  const passwordHash = await hashPassword(input.password)
  await store.changePassword({ ...endingOf(user, context), passwordHash })
  await store.clearSignInAttempts(tenant.name, sha256(user.username))
  await recordAudit(context, 'user.password_changed', `user:${user.id}`)
}

/** Ends every session and grant of the user, who cannot sign in any more. @throws OperationError */
export async function disableUser(
  input: { readonly username: string },
  context: OperationContext,
): Promise<void> {
  const user = await requireUser(input.username, context)
  const disabled = await context.store.disableUser(endingOf(user, context))
  if (!disabled) throw refusal('username', `"${user.username}" is disabled already`)
  await recordAudit(context, 'user.disabled', `user:${user.id}`)
}

/** @throws OperationError when there is no such user */
export async function requireUser(
  username: string,
  { tenant, store }: OperationContext,
): Promise<UserRecord> {
  const user = await store.findUserByUsername(tenant.name, normaliseUsername(username))
  if (!user) throw refusal('username', `"${username}" does not exist in ${tenant.name}`)
  return user
}

function endingOf(user: UserRecord, { tenant, clock }: OperationContext): UserEnding {
  const nowSeconds = clock.nowSeconds()
  return {
    tenant: tenant.name,
    userId: user.id,
    nowSeconds,
    revocationExpiresAtSeconds: revocationExpiry(tenant, nowSeconds),
  }
}

async function view(
  { passwordHash: _, ...user }: UserRecord,
  { tenant, store }: OperationContext,
): Promise<UserView> {
  return { ...user, memberships: await store.listMemberships(tenant.name, user.id) }
}

function checkNewUser(input: NewUser): FieldProblem[] {
  return [
    ...checkUsername(input.username),
    ...checkName('name', input.name),
    ...checkPassword(input.password, input.username),
    ...checkEmail(input.email),
    ...checkLocale(input.locale),
  ]
}

function checkUsername(text: string): FieldProblem[] {
  const field = 'username'
  const username = normaliseUsername(text)
  if (username === '') return [{ field, problem: 'is empty' }]
  if ([...username].length > MAX_USERNAME_CODE_POINTS) {
    return [{ field, problem: `has more than ${MAX_USERNAME_CODE_POINTS} characters` }]
  }
  if (/[\s\p{C}]/u.test(username)) {
    return [{ field, problem: 'holds spaces or invisible characters: leave them out' }]
  }
  return []
}

function checkPassword(password: string, username: string): FieldProblem[] {
  const problem = passwordProblem(password, username)
  return problem === undefined ? [] : [{ field: 'password', problem }]
}

function checkEmail(email: string | undefined): FieldProblem[] {
  if (email === undefined || /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(email)) return []
  return [{ field: 'email', problem: `"${email}" is not an e-mail address` }]
}

function checkLocale(locale: string | undefined): FieldProblem[] {
  try {
    Intl.getCanonicalLocales(locale)
    return []
  } catch {
    return [{ field: 'locale', problem: `"${locale}" is not a language tag such as en or de-AT` }]
  }
}

async function checkMemberships(
  { memberships = [] }: NewUser,
  { tenant, store }: OperationContext,
): Promise<FieldProblem[]> {
  const field = 'memberships'
  const organisations = await store.listOrganisations(tenant.name)
  const problems = memberships.flatMap(({ organisationId, defaultUnitId }) => {
    const organisation = organisations.find(({ id }) => id === organisationId)
    if (!organisation)
      return [{ field, problem: `organisation "${organisationId}" does not exist` }]
    if (defaultUnitId === undefined) return []
    if (organisation.units.some(({ id }) => id === defaultUnitId)) return []
    return [{ field, problem: `"${defaultUnitId}" is not a unit of "${organisationId}"` }]
  })
  const repeated = findRepeated(memberships.map(({ organisationId }) => organisationId))
  return [...problems, ...repeated.map((id) => ({ field, problem: `"${id}" is given twice` }))]
}
