// What the app is given for an approval: a code to redeem, or with the implicit grant the access token itself.

import { accessTokenLifetime, type LegacyDeps, type LegacyUse } from '../legacy/allowances.ts'
import { tokenKey } from '../platform/hash.ts'
import { newSecret } from '../platform/random.ts'
import { formatScope } from '../protocol/scope.ts'
import type { AccessTokenRecord, CodeRecord, GrantRecord } from '../store/records.ts'
import { type IssueDeps, issueTokens } from '../tokens/issue.ts'
import type { AuthorizationRequest } from './request.ts'

export type GiveDeps = IssueDeps & LegacyDeps

/** On the wire and in the store. */
export interface Given {
  readonly fields: Readonly<Record<string, string>>
  readonly code: CodeRecord | null
  readonly accessToken: AccessTokenRecord | null
  readonly endsAtSeconds: number
}

/** RFC 6749 §4.1.2 */
export function giveCode(
  request: AuthorizationRequest,
  grant: GrantRecord,
  { policy, rules }: GiveDeps['tenant'],
): Given {
  const code = newSecret('ost_ac', rules.formats.code)
  const endsAtSeconds = grant.createdAtSeconds + policy.code.lifetimeSeconds
  const record: CodeRecord = {
    tenant: grant.tenant,
    hash: tokenKey(code),
    grantId: grant.id,
    clientId: grant.clientId,
    redirectUri: request.target.redirectUri,
    redirectUriSent: request.redirectUriSent,
    codeChallenge: request.challenge?.value ?? null,
    codeChallengeMethod: request.challenge?.method ?? null,
    nonce: request.nonce ?? null,
    issuedAtSeconds: grant.createdAtSeconds,
    expiresAtSeconds: endsAtSeconds,
    redeemedAtSeconds: null,
  }
  return { fields: { code }, code: record, accessToken: null, endsAtSeconds }
}

/** RFC 6749 §4.2.2: never a refresh token. */
export async function giveToken(
  grant: GrantRecord,
  use: LegacyUse,
  deps: GiveDeps,
): Promise<Given> {
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
    code: null,
    accessToken: tokens.accessToken,
    endsAtSeconds: grant.createdAtSeconds + lifetimeSeconds,
  }
}
