// What a token may cover: never more than was granted (RFC 6749 §6, RFC 8707 §2.2).

import { OAuthError } from '../protocol/errors.ts'
import { covers } from '../protocol/scope.ts'
import {
  checkAudience,
  findAudience,
  isIdentityScope,
  scopesAt,
  type Tenant,
} from '../protocol/tenant.ts'
import type { ClientRecord, GrantRecord } from '../store/records.ts'
import { hasEffect } from '../tokens/choose-scopes.ts'

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
  const named = scopesNamed(asked.scopes, grant, tenant)
  if (asked.resources.length === 0) {
    return { scopes: named ?? grant.scopes, audience: grant.audience }
  }
  const audience = findAudience(tenant, asked.resources)
  if (!covers(grant.audience, audience)) throw new OAuthError('resource_unknown')
  const scopes = named ?? scopesAt(audience, grant.scopes, tenant)
  checkAudience(tenant, audience, scopes)
  return { scopes, audience }
}

/**
 * Libraries repeat at each refresh what they asked for at first, `offline_access` too (OIDC Core §11). What OpenID Connect
 * defines and the grant does not hold is passed over, as it was then.
 */
function scopesNamed(
  asked: readonly string[] | undefined,
  { scopes: granted }: Pick<GrantRecord, 'scopes'>,
  tenant: Tenant,
): readonly string[] | undefined {
  const named = asked?.filter((scope) => hasEffect(scope, tenant))
  if (named === undefined || named.length === 0) return undefined
  const wanted = named.filter((scope) => granted.includes(scope) || !isIdentityScope(scope))
  if (wanted.length === 0 || !covers(granted, wanted)) throw new OAuthError('scope_not_granted')
  return wanted
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
