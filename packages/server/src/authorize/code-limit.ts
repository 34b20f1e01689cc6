// How often an app is given a code for one user, whether the user is asked or not. A page that reloads itself, or a
// program that presses the button, would else store codes as fast as it can ask, and whoever redeems them all makes a
// line of the feed of each. All nodes count together, in the transition that stores the code. That costs a write, so it
// begins where no user comes by accident: what is below is counted by each process for itself, in memory.

import type { Allowance, Guessing } from '../identity/guessing.ts'
import type { Account } from '../identity/sessions.ts'
import type { Clock } from '../platform/clock.ts'
import { OAuthError, RedirectError } from '../protocol/errors.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { AuthorizationRequest } from './request.ts'

const WINDOW_SECONDS = 60
/** Of the limit, a process gives one part in so many without counting them for all. */
const PARTS = 6

export interface CodeLimit {
  /**
   * What the next answer for this user counts in; null while it need not.
   * @throws RedirectError once it is known to be used up: then a flood of requests writes nothing
   */
  allowanceFor(request: AuthorizationRequest, account: Account): Promise<Allowance | null>
}

export function createCodeLimit({
  tenant,
  clock,
  guesses,
}: {
  readonly tenant: Tenant
  readonly clock: Clock
  readonly guesses: Pick<Guessing, 'waitOf'>
}): CodeLimit {
  const { perMinute } = tenant.policy.code
  const uncounted = Math.floor(perMinute / PARTS)
  let counts = new Map<string, number>()
  let endsAtSeconds = 0

  return {
    async allowanceFor(request, account) {
      const nowSeconds = clock.nowSeconds()
      if (nowSeconds >= endsAtSeconds) {
        counts = new Map()
        endsAtSeconds = nowSeconds + WINDOW_SECONDS
      }
      const slot = [account.user.id, request.client.id].join(' ')
      const count = (counts.get(slot) ?? 0) + 1
      counts.set(slot, count)
      if (count <= uncounted) return null
      const allowance = {
        ...{ purpose: 'codes', slot, failures: perMinute },
        ...{ windowSeconds: WINDOW_SECONDS, thenEverySeconds: 0 },
      }
      if ((await guesses.waitOf(() => allowance)) !== undefined) throw tooMany(request)
      return allowance
    },
  }
}

export function tooMany(request: AuthorizationRequest): RedirectError {
  return new RedirectError(new OAuthError('codes_too_many'), request)
}
