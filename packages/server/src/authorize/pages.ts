// What the pages of an authorization request say: decisions turned into page data.

import type { Account } from '../identity/sessions.ts'
import { sha256 } from '../platform/hash.ts'
import type {
  ConsentPage,
  PageAccount,
  PageApp,
  PageScope,
  SelectAccountPage,
  SignInPage,
} from '../protocol/page.ts'
import { displayHost, isLoopback } from '../protocol/redirect-uri.ts'
import { findScope, type Tenant } from '../protocol/tenant.ts'
import type { ClientRecord } from '../store/records.ts'
import { type Decision, isHinted } from './decide.ts'
import {
  type Interaction,
  type InteractionDeps,
  nameAccount,
  sealInteraction,
} from './interaction.ts'
import type { AuthorizationRequest, RefusedRequest } from './request.ts'

/** What is left to decide when a user is asked. */
export type ConsentDecision = Extract<Decision, { step: 'consent' }>

export interface PageContext {
  readonly request: AuthorizationRequest
  readonly interaction: Interaction
  readonly accounts: readonly Account[]
}

/** The user signs in for a request that is refused, too: the app is told after that. */
interface SignInContext extends Omit<PageContext, 'request'> {
  readonly request: AuthorizationRequest | RefusedRequest
}

export function signInPage(
  context: SignInContext,
  deps: InteractionDeps,
  failed: { problem: SignInPage['problem']; username: string } | undefined = undefined,
): SignInPage {
  const { request } = context
  const restarted = context.interaction.restarted ? ({ kind: 'expired' } as const) : undefined
  return {
    page: 'sign-in',
    ...interactionPage(context, deps),
    username: failed?.username ?? request.loginHint ?? '',
    problem: failed?.problem ?? restarted,
    hasOtherAccounts: context.accounts.length > 0,
    toldAt: 'refusal' in request ? displayHost(request.target.redirectUri) : undefined,
    otherExpected:
      !('refusal' in request) &&
      context.accounts.length > 0 &&
      !context.accounts.some((account) => isHinted(account, request)),
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
  // The answer counts for the account and the question of this page, whatever becomes of either meanwhile.
  const named = nameAccount(context.interaction, decision.account)
  const shown = digestQuestion(context, decision, deps)
  return {
    page: 'consent',
    ...interactionPage({ ...context, interaction: { ...named, shown } }, deps),
    // The user is known from here on: what they set comes before what their browser says.
    uiLocales: [request.uiLocales, decision.account.user.locale].filter(Boolean).join(' '),
    account: describeAccount(decision.account),
    selectedOrganisation: undefined,
    ...questionOf(context, decision, deps),
    scopes: request.scopes.map((name) => describeScope(name, decision.known, deps.tenant)),
    redirectIsNew: decision.redirectIsNew,
    problem: undefined,
  }
}

/** What the user says yes to, apart from how it is put: what was allowed before is folded away, and no other question. */
function questionOf(
  { request }: PageContext,
  { memberships }: ConsentDecision,
  { tenant: { policy } }: { tenant: Tenant },
) {
  return {
    organisations: memberships.map(({ organisation: { id, name } }) => ({ id, name })),
    refreshSeconds: isRefreshed(request) ? policy.refreshToken.absoluteSeconds : undefined,
    accessSeconds: policy.accessToken.lifetimeSeconds,
    redirectHost: displayHost(request.target.redirectUri),
    redirectIsLoopback: isLoopback(request.target.redirectUri),
  }
}

/**
 * Tells one question from another. An app that is edited, defaults that are widened or an organisation that the user
 * leaves between page and answer make it another one, and a yes to the old one is no yes to that.
 */
export function digestQuestion(
  context: PageContext,
  decision: ConsentDecision,
  deps: { tenant: Tenant },
): string {
  const { client, target, audience, responseType, scopes } = context.request
  return sha256(
    JSON.stringify({
      ...questionOf(context, decision, deps),
      app: describeApp(client),
      scopes: scopes.map((name) => describeScope(name, [], deps.tenant)),
      redirectUri: target.redirectUri,
      // A first yes covers all of them.
      redirectUris: client.redirectUris,
      audience,
      responseType,
    }),
  )
}

/** RFC 6749 §4.2.2: never what the implicit grant gives. */
function isRefreshed({ client, responseType }: AuthorizationRequest): boolean {
  return responseType === 'code' && client.grantTypes.includes('refresh_token')
}

function interactionPage({ request, interaction }: SignInContext, deps: InteractionDeps) {
  const { client } = request
  return {
    uiLocales: request.uiLocales,
    // That it began anew is told once: what the user does from here on counts.
    interaction: sealInteraction({ ...interaction, restarted: false }, deps),
    app: describeApp(client),
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
