// Token endpoint (RFC 6749 §3.2).

import {
  type AuthenticatedClient,
  authenticateClient,
  type ClientAuthDeps,
} from '../client-auth/index.ts'
import type { Contract } from '../contracts/contract.ts'
import type { CredentialGrantType, GrantDeps, GrantType } from '../grants/grant.ts'
import { findCredentialGrantType, findGrantType } from '../grants/index.ts'
import type { KeyExchangeContext, KeyExchangeDeps } from '../grants/key-exchange.ts'
import { spendAllowance } from '../legacy/allowances.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Endpoint, IncomingRequest } from '../protocol/message.ts'
import { optional, required } from '../protocol/params.ts'
import type { TokenResponse } from '../protocol/token-response.ts'

type TokenDeps = ClientAuthDeps & GrantDeps & KeyExchangeDeps & { readonly contract: Contract }

export function createTokenEndpoint(deps: TokenDeps): Endpoint {
  return async (request) => {
    const name = optional(request.params, 'grant_type')
    const credentialGrant = findCredentialGrantType(name, deps.tenant)
    const response = credentialGrant
      ? await runForHolder(credentialGrant, request, deps)
      : await runForClient(request, deps)
    if (name !== undefined) deps.observer.tokenIssued(name)
    return { kind: 'json', status: 200, body: deps.contract.tokenResponse(response) }
  }
}

async function runForClient(request: IncomingRequest, deps: TokenDeps): Promise<TokenResponse> {
  const client = await authenticateClient(request, deps)
  const grantType = findGrantType(required(request.params, 'grant_type'), deps.tenant)
  if (!grantType) throw new OAuthError('grant_type_unknown')
  if (!mayUse(client, grantType)) throw new OAuthError('grant_type_forbidden')
  const context = { client, ...contextOf(request, deps) }
  if (request.inUrl) await spendAllowance('query-parameters', context, deps)
  return grantType.run(grantType.parse(request.params), context)
}

function contextOf({ id, source, log }: IncomingRequest, deps: TokenDeps) {
  return { deps, requestId: id, source, log }
}

function mayUse(client: AuthenticatedClient, grantType: GrantType<unknown>): boolean {
  if (!client.proven && !grantType.forPublicClients) return false
  return client.grantTypes.includes(grantType.name)
}

/** The credential in the request is the one method of authentication (RFC 6749 §2.3). */
function runForHolder(
  grantType: CredentialGrantType<unknown, KeyExchangeContext>,
  request: IncomingRequest,
  deps: TokenDeps,
): Promise<TokenResponse> {
  const { authorization, params, inUrl } = request
  if (authorization !== undefined || CLIENT_FIELDS.some((name) => params.has(name))) {
    throw new OAuthError('client_methods_several')
  }
  if (inUrl) throw new OAuthError('query_with_body')
  return grantType.run(grantType.parse(params), contextOf(request, deps))
}

const CLIENT_FIELDS = ['client_id', 'client_secret', 'client_assertion']
