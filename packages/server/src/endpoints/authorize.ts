// Authorization endpoint (RFC 6749 §3.1): check the request, decide what it needs, show that or answer the app.

import { type ApproveDeps, approve } from '../authorize/approve.ts'
import { type ChallengeWatchDeps, createChallengeWatch } from '../authorize/constant-challenge.ts'
import { type DecideDeps, type Decision, decideNextStep } from '../authorize/decide.ts'
import {
  beginAnew,
  formatRequest,
  type Interaction,
  type InteractionDeps,
  type OpenedInteraction,
  openInteraction,
  sealInteraction,
  startInteraction,
} from '../authorize/interaction.ts'
import { consentPage, type PageContext, selectAccountPage, signInPage } from '../authorize/pages.ts'
import { tellUnlessStranger } from '../authorize/refuse.ts'
import { checkAuthorizationRequest, type RequestDeps } from '../authorize/request.ts'
import { identifyBrowser } from '../identity/browser.ts'
import { readAccounts, type SessionDeps } from '../identity/sessions.ts'
import type { CookieChange, Endpoint, IncomingRequest, Reply } from '../protocol/message.ts'
import { optional } from '../protocol/params.ts'

export interface AuthorizeDeps extends InteractionDeps, SessionDeps, Omit<ApproveDeps, 'store'> {
  readonly authorizePath: string
  readonly store: SessionDeps['store'] &
    RequestDeps['store'] &
    DecideDeps['store'] &
    ApproveDeps['store'] &
    ChallengeWatchDeps['store']
}

export function createAuthorizeEndpoint(deps: AuthorizeDeps): Endpoint {
  const watchChallenge = createChallengeWatch(deps)
  return async (incoming) => {
    // OIDC Core §3.1.2.1 wants POST too, but a cross-site POST comes without our cookies: move on by GET.
    if (incoming.method === 'POST') {
      const path = `${deps.authorizePath}?${formatRequest(incoming.params)}`
      return { kind: 'local_redirect', path }
    }
    const { browser, cookies } = identifyBrowser(incoming)
    const { interaction, params } = openOrStart(incoming, browser, deps)

    const { id: requestId, log } = incoming
    const request = await checkAuthorizationRequest(params, deps, { requestId, log })
    const accounts = await readAccounts(incoming.cookies.session, deps)
    if ('refusal' in request) {
      tellUnlessStranger(request, { accounts, log })
      const page = signInPage({ request, interaction, accounts }, deps)
      return { kind: 'page', status: 200, page, cookies }
    }
    const nowSeconds = deps.clock.nowSeconds()
    const decision = await decideNextStep({ request, interaction, accounts, nowSeconds }, deps)
    if ('account' in decision) {
      await watchChallenge({ request, userId: decision.account.user.id, requestId, log })
    }

    const context: PageContext = { request, interaction, accounts }
    switch (decision.step) {
      case 'sign-in':
        return { kind: 'page', status: 200, page: signInPage(context, deps), cookies }
      case 'select-account':
        return { kind: 'page', status: 200, page: selectAccountPage(context, deps), cookies }
      case 'consent':
        return { kind: 'page', status: 200, page: consentPage(context, decision, deps), cookies }
      case 'issue':
        return issue({ ...context, ...decision }, occasionOf(incoming), deps)
    }
  }
}

/** What the user proved or chose for this request is good for one code: who comes again with it is asked again. */
async function issue(
  context: PageContext & Extract<Decision, { step: 'issue' }>,
  occasion: ReturnType<typeof occasionOf>,
  deps: AuthorizeDeps,
): Promise<Reply> {
  const { request, account, membership, interaction } = context
  const used = interaction.account === undefined ? undefined : interaction
  const approval = { request, account, membership, scopes: request.scopes, ...occasion }
  const answer = await approve({ ...approval, interaction: used, answered: false }, deps)
  if (answer !== 'already_decided') return answer
  return goOn(beginAnew(interaction, deps), deps)
}

/** Back to the authorization endpoint, which looks at the request anew: every step of a page ends here. */
export function goOn(
  interaction: Interaction,
  deps: AuthorizeDeps,
  cookies: readonly CookieChange[] = [],
): Reply {
  const path = `${deps.authorizePath}?interaction=${sealInteraction(interaction, deps)}`
  return { kind: 'local_redirect', path, cookies }
}

/** What the audit trail needs to know of a request. */
export function occasionOf({ id, log }: IncomingRequest) {
  return { requestId: id, log }
}

/** The interaction that a posted form brings back. */
export function resumeInteraction(
  incoming: IncomingRequest,
  deps: AuthorizeDeps,
): OpenedInteraction {
  return openInteraction(optional(incoming.params, 'interaction'), incoming, deps)
}

function openOrStart(
  incoming: IncomingRequest,
  browser: string,
  deps: AuthorizeDeps,
): OpenedInteraction {
  const sealed = optional(incoming.params, 'interaction')
  if (sealed !== undefined) return openInteraction(sealed, incoming, deps)
  return { interaction: startInteraction(incoming.params, browser, deps), params: incoming.params }
}
