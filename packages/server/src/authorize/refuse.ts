// When an app hears of an error. Whoever registers an app can make up a request that is refused, and a link to our host
// would lead to a page of theirs before anybody has said who they are: so errors wait until the user has signed in.

import type { Account } from '../identity/sessions.ts'
import { RedirectError } from '../protocol/errors.ts'
import type { Log } from '../protocol/message.ts'
import type { RefusedRequest } from './request.ts'

/**
 * RFC 9700 §4.11.2: returns while the user has to sign in before anything leads away from our host. The request is
 * checked anew after that. With `prompt=none` there is no page to do so on.
 * @throws RedirectError as soon as the app may be told
 */
export function tellUnlessStranger(
  request: RefusedRequest,
  { accounts, log }: { accounts: readonly Account[]; log: Log },
): void {
  const { refusal, silent } = request
  if (silent || accounts.length > 0) throw new RedirectError(refusal, request)
  log.info({ reason: refusal.reason }, 'refusal held until somebody has signed in')
}
