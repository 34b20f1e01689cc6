// Token endpoint (RFC 6749 §3.2).

import {
  type AuthenticatedClient,
  authenticateClient,
  type ClientAuthDeps,
} from '../client-auth/index.ts'
import type { Contract } from '../contracts/contract.ts'
import type { GrantDeps, GrantType } from '../grants/grant.ts'
import { findGrantType } from '../grants/index.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Endpoint } from '../protocol/message.ts'
import { required } from '../protocol/params.ts'

export function createTokenEndpoint(
  deps: ClientAuthDeps & GrantDeps & { readonly contract: Contract },
): Endpoint {
  return async (request) => {
    const client = await authenticateClient(request, deps)
    const grantType = findGrantType(required(request.params, 'grant_type'))
    if (!grantType) throw new OAuthError('grant_type_unknown')
    if (!mayUse(client, grantType)) throw new OAuthError('grant_type_forbidden')
    const grantRequest = grantType.parse(request.params)
    const context = { client, deps, requestId: request.id, log: request.log }
    const response = await grantType.run(grantRequest, context)
    return { kind: 'json', status: 200, body: deps.contract.tokenResponse(response) }
  }
}

function mayUse(client: AuthenticatedClient, grantType: GrantType<unknown>): boolean {
  if (client.type === 'public' && !grantType.forPublicClients) return false
  return client.grantTypes.includes(grantType.name)
}
