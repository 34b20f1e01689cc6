// What the app is given for an approval: a code to redeem, or with the implicit grant the access token itself.

import { accessTokenLifetime, type LegacyDeps, type LegacyUse } from '../legacy/allowances.ts'
import { tokenKey } from '../platform/hash.ts'
import { newSecret } from '../platform/random.ts'
import type { RevocationTag, TokenHash, UserId } from '../protocol/ids.ts'
import { formatScope, sameScopes } from '../protocol/scope.ts'
import type { GivenCode, GivenToken } from '../store/port.ts'
import type { CodeRecord, GrantRecord } from '../store/records.ts'
import { type IssueDeps, issueTokens } from '../tokens/issue.ts'
import type { AuthorizationRequest } from './request.ts'

export type GiveDeps = IssueDeps & LegacyDeps

export interface Answer {
  /** On the wire. */
  readonly fields: Readonly<Record<string, string>>
  /** In the store. */
  readonly given: GivenCode | GivenToken
}

/** What the user allowed, in the session that it was allowed in. */
export interface Allowed extends GrantRecord {
  readonly userId: UserId
  readonly userTag: RevocationTag
  readonly sessionHash: TokenHash
}

/** RFC 6749 §4.1.2 */
export function giveCode(
  request: AuthorizationRequest,
  grant: Allowed,
  { policy, rules }: GiveDeps['tenant'],
): Answer {
  const code = newSecret('ost_ac', rules.formats.code)
  const record: CodeRecord = {
    tenant: grant.tenant,
    hash: tokenKey(code),
    grantId: grant.id,
    clientId: grant.clientId,
    userId: grant.userId,
    clientTag: grant.clientTag,
    userTag: grant.userTag,
    organisationId: grant.organisationId,
    unitId: grant.unitId,
    scopes: grant.scopes,
    audience: grant.audience,
    authTimeSeconds: grant.authTimeSeconds,
    sessionHash: grant.sessionHash,
    redirectUri: request.target.redirectUri,
    redirectUriSent: request.redirectUriSent,
    scopeDiffers: !sameScopes(grant.scopes, request.askedScopes ?? request.scopes),
    codeChallenge: request.challenge?.value ?? null,
    codeChallengeMethod: request.challenge?.method ?? null,
    nonce: request.nonce ?? null,
    issuedAtSeconds: grant.createdAtSeconds,
    expiresAtSeconds: grant.createdAtSeconds + policy.code.lifetimeSeconds,
    redeemedAtSeconds: null,
  }
  return { fields: { code }, given: { kind: 'code', code: record } }
}

/** RFC 6749 §4.2.2: never a refresh token. */
export async function giveToken(
  grant: GrantRecord,
  use: LegacyUse,
  deps: GiveDeps,
): Promise<Answer> {
  const lifetimeSeconds = await accessTokenLifetime(use, deps)
  const { response, tokens } = await issueTokens(
    {
      grant,
      scopes: grant.scopes,
      audience: grant.audience,
      refresh: { kind: 'none' },
      idToken: undefined,
      lifetimeSeconds,
      clientAuthenticated: false,
    },
    deps,
  )
  return {
    fields: {
      access_token: response.accessToken,
      token_type: response.tokenType,
      expires_in: String(response.expiresInSeconds),
      scope: formatScope(response.scopes),
    },
    given: {
      kind: 'token',
      grant,
      accessToken: tokens.accessToken,
      endsAtSeconds: grant.createdAtSeconds + lifetimeSeconds,
    },
  }
}
