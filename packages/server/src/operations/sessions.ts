// Sessions: where a user is signed in.

import type { SessionRecord } from '../store/records.ts'
import { walk } from '../store/walk.ts'
import { eventOf, type OperationContext, refusal } from './operation.ts'
import { requireUser } from './users.ts'

/** A session without what its cookie is checked against. */
export type SessionView = Omit<SessionRecord, 'hash'>

/** The sessions of a user that have not expired, the last sign-in first. @throws OperationError */
export async function* listSessions(
  input: { readonly username: string },
  context: OperationContext,
): AsyncGenerator<SessionView> {
  const { tenant, store, clock } = context
  const user = await requireUser(input.username, context)
  const live = { tenant: tenant.name, userId: user.id, nowSeconds: clock.nowSeconds() }
  const sessions = walk((page) => store.listSessions(live, page))
  for await (const { hash: _, ...session } of sessions) yield session
}

/** Signs a user out of one browser. What apps were allowed stays. @throws OperationError */
export async function endSession(
  input: { readonly username: string; readonly sessionId: string },
  context: OperationContext,
): Promise<void> {
  const { tenant, store } = context
  const user = await requireUser(input.username, context)
  const ended = await store.endSessionById(
    { tenant: tenant.name, userId: user.id, id: input.sessionId },
    eventOf(context, 'session.ended', `user:${user.id}`),
  )
  if (!ended)
    throw refusal('session', `"${input.sessionId}" is not a session of "${user.username}"`)
}
