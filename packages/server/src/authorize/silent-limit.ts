// How often an app may send one user here and get an answer without the user doing anything: a page that reloads itself
// would else store codes as fast as the browser can ask. Each process counts for itself, in memory: what is limited is
// rows, not guesses, and a count that all share would cost a write for each answer.

import type { Account } from '../identity/sessions.ts'
import type { Clock } from '../platform/clock.ts'
import { OAuthError, RedirectError } from '../protocol/errors.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { AuthorizationRequest } from './request.ts'

const WINDOW_SECONDS = 60

/** @returns what counts an answer. @throws RedirectError once there were too many of them: the app is told to wait */
export function createSilentLimit({
  tenant,
  clock,
}: {
  readonly tenant: Tenant
  readonly clock: Clock
}): (request: AuthorizationRequest, account: Account) => void {
  let counts = new Map<string, number>()
  let endsAtSeconds = 0

  return (request, account) => {
    const nowSeconds = clock.nowSeconds()
    if (nowSeconds >= endsAtSeconds) {
      counts = new Map()
      endsAtSeconds = nowSeconds + WINDOW_SECONDS
    }
    const key = [account.user.id, request.client.id].join(' ')
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    if (count > tenant.policy.code.silentPerMinute) {
      throw new RedirectError(new OAuthError('silent_too_often'), request)
    }
  }
}
