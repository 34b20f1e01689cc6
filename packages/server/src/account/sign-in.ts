// Signing in for our own pages: the same form, checks and limits as for an app, with a visit in place of its request.

import { identifyBrowser } from '../identity/browser.ts'
import { deviceCookie } from '../identity/known-callers.ts'
import {
  readAccounts,
  type SessionDeps,
  sessionCookie,
  startSession,
} from '../identity/sessions.ts'
import type { SignInDeps } from '../identity/sign-in.ts'
import { checkSignInForm } from '../identity/sign-in-form.ts'
import type { Endpoint, IncomingRequest, Reply } from '../protocol/message.ts'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { SignInPage } from '../protocol/page.ts'
import { optional, type Params } from '../protocol/params.ts'
import {
  type Destination,
  destinationPath,
  HOME,
  openVisit,
  sealVisit,
  startVisit,
  type Visit,
  type VisitDeps,
} from './visit.ts'

export type AccountDeps = SessionDeps & VisitDeps

/** GET: for another account than the one in use, or just to sign in. */
export function createAccountSignInPageEndpoint(deps: AccountDeps): Endpoint {
  return async (incoming) => {
    const toDevelopers =
      deps.tenant.rules.selfService && optional(incoming.params, 'section') === 'developerApps'
    const to = toDevelopers ? { path: OWN_PATHS.developerApps, query: {} } : HOME
    return askToSignIn({ incoming, to }, deps)
  }
}

/** Shows the sign-in page, which leads on to where the user wanted to go. */
export async function askToSignIn(
  {
    incoming,
    to,
    form,
    problem,
  }: {
    incoming: IncomingRequest
    to: Destination
    /** What was posted before it could be taken. */
    form?: Params | undefined
    problem?: SignInPage['problem']
  },
  deps: AccountDeps,
): Promise<Reply> {
  const { browser, cookies } = identifyBrowser(incoming)
  const accounts = await readAccounts(incoming.cookies.session, deps)
  const visit = startVisit(to, { browser, form }, deps)
  const username = problem?.kind === 'too_long_ago' ? (accounts[0]?.user.username ?? '') : ''
  const hasOtherAccounts = accounts.length > 0 && problem?.kind !== 'too_long_ago'
  const page = signInPage(visit, { username, problem, hasOtherAccounts }, deps)
  return { kind: 'page', status: form === undefined ? 200 : 422, page, cookies }
}

/** POST of the form. */
export function createAccountSignInEndpoint(deps: AccountDeps & SignInDeps): Endpoint {
  return async (incoming) => {
    const sealed = optional(incoming.params, 'interaction')
    const { visit, expired } = openVisit(sealed, incoming, deps)
    const present = await readAccounts(incoming.cookies.session, deps)
    const hasOtherAccounts = present.length > 0
    if (expired) {
      const fresh = { ...visit, issuedAtSeconds: deps.clock.nowSeconds() }
      const said = { username: '', problem: { kind: 'expired' } as const, hasOtherAccounts }
      return { kind: 'page', status: 422, page: signInPage(fresh, said, deps) }
    }
    const result = await checkSignInForm(incoming, deps)
    if ('problem' in result) {
      const page = signInPage(visit, { ...result, hasOtherAccounts }, deps)
      if (result.problem.kind !== 'locked') return { kind: 'page', status: 422, page }
      return { kind: 'page', status: 429, retryAfterSeconds: result.problem.seconds, page }
    }
    const { userAgent, address } = incoming
    const { accounts } = await startSession({ ...result, present, userAgent, address }, deps)
    const device = deviceCookie(result.user, incoming.cookies.device, deps)
    const cookies = [sessionCookie(accounts, deps.tenant), device]
    return { kind: 'local_redirect', path: destinationPath(visit, deps), cookies }
  }
}

function signInPage(
  visit: Visit,
  said: Pick<SignInPage, 'username' | 'problem' | 'hasOtherAccounts'>,
  deps: AccountDeps,
): SignInPage {
  return {
    page: 'sign-in',
    uiLocales: undefined,
    interaction: sealVisit(visit, deps),
    app: undefined,
    username: said.username,
    problem: said.problem,
    hasOtherAccounts: said.hasOtherAccounts,
    toldAt: undefined,
    otherExpected: false,
  }
}
