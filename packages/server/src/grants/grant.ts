// What a grant type is: it reads its request, then turns it into a token response for an authenticated client.
// A grant knows tokens and the store's transitions; it must not know HTTP, SQL or the wire format.

import type { AuthenticatedClient } from '../client-auth/index.ts'
import type { SignInDeps } from '../identity/sign-in.ts'
import type { LegacyDeps } from '../legacy/allowances.ts'
import type { Log } from '../protocol/message.ts'
import type { TenantObserver } from '../protocol/observer.ts'
import type { Params } from '../protocol/params.ts'
import type { TokenResponse } from '../protocol/token-response.ts'
import type { Store } from '../store/port.ts'
import type { AuditEventRecord, GrantRecord } from '../store/records.ts'
import type { IssueDeps } from '../tokens/issue.ts'

export interface GrantDeps extends IssueDeps, LegacyDeps {
  readonly store: LegacyDeps['store'] &
    SignInDeps['store'] &
    Pick<
      Store,
      | 'findUser'
      | 'findCode'
      | 'redeemCode'
      | 'findRefreshToken'
      | 'rotateRefreshToken'
      | 'renewRefreshToken'
      | 'saveAccessToken'
      | 'openGrant'
      | 'listMemberships'
      | 'revokeGrant'
    >
  readonly guesses: SignInDeps['guesses']
  readonly observer: TenantObserver
}

export interface GrantContext {
  readonly client: AuthenticatedClient
  readonly deps: GrantDeps
  /** Of the HTTP request: for the audit trail, and for limits. */
  readonly requestId: string
  /** Where it comes from, as limits count. */
  readonly source: string
  readonly log: Log
}

/** What is asked for at the token endpoint, by whoever the context says. */
interface GrantTypeFor<Request, Context> {
  /** The `grant_type` value. */
  readonly name: string
  /** @throws OAuthError when a parameter is missing or malformed. */
  parse(params: Params): Request
  /** @throws OAuthError when the request is refused. */
  run(request: Request, context: Context): Promise<TokenResponse>
}

/** For a registered app, which has authenticated. */
export interface GrantType<Request> extends GrantTypeFor<Request, GrantContext> {
  /** Whether an app without a secret may be registered for it. */
  readonly forPublicClients: boolean
}

/** For whoever holds the credential that the request itself carries: no app authenticates, none is registered for it. */
export type CredentialGrantType<Request, Context> = GrantTypeFor<Request, Context>

/** What the audit trail is told when a request ends a grant. @param action `noun.verb` */
export function grantEnded(
  action: string,
  { id, clientId }: Pick<GrantRecord, 'id' | 'clientId'>,
  { deps: { tenant, clock }, requestId }: Pick<GrantContext, 'deps' | 'requestId'>,
): AuditEventRecord {
  return {
    tenant: tenant.name,
    atSeconds: clock.nowSeconds(),
    action,
    actor: `client:${clientId}`,
    target: `grant:${id}`,
    requestId,
  }
}
