// A contract: the wire format of a tenant, as data and small codecs. Knows nothing of grants, stores or HTTP servers.

import type { OAuthError } from '../protocol/errors.ts'
import type { Policy } from '../protocol/policy.ts'
import type { TokenResponse } from '../protocol/token-response.ts'

export interface Contract {
  readonly name: string
  /** Paths below the issuer. */
  readonly paths: {
    readonly authorize: string
    readonly token: string
    readonly revoke: string
    readonly introspect: string
    readonly userinfo: string
    readonly jwks: string
    readonly revocations: string
    readonly signOut: string
  }
  readonly policy: Policy
  /** JSON body of a successful token response. */
  tokenResponse(response: TokenResponse): Record<string, unknown>
  /** JSON body of a refusal at the token, revocation and introspection endpoints. */
  errorResponse(error: OAuthError): Record<string, unknown>
}
