// The sign-in form as it was posted: who it signs in, or what its page has to say.

import type { IncomingRequest } from '../protocol/message.ts'
import type { SignInProblem } from '../protocol/page.ts'
import { optional } from '../protocol/params.ts'
import type { UserRecord } from '../store/records.ts'
import { type DeviceDeps, findDevice } from './known-callers.ts'
import { type SignInDeps, signIn } from './sign-in.ts'

export type SignInFormDeps = SignInDeps & DeviceDeps

export type FormResult =
  | { readonly user: UserRecord }
  | { readonly problem: SignInProblem; readonly username: string }

export async function checkSignInForm(
  incoming: IncomingRequest,
  deps: SignInFormDeps,
): Promise<FormResult> {
  const username = optional(incoming.params, 'username') ?? ''
  const password = optional(incoming.params, 'password') ?? ''
  const fields = (['username', 'password'] as const).filter((name) => !incoming.params.has(name))
  if (fields.length > 0) return { problem: { kind: 'field_missing', fields }, username }
  const { source, cookies, id: requestId, log } = incoming
  const deviceOf = (user: UserRecord) => findDevice(cookies.device, user, deps)
  const outcome = await signIn({ username, password, source, deviceOf, requestId, log }, deps)
  if (outcome.outcome === 'signed_in') return { user: outcome.user }
  if (outcome.outcome === 'locked') {
    return { problem: { kind: 'locked', seconds: outcome.seconds }, username }
  }
  return { problem: { kind: 'wrong_credentials' }, username }
}
