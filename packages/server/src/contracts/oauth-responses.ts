// Token responses and refusals as the OAuth specifications write them.

import type { OAuthError } from '../protocol/errors.ts'
import { formatScope } from '../protocol/scope.ts'
import type { TokenResponse } from '../protocol/token-response.ts'
import type { ErrorResponse } from './contract.ts'

/** RFC 6749 §5.1 */
export function oauthTokenResponse(response: TokenResponse): Record<string, unknown> {
  return {
    access_token: response.accessToken,
    token_type: response.tokenType,
    expires_in: response.expiresInSeconds,
    scope: formatScope(response.scopes),
    refresh_token: response.refreshToken,
    id_token: response.idToken,
    issued_token_type: response.issuedTokenType,
  }
}

/** RFC 6749 §5.1: where a vendor's answer has no `scope`, it has one as soon as that is another than was asked for. */
export function scopeIfOther({ scopes, scopeDiffers }: TokenResponse): { readonly scope?: string } {
  return scopeDiffers ? { scope: formatScope(scopes) } : {}
}

/** RFC 6749 §5.2 */
export function oauthErrorResponse(error: OAuthError, description: string): ErrorResponse {
  return {
    status: error.status,
    body: { error: error.code, error_description: description },
  }
}
