// The sign-in form of an authorization request.

import { type Interaction, withSignIn } from '../authorize/interaction.ts'
import { signInPage } from '../authorize/pages.ts'
import { checkAuthorizationRequest } from '../authorize/request.ts'
import { deviceCookie } from '../identity/known-callers.ts'
import { type Account, readAccounts, sessionCookie, startSession } from '../identity/sessions.ts'
import type { SignInDeps } from '../identity/sign-in.ts'
import { checkSignInForm } from '../identity/sign-in-form.ts'
import type { Endpoint, IncomingRequest } from '../protocol/message.ts'
import type { UserRecord } from '../store/records.ts'
import { type AuthorizeDeps, goOn, occasionOf, resumeInteraction } from './authorize.ts'

export type SignInEndpointDeps = AuthorizeDeps & SignInDeps

export function createSignInEndpoint(deps: SignInEndpointDeps): Endpoint {
  return async (incoming) => {
    const { interaction, params } = resumeInteraction(incoming, deps)
    if (interaction.restarted) return goOn(interaction, deps)
    const request = await checkAuthorizationRequest(params, deps, occasionOf(incoming))
    const accounts = await readAccounts(incoming.cookies.session, deps)

    const result = await checkSignInForm(incoming, deps)
    if ('problem' in result) {
      const page = signInPage({ request, interaction, accounts }, deps, result)
      if (result.problem.kind !== 'locked') return { kind: 'page', status: 422, page }
      return { kind: 'page', status: 429, retryAfterSeconds: result.problem.seconds, page }
    }
    return signedIn(result.user, { incoming, interaction, accounts, deps })
  }
}

async function signedIn(
  user: UserRecord,
  context: {
    incoming: IncomingRequest
    interaction: Interaction
    accounts: readonly Account[]
    deps: SignInEndpointDeps
  },
) {
  const { incoming, interaction, accounts: present, deps } = context
  const { userAgent, address } = incoming
  const { account, accounts } = await startSession({ user, present, userAgent, address }, deps)
  const proven = withSignIn(interaction, account)
  const device = deviceCookie(account.user, incoming.cookies.device, deps)
  return goOn(proven, deps, [sessionCookie(accounts, deps.tenant), device])
}
