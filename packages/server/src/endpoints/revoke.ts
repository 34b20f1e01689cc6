// Token revocation (RFC 7009): revoking an access or a refresh token ends the grant behind it.

import { authenticateClient, type ClientAuthDeps } from '../client-auth/index.ts'
import { type LegacyDeps, spendAllowance } from '../legacy/allowances.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { ClientId, GrantId } from '../protocol/ids.ts'
import type { Endpoint } from '../protocol/message.ts'
import { required } from '../protocol/params.ts'
import type { Store } from '../store/port.ts'
import { endingNow } from '../tokens/ending.ts'
import { type FindTokenDeps, type FoundToken, findToken } from '../tokens/find-token.ts'

export interface RevocationDeps extends ClientAuthDeps, FindTokenDeps, LegacyDeps {
  readonly store: ClientAuthDeps['store'] &
    FindTokenDeps['store'] &
    LegacyDeps['store'] &
    Pick<Store, 'revokeGrant'>
}

export function createRevocationEndpoint(deps: RevocationDeps): Endpoint {
  return async (request) => {
    const client = await authenticateClient(request, deps)
    if (request.inUrl) {
      const use = { client, requestId: request.id, log: request.log }
      await spendAllowance('query-parameters', use, deps)
    }
    // RFC 7009 §2.1: token_type_hint is only a hint; our tokens tell their type themselves.
    const found = await findToken(required(request.params, 'token'), deps)
    // A confidential app that leaves out its secret shows no more than that it holds this token.
    if (!client.proven && client.type === 'confidential' && !standsForItself(found)) {
      throw new OAuthError('client_credentials_missing')
    }
    const owner = found && ownerOf(found)
    if (owner?.clientId === client.id) await endGrant(owner, request.id, deps)
    // RFC 7009 §2.2: an unknown token, or another client's, is answered the same way; nobody reads the body, but
    // there are clients that accept nothing but JSON.
    return { kind: 'json', status: 200, body: {} }
  }
}

interface Owner {
  readonly clientId: ClientId
  readonly grantId: GrantId
  readonly tokenExpiresAtSeconds: number | undefined
}

/** Whether the token was issued to an app that used PKCE instead of its secret. */
function standsForItself(found: FoundToken | undefined): boolean {
  return found?.kind === 'refresh' && !found.token.clientAuthenticated
}

function ownerOf(found: FoundToken): Owner {
  const { clientId, grantId, expiresAtSeconds } =
    found.kind === 'refresh' ? found.token : found.facts
  const tokenExpiresAtSeconds = found.kind === 'access' ? expiresAtSeconds : undefined
  return { clientId, grantId, tokenExpiresAtSeconds }
}

async function endGrant(
  { clientId, grantId, tokenExpiresAtSeconds }: Owner,
  requestId: string,
  deps: RevocationDeps,
): Promise<void> {
  const ending = endingNow(deps)
  await deps.store.revokeGrant({
    ...ending,
    grantId,
    tokenExpiresAtSeconds,
    endsConsent: deps.tenant.policy.revocationEndsConsent,
    event: {
      tenant: ending.tenant,
      atSeconds: ending.nowSeconds,
      action: 'grant.revoked',
      actor: `client:${clientId}`,
      target: `grant:${grantId}`,
      requestId,
    },
  })
}
