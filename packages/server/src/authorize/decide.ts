// The only place that decides what an authorization request needs next: sign-in, a choice of account, consent, or
// nothing more. It asks the store, changes nothing, and must not know pages or HTTP.

import type { Account } from '../identity/sessions.ts'
import { normaliseUsername } from '../identity/usernames.ts'
import { OAuthError, RedirectError } from '../protocol/errors.ts'
import type { Reason } from '../protocol/reasons.ts'
import { isNativeRedirect } from '../protocol/redirect-uri.ts'
import { covers } from '../protocol/scope.ts'
import type { Store } from '../store/port.ts'
import type { ConsentRecord, Membership } from '../store/records.ts'
import { coversRedirect } from './consent-cover.ts'
import type { Interaction } from './interaction.ts'
import type { AuthorizationRequest } from './request.ts'

export type Decision =
  | { readonly step: 'sign-in' }
  | { readonly step: 'select-account' }
  | {
      readonly step: 'consent'
      readonly account: Account
      readonly memberships: readonly Membership[]
      /** Scopes that the user has allowed this app before. */
      readonly known: readonly string[]
      /** The app was allowed before, but nothing that the user allowed leads to this redirect URI. */
      readonly redirectIsNew: boolean
    }
  | {
      readonly step: 'issue'
      readonly account: Account
      readonly membership: Membership | undefined
    }

export interface Situation {
  readonly request: AuthorizationRequest
  readonly interaction: Interaction
  /** The accounts signed in in this browser. */
  readonly accounts: readonly Account[]
  readonly nowSeconds: number
}

export interface DecideDeps {
  readonly store: Pick<Store, 'listMemberships' | 'findConsent'>
}

/** @throws RedirectError when `prompt=none` forbids what would be needed (OIDC Core §3.1.2.6) */
export async function decideNextStep(situation: Situation, deps: DecideDeps): Promise<Decision> {
  const silent = situation.request.prompts.has('none')
  const selection = selectAccount(situation)
  if ('step' in selection) {
    return silent ? refuse('sign_in_needed', situation) : selection
  }
  const { account } = selection
  const memberships = await deps.store.listMemberships(account.user.tenant, account.user.id)
  const consents = await findConsents(situation.request, { account, memberships }, deps)
  const membership = membershipToIssueFor(situation.request, memberships, consents)
  if (membership !== 'ask') return { step: 'issue', account, membership }
  if (silent) return refuse('consent_needed', situation)
  return {
    step: 'consent',
    account,
    memberships,
    known: consents.flatMap(({ scopes }) => scopes),
    redirectIsNew: isNewRedirect(situation.request, consents),
  }
}

/** Who the user is, or what must happen before that is known. */
function selectAccount(situation: Situation): { account: Account } | Decision {
  const { request, interaction, accounts } = situation
  const chosen = findChosen(interaction, accounts)
  // OIDC Core §3.1.2.2: never an answer about another user, whoever signed in for this request.
  if (chosen && !isHinted(chosen, request)) return refuse('sign_in_needed', situation)
  if (interaction.otherAccount && !chosen) return { step: 'sign-in' }
  // Where the chosen account has signed out meanwhile, no other one stands in for it unasked.
  const mustChoose = request.prompts.has('select_account') || interaction.account !== undefined
  if (mustChoose && !chosen && accounts.length > 0) return { step: 'select-account' }
  const account = chosen ?? accountByHint(request, accounts)
  if (!account) return { step: 'sign-in' }
  const freshSignIn = interaction.freshSignIn && account === chosen
  return freshSignIn || isRecentEnough(account, situation) ? { account } : { step: 'sign-in' }
}

/**
 * Signing in again replaces the session of the same user. Where that happened in another tab while this request was
 * open, the user has proven since then who they are, and the newer session counts for the older one.
 */
function findChosen(
  { account, user, issuedAtSeconds }: Interaction,
  accounts: readonly Account[],
): Account | undefined {
  return (
    accounts.find(({ session }) => session.id === account) ??
    accounts.find(
      (other) => other.user.id === user && other.session.authTimeSeconds >= issuedAtSeconds,
    )
  )
}

/** OIDC Core §3.1.2.1: older than max_age means to prove it again; 0 always does, like prompt=login. */
function isRecentEnough({ session }: Account, { request, nowSeconds }: Situation): boolean {
  if (request.prompts.has('login') || request.maxAgeSeconds === 0) return false
  return nowSeconds - session.authTimeSeconds <= (request.maxAgeSeconds ?? Infinity)
}

/** OIDC Core §3.1.2.1: whether the answer may be about this account. */
export function isHinted({ user }: Account, { hintedUserId }: AuthorizationRequest): boolean {
  return hintedUserId === undefined || user.id === hintedUserId
}

/**
 * OIDC Core §3.1.2.1: the account that `id_token_hint` names, which is proven; or `login_hint`, which anybody can make up;
 * and without a hint the one used last.
 */
function accountByHint(
  request: AuthorizationRequest,
  accounts: readonly Account[],
): Account | undefined {
  const { hintedUserId, loginHint } = request
  if (hintedUserId !== undefined) return accounts.find((account) => isHinted(account, request))
  if (loginHint === undefined) return accounts[0]
  const username = normaliseUsername(loginHint)
  return accounts.find(
    ({ user }) => user.username === username || normaliseUsername(user.email ?? '') === username,
  )
}

async function findConsents(
  request: AuthorizationRequest,
  { account, memberships }: { account: Account; memberships: readonly Membership[] },
  { store }: DecideDeps,
): Promise<readonly ConsentRecord[]> {
  const organisations = memberships.length > 0 ? memberships.map((m) => m.organisation.id) : [null]
  const consents = await Promise.all(
    organisations.map((organisationId) =>
      store.findConsent({
        tenant: account.user.tenant,
        userId: account.user.id,
        clientId: request.client.id,
        organisationId,
      }),
    ),
  )
  return consents.filter((consent) => consent !== null)
}

/** For which membership the app gets its code without asking; 'ask' when the user has to answer. */
function membershipToIssueFor(
  request: AuthorizationRequest,
  memberships: readonly Membership[],
  consents: readonly ConsentRecord[],
): Membership | undefined | 'ask' {
  if (request.prompts.has('consent')) return 'ask'
  // RFC 8252 §8.6: any app on the device can pretend to be this one, so the user is asked each time.
  const assured =
    request.client.type === 'confidential' || !isNativeRedirect(request.target.redirectUri)
  if (!assured) return 'ask'
  if (request.client.party === 'first' && memberships.length <= 1) return memberships[0]
  const sufficient = consents.filter(
    (consent) => covers(consent.scopes, request.scopes) && coversRedirect(consent, request),
  )
  const latest = sufficient.toSorted((a, b) => b.grantedAtSeconds - a.grantedAtSeconds)[0]
  if (!latest) return 'ask'
  return memberships.find(({ organisation }) => organisation.id === latest.organisationId)
}

function isNewRedirect(request: AuthorizationRequest, consents: readonly ConsentRecord[]): boolean {
  return consents.length > 0 && !consents.some((consent) => coversRedirect(consent, request))
}

function refuse(reason: Reason, { request }: Situation): never {
  throw new RedirectError(new OAuthError(reason), request)
}
