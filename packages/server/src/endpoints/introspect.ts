// Token introspection (RFC 7662): for the API a token is meant for, and for the app that holds it.

import { authenticateClient, type ClientAuthDeps } from '../client-auth/index.ts'
import { type AccessTokenFacts, tellTags } from '../protocol/access-token-facts.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Endpoint } from '../protocol/message.ts'
import { required } from '../protocol/params.ts'
import { formatScope } from '../protocol/scope.ts'
import type { ClientRecord, GrantRecord, RefreshTokenRecord } from '../store/records.ts'
import {
  type FindTokenDeps,
  type FoundToken,
  findToken,
  isLiveRefreshToken,
} from '../tokens/find-token.ts'

/** RFC 7662 §2.2: says nothing about why. */
const INACTIVE = { active: false }

export function createIntrospectionEndpoint(deps: ClientAuthDeps & FindTokenDeps): Endpoint {
  return async (request) => {
    const client = await authenticateClient(request, deps)
    // RFC 7662 §2.1: the caller must prove who it is, and a public client cannot.
    if (!client.proven) throw new OAuthError('client_credentials_missing')
    const found = await findToken(required(request.params, 'token'), deps)
    const body = found && mayKnow(client, found) ? describe(found, client, deps) : INACTIVE
    return { kind: 'json', status: 200, body }
  }
}

function mayKnow(client: ClientRecord, found: FoundToken): boolean {
  if (found.kind === 'refresh') return found.token.clientId === client.id
  if (found.facts.clientId === client.id) return true
  return client.resourceServer !== null && found.facts.audience.includes(client.resourceServer)
}

function describe(
  found: FoundToken,
  caller: ClientRecord,
  { tenant, clock }: FindTokenDeps,
): object {
  if (found.kind === 'access') return accessTokenState(found.facts, tenant.issuer)
  if (!isLiveRefreshToken(found, clock.nowSeconds())) return INACTIVE
  // It is the caller's own. What was taken from the app since is in no further token; without any scope there is none.
  const scopes = found.grant.scopes.filter((scope) => caller.scopes.includes(scope))
  if (scopes.length === 0 && found.grant.scopes.length > 0) return INACTIVE
  return refreshTokenState({ ...found, grant: { ...found.grant, scopes } }, tenant.issuer)
}

function accessTokenState(facts: AccessTokenFacts, issuer: string): object {
  return {
    active: true,
    token_type: 'Bearer',
    iss: issuer,
    sub: facts.userId ?? facts.clientId,
    aud: facts.audience,
    client_id: facts.clientId,
    scope: formatScope(facts.scopes),
    iat: facts.issuedAtSeconds,
    exp: facts.expiresAtSeconds,
    auth_time: facts.authTimeSeconds ?? undefined,
    grant_id: facts.grantId,
    org_id: facts.organisationId ?? undefined,
    unit_id: facts.unitId ?? undefined,
    // As in a JWT: whoever remembers this answer learns from the feed when it is out of date, and need not ask.
    rev: tellTags(facts),
  }
}

function refreshTokenState(
  { token, grant }: { token: RefreshTokenRecord; grant: GrantRecord },
  issuer: string,
): object {
  return {
    active: true,
    iss: issuer,
    sub: grant.userId ?? grant.clientId,
    aud: grant.audience,
    client_id: token.clientId,
    scope: formatScope(grant.scopes),
    iat: token.issuedAtSeconds,
    exp: Math.min(token.expiresAtSeconds, token.endsAtSeconds),
    grant_id: grant.id,
  }
}
