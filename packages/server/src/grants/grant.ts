// What a grant type is: it reads its request, then turns it into a token response for an authenticated client.
// A grant knows tokens and the store's transitions; it must not know HTTP, SQL or the wire format.

import type { AuthenticatedClient } from '../client-auth/index.ts'
import type { Log } from '../protocol/message.ts'
import type { Params } from '../protocol/params.ts'
import type { TokenResponse } from '../protocol/token-response.ts'
import type { Store } from '../store/port.ts'
import type { IssueDeps } from '../tokens/issue.ts'

export interface GrantDeps extends IssueDeps {
  readonly store: Pick<
    Store,
    | 'findCode'
    | 'redeemCode'
    | 'findRefreshToken'
    | 'rotateRefreshToken'
    | 'renewRefreshToken'
    | 'saveAccessToken'
    | 'revokeGrant'
    | 'recordAuditEvent'
  >
}

export interface GrantContext {
  readonly client: AuthenticatedClient
  readonly deps: GrantDeps
  /** Of the HTTP request, for the audit trail. */
  readonly requestId: string
  readonly log: Log
}

export interface GrantType<Request> {
  /** The `grant_type` value. */
  readonly name: string
  /** Whether an app without a secret may be registered for it. */
  readonly forPublicClients: boolean
  /** @throws OAuthError when a parameter is missing or malformed. */
  parse(params: Params): Request
  /** @throws OAuthError when the request is refused. */
  run(request: Request, context: GrantContext): Promise<TokenResponse>
}
