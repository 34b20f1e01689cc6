// The consent form of an authorization request: the user's answer, which counts once.

import { alreadyDecided, approve, deny } from '../authorize/approve.ts'
import { decideNextStep } from '../authorize/decide.ts'
import { beginAnew } from '../authorize/interaction.ts'
import {
  type ConsentDecision,
  consentPage,
  digestQuestion,
  type PageContext,
} from '../authorize/pages.ts'
import { tellUnlessStranger } from '../authorize/refuse.ts'
import { type AuthorizationRequest, checkAuthorizationRequest } from '../authorize/request.ts'
import { type Account, readAccounts } from '../identity/sessions.ts'
import type { Endpoint, IncomingRequest, Reply } from '../protocol/message.ts'
import { list, optional, type Params } from '../protocol/params.ts'
import { findScope, type Tenant } from '../protocol/tenant.ts'
import type { Membership } from '../store/records.ts'
import { type AuthorizeDeps, goOn, occasionOf, resumeInteraction } from './authorize.ts'

export function createConsentEndpoint(deps: AuthorizeDeps): Endpoint {
  return async (incoming) => {
    const { interaction, params } = resumeInteraction(incoming, deps)
    if (interaction.restarted) return goOn(interaction, deps)
    const request = await checkAuthorizationRequest(params, deps, occasionOf(incoming))
    const accounts = await readAccounts(incoming.cookies.session, deps)
    if ('refusal' in request) {
      tellUnlessStranger(request, { accounts, log: incoming.log })
      return goOn(interaction, deps)
    }
    const nowSeconds = deps.clock.nowSeconds()
    const asked = withPrompt(request)
    const decision = await decideNextStep(
      { request: asked, interaction, accounts, nowSeconds },
      deps,
    )
    // Signed out meanwhile, or the account is no longer the one the page named.
    if (decision.step !== 'consent' || interaction.account === undefined)
      return goOn(interaction, deps)

    return answerQuestion({ incoming, context: { request, interaction, accounts }, decision }, deps)
  }
}

async function answerQuestion(
  asked: { incoming: IncomingRequest; context: PageContext; decision: ConsentDecision },
  deps: AuthorizeDeps,
): Promise<Reply> {
  const { incoming, context, decision } = asked
  const { request, interaction } = context
  if (optional(incoming.params, 'decision') !== 'allow') {
    return deny({ request, interaction }, deps)
  }
  if (interaction.shown !== digestQuestion(context, decision, deps)) {
    const page = consentPage(context, decision, deps)
    return { kind: 'page', status: 409, page: { ...page, problem: 'changed' } }
  }
  const scopes = allowedScopes(request, incoming.params, deps.tenant)
  if (scopes.length === 0) return deny({ request, interaction }, deps)
  const membership = pickMembership(decision, incoming.params)
  if (membership === 'missing') {
    const page = consentPage(context, decision, deps)
    return { kind: 'page', status: 422, page: { ...page, problem: 'organisation_missing' } }
  }
  const approval = { request, account: decision.account, membership, scopes, interaction }
  const occasion = occasionOf(incoming)
  const answer = await approve({ ...approval, answered: true, ...occasion }, deps)
  return answer === 'already_decided'
    ? answerAgain({ context, account: decision.account, scopes, occasion }, deps)
    : answer
}

/**
 * Somebody pressed Allow twice, or went back and pressed it again. Where the app may have what was allowed without a
 * question, it gets a code of its own for that, since a browser shows the last answer alone; the first one counts in any
 * case. What was proven for this request was good for one answer (RFC 6749 §10.2).
 */
async function answerAgain(
  {
    context: { request, interaction, accounts },
    account,
    scopes,
    occasion,
  }: {
    context: PageContext
    account: Account
    scopes: readonly string[]
    occasion: ReturnType<typeof occasionOf>
  },
  deps: AuthorizeDeps,
): Promise<Reply> {
  const anew = beginAnew(interaction, deps)
  const prompts = new Set([...request.prompts].filter((prompt) => prompt !== 'consent'))
  const allowed = { ...request, scopes, prompts }
  const nowSeconds = deps.clock.nowSeconds()
  const decision = await decideNextStep(
    { request: allowed, interaction: anew, accounts, nowSeconds },
    deps,
  )
  if (decision.step === 'consent') throw alreadyDecided(interaction)
  if (decision.step !== 'issue' || decision.account !== account) return goOn(anew, deps)
  const approval = { request, account, membership: decision.membership, scopes, ...occasion }
  const answer = await approve({ ...approval, interaction: undefined, answered: false }, deps)
  if (answer === 'already_decided') throw alreadyDecided(interaction)
  return answer
}

/** The page was shown, so an answer is due even if the same was allowed elsewhere meanwhile. */
function withPrompt(request: AuthorizationRequest): AuthorizationRequest {
  return { ...request, prompts: new Set([...request.prompts, 'consent'] as const) }
}

/** What must be is allowed with the button; what is optional only with its box ticked. */
function allowedScopes(
  request: AuthorizationRequest,
  form: Params,
  tenant: Tenant,
): readonly string[] {
  const ticked = list(form, 'scope')
  return request.scopes.filter(
    (scope) => !findScope(tenant, scope)?.optional || ticked.includes(scope),
  )
}

function pickMembership(
  { memberships }: ConsentDecision,
  form: Params,
): Membership | undefined | 'missing' {
  if (memberships.length <= 1) return memberships[0]
  const id = optional(form, 'organisation')
  return memberships.find(({ organisation }) => organisation.id === id) ?? 'missing'
}
