// Sign-out (OIDC RP-Initiated Logout §2): always asks first, so that no other site can sign a user out.

import { describeAccount } from '../authorize/pages.ts'
import type { Contract } from '../contracts/contract.ts'
import { identifyBrowser, isSameBrowser } from '../identity/browser.ts'
import {
  type Account,
  endSessions,
  readAccounts,
  type SessionDeps,
  sessionCookie,
} from '../identity/sessions.ts'
import { sha256 } from '../platform/hash.ts'
import type { Sealer } from '../platform/seal.ts'
import { PageError } from '../protocol/errors.ts'
import { asClientId } from '../protocol/ids.ts'
import type { CookieChange, Endpoint, IncomingRequest, Reply } from '../protocol/message.ts'
import { formatForm, optional, type Params } from '../protocol/params.ts'
import { matchRedirectUri, type VerifiedRedirectUri } from '../protocol/redirect-uri.ts'
import type { Store } from '../store/port.ts'
import { readIdTokenHint } from '../tokens/id-token.ts'
import type { KeyRing } from '../tokens/keys.ts'

export interface SignOutDeps extends SessionDeps {
  readonly store: SessionDeps['store'] & Pick<Store, 'findClient'>
  readonly contract: Contract
  readonly keys: KeyRing
  readonly sealer: Sealer
}

/** What the confirmation page brings back, sealed. */
interface SignOutRequest {
  readonly browser: string
  readonly redirectUri: VerifiedRedirectUri | undefined
  readonly state: string | undefined
  readonly uiLocales: string | undefined
}

const PURPOSE = 'sign-out'

/** GET (or POST by an app): shows whom it would sign out. */
export function createSignOutEndpoint(deps: SignOutDeps): Endpoint {
  return async (incoming) => {
    // A cross-site POST comes without our cookies, and would sign out nobody: move on by GET.
    if (incoming.method === 'POST') {
      const path = `${deps.contract.paths.signOut}?${formatForm(incoming.params)}`
      return { kind: 'local_redirect', path }
    }
    const { browser, cookies } = identifyBrowser(incoming)
    const request: SignOutRequest = {
      browser: sha256(browser),
      redirectUri: await findPostLogoutUri(incoming, deps),
      state: optional(incoming.params, 'state'),
      uiLocales: optional(incoming.params, 'ui_locales'),
    }
    const accounts = await readAccounts(incoming.cookies.session, deps)
    if (accounts.length === 0) return finish(request, cookies)
    const page = {
      page: 'sign-out' as const,
      uiLocales: request.uiLocales,
      token: deps.sealer.seal(JSON.stringify(request), PURPOSE),
      accounts: accounts.map(describeAccount),
    }
    return { kind: 'page', status: 200, page, cookies }
  }
}

/** POST of the confirmation page. */
export function createSignOutConfirmEndpoint(deps: SignOutDeps): Endpoint {
  return async (incoming) => {
    const sealed = optional(incoming.params, 'token')
    const text = sealed === undefined ? undefined : deps.sealer.open(sealed, PURPOSE)
    if (text === undefined) throw new PageError('interaction_invalid')
    const request: SignOutRequest = JSON.parse(text)
    if (!isSameBrowser(request.browser, incoming)) {
      throw new PageError('interaction_of_other_browser')
    }
    const accounts: readonly Account[] = await readAccounts(incoming.cookies.session, deps)
    await endSessions(accounts, deps)
    return finish(request, [sessionCookie([], deps.tenant)])
  }
}

function finish(
  { redirectUri, state, uiLocales }: SignOutRequest,
  cookies: readonly CookieChange[],
): Reply {
  if (redirectUri === undefined) {
    return { kind: 'page', status: 200, page: { page: 'signed-out', uiLocales }, cookies }
  }
  return { kind: 'authorization', redirectUri, responseMode: 'query', fields: { state }, cookies }
}

/**
 * OIDC RP-Initiated Logout §3: only a registered URI of the app that the hint or `client_id` names. Whoever wants to sign
 * out can do so without one: to keep them signed in for a mistake of the app would be worse than not to lead them back.
 */
async function findPostLogoutUri(
  { params, log }: IncomingRequest,
  deps: SignOutDeps,
): Promise<VerifiedRedirectUri | undefined> {
  const clientId = await readClientId(params, deps)
  const uri = optional(params, 'post_logout_redirect_uri')
  if (uri === undefined) return undefined
  const comparison = { anyLoopbackPort: false, emptyPathIsRoot: true }
  const verified = matchRedirectUri(await registeredUris(clientId, deps), uri, comparison)
  if (!verified) {
    log.info(
      { client: clientId?.slice(0, MAX_RECORDED_LENGTH) },
      'sign-out cannot return: its address is not registered',
    )
  }
  return verified
}

const MAX_RECORDED_LENGTH = 128

async function registeredUris(
  clientId: string | undefined,
  { tenant, store }: SignOutDeps,
): Promise<readonly string[]> {
  if (clientId === undefined) return []
  const found = await store.findClient(tenant.name, asClientId(clientId))
  if (!found || found.client.disabledAtSeconds !== null) return []
  return found.client.postLogoutRedirectUris
}

async function readClientId(params: Params, deps: SignOutDeps): Promise<string | undefined> {
  const hint = optional(params, 'id_token_hint')
  const named = optional(params, 'client_id')
  if (hint === undefined) return named
  const { tenant, keys } = deps
  const read = await readIdTokenHint(hint, { issuer: tenant.issuer, keys })
  if (!read || (named !== undefined && named !== read.clientId))
    throw new PageError('request_malformed')
  return read.clientId
}
