// Where the answer to an authorization request may go: a URI that the app has registered, compared before anything is
// sent there. Some may be gone to only as long as a legacy allowance lasts.

import { checkAllowance, type LegacyDeps, type LegacyUse } from '../legacy/allowances.ts'
import type { Allowance } from '../protocol/allowance.ts'
import { OAuthError, PageError } from '../protocol/errors.ts'
import { optional, type Params } from '../protocol/params.ts'
import {
  crossesPlainHttp,
  hasSchemeWithoutDomain,
  matchRedirectUri,
  redirectDifference,
  USUAL_REDIRECT_URIS,
  type VerifiedRedirectUri,
} from '../protocol/redirect-uri.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { ClientRecord } from '../store/records.ts'

export interface VerifiedRedirect {
  readonly redirectUri: VerifiedRedirectUri
  /** Whether it is not among the first, as many as every app may have. */
  readonly isBeyondUsual: boolean
}

/** @throws PageError redirect_uri_missing, redirect_uri_mismatch */
export function verifyRedirectUri(
  params: Params,
  client: ClientRecord,
  tenant: Tenant,
): VerifiedRedirect {
  const presented = optional(params, 'redirect_uri')
  const { redirectUris: registered } = client
  const [only, ...others] = registered
  if (presented === undefined && !(tenant.policy.redirectUriOptional && others.length === 0)) {
    throw new PageError('redirect_uri_missing')
  }
  const uri = presented ?? only ?? ''
  const comparison = {
    anyLoopbackPort: client.type === 'public' && params.has('code_challenge'),
    emptyPathIsRoot: !tenant.rules.exactRedirectUris,
  }
  const redirectUri = matchRedirectUri(registered, uri, comparison)
  if (redirectUri === undefined) {
    const difference = redirectDifference(registered, uri)
    throw new PageError('redirect_uri_mismatch', { received: uri, difference })
  }
  const isBeyondUsual =
    registered.length > USUAL_REDIRECT_URIS &&
    matchRedirectUri(registered.slice(0, USUAL_REDIRECT_URIS), uri, comparison) === undefined
  return { redirectUri, isBeyondUsual }
}

/**
 * What is sent to some URIs, others can read: then not even an error goes there, unless the app may have it.
 * @returns the allowance that it uses
 * @throws PageError redirect_uri_insecure
 */
export async function checkSafety(
  uri: VerifiedRedirectUri,
  use: LegacyUse,
  deps: LegacyDeps,
): Promise<readonly Allowance[]> {
  const allowance = unsafetyOf(uri)
  if (allowance === undefined) return []
  try {
    await checkAllowance(allowance, use, deps)
    return [allowance]
  } catch (cause) {
    if (!(cause instanceof OAuthError)) throw cause
    throw new PageError('redirect_uri_insecure', { received: uri, cause })
  }
}

function unsafetyOf(uri: VerifiedRedirectUri): Allowance | undefined {
  if (crossesPlainHttp(uri)) return 'http-redirect-uri'
  return hasSchemeWithoutDomain(uri) ? 'private-scheme' : undefined
}
