// What the pages of an authorization request say: decisions turned into page data.

import type { Account } from '../identity/sessions.ts'
import type {
  ConsentPage,
  PageAccount,
  PageApp,
  PageScope,
  SelectAccountPage,
  SignInPage,
} from '../protocol/page.ts'
import { displayHost, formActionSource, isLoopback } from '../protocol/redirect-uri.ts'
import { findScope, type Tenant } from '../protocol/tenant.ts'
import type { ClientRecord } from '../store/records.ts'
import type { Decision } from './decide.ts'
import { type Interaction, type InteractionDeps, sealInteraction } from './interaction.ts'
import type { AuthorizationRequest } from './request.ts'

/** What is left to decide when a user is asked. */
export type ConsentDecision = Extract<Decision, { step: 'consent' }>

export interface PageContext {
  readonly request: AuthorizationRequest
  readonly interaction: Interaction
  readonly accounts: readonly Account[]
}

export function signInPage(
  context: PageContext,
  deps: InteractionDeps,
  failed: { problem: SignInPage['problem']; username: string } | undefined = undefined,
): SignInPage {
  const restarted = context.interaction.restarted ? ({ kind: 'expired' } as const) : undefined
  return {
    page: 'sign-in',
    ...interactionPage(context, deps),
    username: failed?.username ?? context.request.loginHint ?? '',
    problem: failed?.problem ?? restarted,
    hasOtherAccounts: context.accounts.length > 0,
  }
}

export function selectAccountPage(context: PageContext, deps: InteractionDeps): SelectAccountPage {
  return {
    page: 'select-account',
    ...interactionPage(context, deps),
    accounts: context.accounts.map(describeAccount),
  }
}

export function consentPage(
  context: PageContext,
  decision: ConsentDecision,
  deps: InteractionDeps & { tenant: Tenant },
): ConsentPage {
  const { request } = context
  const { policy } = deps.tenant
  // The answer counts for the account that the page names, whatever the browser does meanwhile.
  const interaction = { ...context.interaction, account: decision.account.session.id }
  return {
    page: 'consent',
    ...interactionPage({ ...context, interaction }, deps),
    // The user is known from here on: what they set comes before what their browser says.
    uiLocales: [request.uiLocales, decision.account.user.locale].filter(Boolean).join(' '),
    account: describeAccount(decision.account),
    organisations: decision.memberships.map(({ organisation: { id, name } }) => ({ id, name })),
    selectedOrganisation: undefined,
    scopes: request.scopes.map((name) => describeScope(name, decision.known, deps.tenant)),
    refreshSeconds: isRefreshed(request) ? policy.refreshToken.absoluteSeconds : undefined,
    accessSeconds: policy.accessToken.lifetimeSeconds,
    redirectHost: displayHost(request.target.redirectUri),
    redirectIsLoopback: isLoopback(request.target.redirectUri),
    redirectIsNew: decision.redirectIsNew,
    problem: undefined,
  }
}

/** RFC 6749 §4.2.2: never what the implicit grant gives. */
function isRefreshed({ client, responseType }: AuthorizationRequest): boolean {
  return responseType === 'code' && client.grantTypes.includes('refresh_token')
}

function interactionPage({ request, interaction }: PageContext, deps: InteractionDeps) {
  const { client } = request
  return {
    uiLocales: request.uiLocales,
    // That it began anew is told once: what the user does from here on counts.
    interaction: sealInteraction({ ...interaction, restarted: false }, deps),
    app: describeApp(client),
    // CSP form-action holds for every hop after the form, so it names where this app may be sent to.
    formActions: [
      ...new Set([...client.redirectUris, request.target.redirectUri].map(formActionSource)),
    ],
  }
}

export function describeApp(client: ClientRecord): PageApp {
  return {
    name: client.name,
    publisher: client.publisher ?? undefined,
    homepage: client.homepage ?? undefined,
    privacyUri: client.privacyUri ?? undefined,
    termsUri: client.termsUri ?? undefined,
    firstParty: client.party === 'first',
  }
}

export function describeAccount({ session, user }: Account): PageAccount {
  return { id: session.id, name: user.name, username: user.username }
}

export function describeScope(name: string, known: readonly string[], tenant: Tenant): PageScope {
  const definition = findScope(tenant, name)
  return {
    name,
    description: definition?.description,
    group: definition?.group,
    access: definition?.access,
    sensitive: definition?.sensitive ?? false,
    optional: definition?.optional ?? false,
    known: known.includes(name),
  }
}
