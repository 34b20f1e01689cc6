// Users: who may sign in, and for which organisations.

import { hashPassword } from '../identity/passwords.ts'
import { normaliseUsername } from '../identity/usernames.ts'
import { newId, newRevocationTag } from '../platform/random.ts'
import { asUserId } from '../protocol/ids.ts'
import type { UserEnding, UserWithMemberships } from '../store/port.ts'
import type { Membership, MembershipRecord, UserRecord } from '../store/records.ts'
import { walk } from '../store/walk.ts'
import { holderEndingNow } from '../tokens/ending.ts'
import { eventOf, type OperationContext, refusal, refuseIfAny } from './operation.ts'
import { findOrganisations } from './organisations.ts'
import {
  checkEmail,
  checkMemberships,
  checkNewUser,
  checkPassword,
  type NewUser,
} from './user-input.ts'

/** A user without the hash of the password. */
export type UserView = Omit<UserRecord, 'passwordHash'> & {
  readonly memberships: readonly Membership[]
}

/** @throws OperationError with everything that is wrong with the input */
export async function createUser(input: NewUser, context: OperationContext): Promise<UserView> {
  const { store } = context
  const named = input.memberships?.map(({ organisationId }) => organisationId) ?? []
  const organisations = await findOrganisations(named, context)
  refuseIfAny([...checkNewUser(input), ...checkMemberships(input, organisations)])
  const { user, memberships } = toUserRecords(
    { ...input, passwordHash: await hashPassword(input.password) },
    context,
  )
  const event = eventOf(context, 'user.created', `user:${user.id}`)
  const outcome = await store.createUser(user, memberships, event)
  if (outcome === 'exists') throw refusal('username', `"${user.username}" is taken`)
  return view(user, context)
}

/** A user with a password that is hashed already. */
export interface HashedUser extends Omit<NewUser, 'password'> {
  readonly id?: string | undefined
  readonly passwordHash: string
}

export function toUserRecords(
  input: HashedUser,
  { tenant, clock }: OperationContext,
): UserWithMemberships {
  const user: UserRecord = {
    tenant: tenant.name,
    id: asUserId(input.id ?? newId(tenant.rules.formats.userId)),
    tag: newRevocationTag(),
    username: normaliseUsername(input.username),
    name: input.name.trim(),
    email: input.email ?? null,
    emailVerified: input.emailVerified ?? false,
    passwordHash: input.passwordHash,
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
      furtherUnitIds: membership.furtherUnitIds ?? [],
      role: membership.role ?? 'member',
    }),
  )
  return { user, memberships }
}

/** @param limit how many are wanted at most */
export async function* listUsers(
  { tenant, store }: OperationContext,
  limit?: number,
): AsyncGenerator<UserView> {
  const users = walk((page) => store.listUsers(tenant.name, page), limit)
  for await (const { passwordHash: _, ...user } of users) yield user
}

/** What the user is told by, and signs in with where it is verified; another address is not, unless this says so. */
export async function changeEmail(
  input: {
    readonly username: string
    readonly email?: string | undefined
    readonly emailVerified?: boolean | undefined
  },
  context: OperationContext,
): Promise<UserView> {
  const { tenant, store } = context
  const user = await requireUser(input.username, context)
  const email = input.email ?? user.email ?? undefined
  const keeps = email === user.email && user.emailVerified
  const change = { email, emailVerified: input.emailVerified ?? keeps }
  refuseIfAny(checkEmail(change))
  const changed = { email: email ?? null, emailVerified: change.emailVerified }
  const event = eventOf(context, 'user.email_changed', `user:${user.id}`)
  const key = { tenant: tenant.name, userId: user.id }
  if (!(await store.changeEmail({ ...key, ...changed }, event))) {
    throw refusal('username', `"${user.username}" was deleted meanwhile`)
  }
  return view({ ...user, ...changed }, context)
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
  const event = eventOf(context, 'user.password_changed', `user:${user.id}`)
  const changed = await store.changePassword({ ...endingOf(user, context), passwordHash }, event)
  if (!changed) throw refusal('username', `"${user.username}" was deleted meanwhile`)
  await store.liftFailures(tenant.name, [user.id])
}

/** Ends every session and grant of the user, who cannot sign in any more. @throws OperationError */
export async function disableUser(
  input: { readonly username: string },
  context: OperationContext,
): Promise<void> {
  const user = await requireUser(input.username, context)
  const event = eventOf(context, 'user.disabled', `user:${user.id}`)
  const disabled = await context.store.disableUser(endingOf(user, context), event)
  if (!disabled) throw refusal('username', `"${user.username}" is disabled already`)
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

function endingOf(user: UserRecord, context: OperationContext): UserEnding {
  return { ...holderEndingNow(context), userId: user.id }
}

async function view(
  { passwordHash: _, ...user }: UserRecord,
  { tenant, store }: OperationContext,
): Promise<UserView> {
  return { ...user, memberships: await store.listMemberships(tenant.name, user.id) }
}
