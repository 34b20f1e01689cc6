// What a token may cover: never more than was granted (RFC 6749 §6, RFC 8707 §2.2).

import { OAuthError } from '../protocol/errors.ts'
import { covers } from '../protocol/scope.ts'
import { checkAudience, findAudience, isIdentityScope, type Tenant } from '../protocol/tenant.ts'
import type { ClientRecord, GrantRecord } from '../store/records.ts'

export interface Coverage {
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
}

/** @param asked what the token request names; nothing named means all that was granted */
export function narrowGrant(
  grant: Pick<GrantRecord, 'scopes' | 'audience'>,
  asked: { scopes: readonly string[] | undefined; resources: readonly string[] },
  tenant: Tenant,
): Coverage {
  if (asked.scopes && !covers(grant.scopes, asked.scopes)) throw new OAuthError('scope_not_granted')
  if (asked.resources.length === 0) {
    return { scopes: asked.scopes ?? grant.scopes, audience: grant.audience }
  }
  const audience = findAudience(tenant, asked.resources)
  if (!covers(grant.audience, audience)) throw new OAuthError('resource_unknown')
  const scopes = asked.scopes ?? scopesOf(tenant, audience, grant.scopes)
  checkAudience(tenant, audience, scopes)
  return { scopes, audience }
}

/**
 * What an operator has taken from the app since is in no further token: the user's yes was to an app that could have it.
 * @throws OAuthError scope_not_granted, when nothing is left
 */
export function stillAllowed<Granted extends Pick<GrantRecord, 'scopes'>>(
  granted: Granted,
  client: Pick<ClientRecord, 'scopes'>,
): Granted {
  if (covers(client.scopes, granted.scopes)) return granted
  const scopes = granted.scopes.filter((scope) => client.scopes.includes(scope))
  if (scopes.length === 0) throw new OAuthError('scope_not_granted')
  return { ...granted, scopes }
}

function scopesOf(
  tenant: Tenant,
  audience: readonly string[],
  scopes: readonly string[],
): readonly string[] {
  const servers = tenant.resourceServers.filter((server) => audience.includes(server.audience))
  return scopes.filter(
    (scope) =>
      isIdentityScope(scope) ||
      servers.some((server) => server.scopes.some(({ name }) => name === scope)),
  )
}
