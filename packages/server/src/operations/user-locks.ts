// Whose failures have used up an allowance, and the end of it by an operator: without a new password.

import { asUserId } from '../protocol/ids.ts'
import type { LockedSubject } from '../store/port/guessing.ts'
import { walk } from '../store/walk.ts'
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

export async function* listLocks({
  tenant,
  store,
  clock,
}: OperationContext): AsyncGenerator<LockView> {
  const now = clock.nowSeconds()
  let last: { readonly subject: string; readonly username: string | undefined } | undefined
  for await (const each of walk((page) => store.listLockedSubjects(tenant.name, now, page))) {
    const { subject } = each
    // They come one after the other.
    if (last?.subject !== subject) {
      last = { subject, username: (await store.findUser(tenant.name, asUserId(subject)))?.username }
    }
    yield viewOf(each, last.username)
  }
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
  const identifiers = await Array.fromAsync(
    walk((page) => store.listAccessIdentifiers(tenant.name, user.id, page)),
  )
  const subjects = [user.id, ...identifiers.map(({ id }) => id)]
  const event = eventOf(context, 'user.unlocked', `user:${user.id}`)
  return { lifted: await store.liftFailures(tenant.name, subjects, event) }
}
