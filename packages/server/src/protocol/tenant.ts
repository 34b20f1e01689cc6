// A tenant: one issuer with its contract, policy and APIs.

import type { ApiVersionSettings } from '@ostiary/resource/api-versions'
import type { ContractRules } from './contract-rules.ts'
import { OAuthError } from './errors.ts'
import type { Policy } from './policy.ts'

/** Text per language tag; `en` is always there. */
export type LocalisedText = Readonly<Record<string, string>>

export interface ScopeDefinition {
  readonly name: string
  /** What the scope lets an app do, as one clause for the consent page: "see your contacts". */
  readonly description: LocalisedText
  /** The data area under which the consent page lists it. */
  readonly group: LocalisedText
  readonly access: 'read' | 'change' | 'delete'
  readonly sensitive: boolean
  /** The user may leave it out when giving consent. */
  readonly optional: boolean
}

/** An API: the audience of its tokens and the scopes it understands. */
export interface ResourceServer {
  readonly audience: string
  readonly name: string
  readonly scopes: readonly ScopeDefinition[]
}

export interface Tenant {
  readonly name: string
  /** Shown to people. */
  readonly displayName: string
  /** Issuer identifier (RFC 8414 §2), without trailing slash. Everything we publish starts with it. */
  readonly issuer: string
  readonly contract: string
  /** What the contract lays down. */
  readonly rules: ContractRules
  /** Release of the product whose behaviour is shown, where the contract has several. */
  readonly release: string | undefined
  readonly policy: Policy
  /** The first one is the default audience. */
  readonly resourceServers: readonly ResourceServer[]
  /** Of its API; undefined when it has none. */
  readonly apiVersions: ApiVersionSettings | undefined
  readonly supportEmail: string | undefined
  readonly accentColour: string | undefined
}

/** Scopes that concern the user, not an API (OIDC Core §5.4). */
export const IDENTITY_SCOPES = ['openid', 'profile', 'email'] as const

export function isIdentityScope(scope: string): boolean {
  return IDENTITY_SCOPES.some((known) => known === scope)
}

/** Everything that an app can be registered for. */
export function listScopes({ rules, resourceServers }: Tenant): readonly string[] {
  const offered = resourceServers.flatMap(({ scopes }) => scopes.map(({ name }) => name))
  return [...new Set([...(rules.openId ? IDENTITY_SCOPES : []), ...offered])]
}

/** Of some scopes, those that mean something at these APIs. */
export function scopesAt(
  audience: readonly string[],
  scopes: readonly string[],
  { resourceServers }: Tenant,
): readonly string[] {
  const servers = resourceServers.filter((server) => audience.includes(server.audience))
  return scopes.filter(
    (scope) =>
      isIdentityScope(scope) ||
      servers.some((server) => server.scopes.some(({ name }) => name === scope)),
  )
}

export function findScope(tenant: Tenant, name: string): ScopeDefinition | undefined {
  for (const server of tenant.resourceServers) {
    const scope = server.scopes.find((candidate) => candidate.name === name)
    if (scope) return scope
  }
  return undefined
}

/** The tenant's default audience: its first API, or itself when it has none. */
export function defaultAudience(tenant: Tenant): string {
  return tenant.resourceServers[0]?.audience ?? tenant.issuer
}

/**
 * RFC 8707 §2: the APIs of this tenant that a request names, in the spelling in which they are registered. Libraries
 * parse a URI and write it anew, so two spellings of one are the same (RFC 3986 §6.2.2, RFC 3986 §6.2.3). What is no API
 * of this tenant stays as it is, for {@link checkAudience} to refuse.
 */
export function findAudience(tenant: Tenant, resources: readonly string[]): readonly string[] {
  const known = [...tenant.resourceServers.map(({ audience }) => audience), tenant.issuer]
  const found = resources.map((resource) => {
    const normal = normalUri(resource)
    return known.find((uri) => uri === resource || normalUri(uri) === normal) ?? resource
  })
  return [...new Set(found)]
}

/** Lower-case scheme and host, no default port, a path, no dot segments. What is no URL of the web stays as it is. */
export function normalUri(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).href : uri
}

/**
 * RFC 8707 §2: whether each audience is an API of this tenant, and each API scope belongs to one of them.
 * @throws OAuthError resource_unknown, scope_not_of_resource
 */
export function checkAudience(
  tenant: Tenant,
  audience: readonly string[],
  scopes: readonly string[],
): void {
  const servers = audience.map((uri) => {
    const server = tenant.resourceServers.find((candidate) => candidate.audience === uri)
    if (!server && uri !== tenant.issuer) throw new OAuthError('resource_unknown')
    return server
  })
  for (const scope of scopes) {
    if (isIdentityScope(scope)) continue
    if (!servers.some((server) => server?.scopes.some(({ name }) => name === scope))) {
      throw new OAuthError('scope_not_of_resource')
    }
  }
}
