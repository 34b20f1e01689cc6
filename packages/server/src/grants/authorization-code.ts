// Authorization code grant (RFC 6749 §4.1.3) with PKCE (RFC 7636 §4.5).

import { accessTokenLifetime } from '../legacy/allowances.ts'
import { tokenKey } from '../platform/hash.ts'
import { OAuthError } from '../protocol/errors.ts'
import { list, optional, type Params, required } from '../protocol/params.ts'
import { isVerifier, verifierMatches } from '../protocol/pkce.ts'
import type { Reason } from '../protocol/reasons.ts'
import { parseResources } from '../protocol/resource.ts'
import { sameScopes } from '../protocol/scope.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { CodeRecord } from '../store/records.ts'
import { endingNow } from '../tokens/ending.ts'
import { issueTokens, planIdToken } from '../tokens/issue.ts'
import { type GrantContext, type GrantType, grantEnded } from './grant.ts'
import { narrowGrant, stillAllowed } from './narrow.ts'

interface CodeRequest {
  readonly code: string
  readonly redirectUri: string | undefined
  readonly codeVerifier: string | undefined
  readonly resources: readonly string[]
}

/**
 * An app that sends its code twice has lost the first answer, or runs its callback twice as browsers and frameworks do:
 * so soon, with everything that the app alone can know, it is no theft (decision 0006).
 */
const REPEATED_WITHIN_SECONDS = 10

export const authorizationCode: GrantType<CodeRequest> = {
  name: 'authorization_code',
  forPublicClients: true,

  parse: (params) => ({
    code: required(params, 'code'), // RFC 6749 §4.1.3: REQUIRED
    redirectUri: optional(params, 'redirect_uri'), // RFC 6749 §4.1.3: REQUIRED if the authorization request had it
    codeVerifier: parseVerifier(params), // RFC 7636 §4.5: REQUIRED if the authorization request had a challenge
    resources: parseResources(list(params, 'resource')), // RFC 8707 §2.2: OPTIONAL
  }),

  async run(request, context) {
    const { client, deps } = context
    const { tenant, store, clock } = deps
    const hash = tokenKey(request.code)
    const code = await store.findCode(tenant.name, hash)
    if (!code) throw new OAuthError('code_unknown')

    const refusal = checkBinding(code, request, context)
    if (refusal) throw new OAuthError(refusal)
    const now = clock.nowSeconds()
    if (code.redeemedAtSeconds !== null) {
      if (now - code.redeemedAtSeconds < REPEATED_WITHIN_SECONDS)
        throw new OAuthError('code_repeated')
      return refuseReplay(code, context)
    }
    if (now >= code.expiresAtSeconds) throw new OAuthError('code_expired')
    const lifetimeSeconds = await accessTokenLifetime(context, deps)
    const refreshEndsAtSeconds = now + tenant.policy.refreshToken.absoluteSeconds
    const refreshes = client.grantTypes.includes('refresh_token')
    const granted = stillAllowed(code, client)
    const asked = { scopes: undefined, resources: request.resources }
    const covered = narrowGrant(granted, asked, tenant)
    const { response, tokens } = await issueTokens(
      {
        grant: { ...granted, id: code.grantId },
        ...covered,
        scopeDiffers: code.scopeDiffers || !sameScopes(covered.scopes, code.scopes),
        refresh: refreshes
          ? { kind: 'new', endsAtSeconds: refreshEndsAtSeconds }
          : { kind: 'none' },
        idToken: planIdToken(client, { ...granted, nonce: code.nonce }),
        lifetimeSeconds,
        clientAuthenticated: client.proven,
      },
      deps,
    )
    const outcome = await store.redeemCode({
      tenant: tenant.name,
      hash,
      clientId: client.id,
      nowSeconds: now,
      tokens,
      endsAtSeconds: Math.max(now + lifetimeSeconds, refreshes ? refreshEndsAtSeconds : 0),
    })
    if (outcome === 'redeemed') return response
    // By somebody else at this very moment.
    if (outcome === 'already_redeemed') throw new OAuthError('code_repeated')
    throw new OAuthError(outcome === 'expired' ? 'code_expired' : 'code_unknown')
  },
}

/**
 * Everything that must hold before the code's state may be looked at. A replay that fails here is not from the
 * app that holds the code, so it must not end the user's grant (RFC 9700 §4.2, OAuth 2.1 §7.5.2).
 */
function checkBinding(
  code: CodeRecord,
  request: CodeRequest,
  { client, deps }: GrantContext,
): Reason | undefined {
  if (code.clientId !== client.id) return 'code_of_other_client'
  if (request.redirectUri !== undefined || mustNameRedirectUri(code, deps.tenant)) {
    if (request.redirectUri !== code.redirectUri) return 'redirect_uri_differs'
  }
  // RFC 9700 §2.1.1: one of the two must show that the app that asked is the one that redeems. A public app has neither
  // only where an operator took that upon them, and the authorization endpoint has held it against that.
  if (!client.proven && client.type === 'confidential' && code.codeChallenge === null) {
    return 'client_credentials_missing'
  }
  return checkVerifier(code, request.codeVerifier)
}

/** OAuth 2.1 §10.2: PKCE shows what the redirect URI was to show, and clients of OAuth 2.1 do not send it again. */
function mustNameRedirectUri(code: CodeRecord, { rules }: Tenant): boolean {
  return code.redirectUriSent && (code.codeChallenge === null || rules.exactRedirectUris)
}

/** RFC 9700 §4.8: a verifier must come if, and only if, there was a challenge. */
function checkVerifier(code: CodeRecord, verifier: string | undefined): Reason | undefined {
  if (code.codeChallenge === null || code.codeChallengeMethod === null) {
    return verifier === undefined ? undefined : 'code_verifier_unexpected'
  }
  if (verifier === undefined) return 'code_verifier_missing'
  return verifierMatches(verifier, code.codeChallenge, code.codeChallengeMethod)
    ? undefined
    : 'code_verifier_wrong'
}

/** RFC 6749 §4.1.2: a code used again later revokes what it gave, for one of the two who hold it stole it. */
async function refuseReplay(code: CodeRecord, context: GrantContext): Promise<never> {
  await context.deps.store.revokeGrant({
    ...endingNow(context.deps),
    grantId: code.grantId,
    event: grantEnded('authorization_code.replayed', { ...code, id: code.grantId }, context),
  })
  throw new OAuthError('code_replayed')
}

function parseVerifier(params: Params): string | undefined {
  const verifier = optional(params, 'code_verifier')
  if (verifier !== undefined && !isVerifier(verifier)) throw new OAuthError('code_verifier_wrong')
  return verifier
}
