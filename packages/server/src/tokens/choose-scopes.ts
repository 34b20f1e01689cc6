// Which scopes an app is given of those that it asks for (RFC 6749 §3.3). Clients in the field ask for everything that a
// metadata document lists, and for what other servers have: so an app gets what it may have, and the answer says so.

import { suggest } from '../platform/suggest.ts'
import { OAuthError } from '../protocol/errors.ts'
import { findScope, isIdentityScope, scopesAt, type Tenant } from '../protocol/tenant.ts'

/** OIDC Core §5.4 and OIDC Core §11 define them, and they change nothing here: refresh tokens are given without `offline_access`. */
const WITHOUT_EFFECT = ['address', 'phone', 'offline_access']

export interface Registered {
  /** What the app may have. */
  readonly scopes: readonly string[]
  /** What it is given when it names none; everything that it may have when there are none. */
  readonly defaultScopes: readonly string[]
}

/** Where an app names no scopes, it means those of the API that the token is for: the others would be refused there. */
export function registeredAt(
  audience: readonly string[],
  { scopes, defaultScopes }: Registered,
  tenant: Tenant,
): Registered {
  const defaults = defaultScopes.length > 0 ? defaultScopes : scopes
  return { scopes, defaultScopes: scopesAt(audience, defaults, tenant) }
}

/**
 * @param asked undefined when the request names none
 * @throws OAuthError scope_missing, scope_unknown, scope_not_allowed
 */
export function chooseScopes(
  asked: readonly string[] | undefined,
  registered: Registered,
  tenant: Tenant,
): readonly string[] {
  const named = (asked ?? []).filter((scope) => hasEffect(scope, tenant))
  if (named.length === 0) return defaultsOf(registered)
  const allowed = new Set(registered.scopes)
  const exists = (scope: string) => allowed.has(scope) || isOffered(scope, tenant)
  const unknown = findUnknown(named, registered, tenant)
  // OIDC Core §3.1.2.1: scopes that are not understood are ignored. OAuth alone leaves it open, and there a misspelt name
  // is better told than passed over.
  if (unknown !== undefined && !named.includes('openid')) refuseUnknown(unknown, allowed, tenant)
  const chosen = named.filter((scope) => allowed.has(scope))
  const refused = named.find((scope) => exists(scope) && !allowed.has(scope))
  if (refused !== undefined && mustRefuse(named, chosen, tenant)) {
    throw new OAuthError('scope_not_allowed', { parameter: refused })
  }
  return chosen
}

/** @returns a scope that exists nowhere, if one was asked for */
export function findUnknown(
  asked: readonly string[] | undefined,
  { scopes }: Registered,
  tenant: Tenant,
): string | undefined {
  return asked?.find(
    (scope) => hasEffect(scope, tenant) && !isOffered(scope, tenant) && !scopes.includes(scope),
  )
}

function defaultsOf({ scopes, defaultScopes }: Registered): readonly string[] {
  const defaults = defaultScopes.length > 0 ? defaultScopes : scopes
  if (defaults.length === 0) throw new OAuthError('scope_missing')
  return defaults
}

/** Whether it is more than a name that libraries add of their own accord. */
export function hasEffect(scope: string, tenant: Tenant): boolean {
  // An API may have a scope of that name.
  if (findScope(tenant, scope) !== undefined) return true
  return isIdentityScope(scope) ? tenant.rules.openId : !WITHOUT_EFFECT.includes(scope)
}

function isOffered(scope: string, tenant: Tenant): boolean {
  return isIdentityScope(scope) || findScope(tenant, scope) !== undefined
}

/** Whether less than was asked for is no answer: the tenant has it so, or nothing of an API is left. */
function mustRefuse(
  named: readonly string[],
  chosen: readonly string[],
  { policy }: Tenant,
): boolean {
  if (policy.scopesBeyond === 'refuse') return true
  const ofApi = (scope: string) => !isIdentityScope(scope)
  return chosen.length === 0 || (named.some(ofApi) && !chosen.some(ofApi))
}

function refuseUnknown(scope: string, allowed: ReadonlySet<string>, tenant: Tenant): never {
  const listed = tenant.resourceServers.flatMap(({ scopes }) => scopes.map(({ name }) => name))
  const nearest = suggest(scope, [...allowed, ...listed])
  // Without words, for it stands in sentences of five languages.
  const parameter = nearest === undefined ? scope : `${scope} -> ${nearest}?`
  throw new OAuthError('scope_unknown', { parameter })
}
