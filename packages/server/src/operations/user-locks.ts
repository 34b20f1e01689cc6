// Whose failures have used up an allowance, and the end of it by an operator: without a new password.

import { asUserId } from '../protocol/ids.ts'
import type { LockedSubject } from '../store/port/guessing.ts'
import { eventOf, type OperationContext } from './operation.ts'
import { requireUser } from './users.ts'

/** A user, or what stands for one, who has to wait or whose strangers have to. */
export interface LockView {
  /** undefined for an access identifier. */
  readonly username: string | undefined
  readonly accessIdentifierId: string | undefined
  /** Who has to wait: a browser, an address, or all who are not known at the account. */
  readonly whose: string
  readonly failures: number
  readonly endsAtSeconds: number
}

const LONGEST_LIST = 1000

export async function listLocks({
  tenant,
  store,
  clock,
}: OperationContext): Promise<readonly LockView[]> {
  const locked = await store.listLockedSubjects(tenant.name, clock.nowSeconds(), LONGEST_LIST)
  const names = new Map<string, string | undefined>()
  for (const { subject } of locked) {
    if (names.has(subject)) continue
    const user = await store.findUser(tenant.name, asUserId(subject))
    names.set(subject, user?.username)
  }
  return locked.map((each) => viewOf(each, names.get(each.subject)))
}

function viewOf(
  { subject, purpose, failures, windowEndsAtSeconds }: LockedSubject,
  username: string | undefined,
): LockView {
  return {
    username,
    accessIdentifierId: username === undefined ? subject : undefined,
    whose: WHOSE[purpose] ?? purpose,
    failures,
    endsAtSeconds: windowEndsAtSeconds,
  }
}

const WHOSE: Readonly<Record<string, string>> = {
  device: 'a browser that has signed in before',
  caller: 'an address',
  source: 'an address, at all accounts',
  strangers: 'all who are not known',
}

/** Forgets the failures of a user, and of what stands for them. @throws OperationError when there is no such user */
export async function unlockUser(
  input: { readonly username: string },
  context: OperationContext,
): Promise<{ readonly lifted: boolean }> {
  const { tenant, store } = context
  const user = await requireUser(input.username, context)
  const identifiers = await store.listAccessIdentifiers(tenant.name, user.id)
  const subjects = [user.id, ...identifiers.map(({ id }) => id)]
  const event = eventOf(context, 'user.unlocked', `user:${user.id}`)
  return { lifted: await store.liftFailures(tenant.name, subjects, event) }
}
