// Checks of one tenant: its issuer, its policy as a whole, its APIs and scopes.

import { findContract } from '../contracts/index.ts'
import { LONGEST_ACCESS_TOKEN_SECONDS } from '../protocol/allowance.ts'
import { isLoopback } from '../protocol/redirect-uri.ts'
import { isValidScopeName } from '../protocol/scope.ts'
import { IDENTITY_SCOPES, isIdentityScope, normalUri } from '../protocol/tenant.ts'
import { checkTenantVersions } from './api-version-checks.ts'
import { type CheckOptions, refuseUnsafe } from './check.ts'
import type { Finding, Path } from './problems.ts'
import type { RawConfig } from './schema.ts'
import type { TenantSettings } from './tenant-schema.ts'
import { overridePolicy } from './tenants.ts'
import { checkUnique } from './unique.ts'

export function checkTenant(config: RawConfig, index: number, options: CheckOptions): Finding[] {
  const tenant = config.tenants[index]
  if (!tenant) return []
  const path = ['tenants', index]
  return [
    ...checkIssuer({ config, options, issuer: tenant.issuer, path: [...path, 'issuer'] }),
    ...checkContract(tenant, path),
    ...checkCodeWithoutKey(tenant, [...path, 'policy', 'codeWithoutKey']),
    ...checkPkce(tenant, [...path, 'policy', 'pkce']),
    ...checkLifetimes(tenant, [...path, 'policy']),
    ...checkResourceServers(tenant, [...path, 'resourceServers']),
    ...checkTenantVersions(tenant, path),
  ]
}

/** RFC 8414 §2: an https URL without query and fragment; and in one spelling, because it is compared as text. */
function checkIssuer(input: {
  config: RawConfig
  options: CheckOptions
  issuer: string
  path: Path
}): Finding[] {
  const { config, options, issuer, path } = input
  const example = 'for example https://login.example.com'
  if (!URL.canParse(issuer)) {
    return [{ path, what: `"${issuer}" is not a URL`, remedy: `give an absolute URL, ${example}` }]
  }
  const url = new URL(issuer)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return [{ path, what: `"${issuer}" is not a web address`, remedy: `use https, ${example}` }]
  }
  const canonical = `${url.origin}${url.pathname}`.replace(/\/+$/, '')
  if (issuer !== canonical) {
    const what = `"${issuer}" has a query, fragment, user, trailing slash or unusual spelling`
    return [{ path, what, remedy: `write ${canonical}` }]
  }
  if (url.protocol === 'https:' || (options.development && isLoopback(issuer))) return []
  const what = `"${issuer}" has no TLS`
  return refuseUnsafe({ config, path, what, safer: 'use https', allowance: 'http-issuer' })
}

/** RFC 9700 §2.1.1: only S256 keeps an authorization request that was read from being used. */
function checkPkce(tenant: TenantSettings, path: Path): Finding[] {
  const { methods, methodWhenOmitted } = policyOf(tenant).pkce
  const findings: Finding[] = []
  if (methods.includes('plain') && !contractOf(tenant).rules.allowances['pkce-plain']) {
    const what = `takes the method plain, which contract ${tenant.contract} does not have`
    findings.push({ path, what, remedy: 'use S256' })
  }
  if (methodWhenOmitted !== undefined && !methods.includes(methodWhenOmitted)) {
    const what = `means ${methodWhenOmitted} when a request names no method, but does not take it`
    findings.push({ path, what, remedy: 'add it to methods, or remove methodWhenOmitted' })
  }
  return findings
}

/** What a contract lays down, its clients rely on. */
function checkContract(tenant: TenantSettings, path: Path): Finding[] {
  const { name, rules, policy } = contractOf(tenant)
  const findings: Finding[] = []
  if (tenant.release !== undefined && !rules.releases.includes(tenant.release)) {
    const what = `"${tenant.release}" is no release of contract ${name}`
    const remedy =
      rules.releases.length > 0 ? `choose among ${rules.releases.join(', ')}` : 'leave it out'
    findings.push({ path: [...path, 'release'], what, remedy })
  }
  const { format = policy.accessToken.format } = tenant.policy.accessToken ?? {}
  if (name !== 'standard' && format !== policy.accessToken.format) {
    const what = `access tokens of contract ${name} are ${policy.accessToken.format}`
    findings.push({ path: [...path, 'policy', 'accessToken', 'format'], what, remedy: 'remove it' })
  }
  const { algorithm = policy.signing.algorithm } = tenant.policy.signing ?? {}
  if (name !== 'standard' && algorithm !== policy.signing.algorithm) {
    const what = `contract ${name} signs with ${policy.signing.algorithm}`
    findings.push({ path: [...path, 'policy', 'signing', 'algorithm'], what, remedy: 'remove it' })
  }
  // Its tokens do not say for which API they are: only the key could, and that is one for all.
  const { saysIssuer, keyPerApi } = rules.jwt
  if (!saysIssuer && !keyPerApi && tenant.resourceServers.length > 1) {
    const what = `tokens of contract ${name} do not name their API, so one API's would open the other`
    const remedy = 'give each API a tenant of its own'
    findings.push({ path: [...path, 'resourceServers'], what, remedy })
  }
  if (keyPerApi && tenant.resourceServers.length === 0) {
    const what = `is empty, but contract ${name} signs with a key of the API`
    findings.push({ path: [...path, 'resourceServers'], what, remedy: 'name the API' })
  }
  return findings
}

/** A switch that changes nothing would let its owner believe otherwise. */
function checkCodeWithoutKey(tenant: TenantSettings, path: Path): Finding[] {
  if (!policyOf(tenant).codeWithoutKey) return []
  const { name, takesCodeWithoutKey } = contractOf(tenant)
  if (takesCodeWithoutKey?.(tenant.release)) return []
  const of = tenant.release === undefined ? '' : ` at release ${tenant.release}`
  const what = `contract ${name}${of} takes no code without an application key`
  return [{ path, what, remedy: 'remove it' }]
}

function checkLifetimes(tenant: TenantSettings, path: Path): Finding[] {
  const { refreshToken, session } = policyOf(tenant)
  const pairs = { refreshToken, session }
  const findings = Object.entries(pairs).flatMap(([name, { idleSeconds, absoluteSeconds }]) => {
    if (idleSeconds <= absoluteSeconds) return []
    const what = `idleSeconds (${idleSeconds}) is longer than absoluteSeconds (${absoluteSeconds})`
    return [{ path: [...path, name], what, remedy: 'make idleSeconds the shorter one' }]
  })
  return [...findings, ...checkAccessTokenLifetime(tenant, path)]
}

/** No app could be allowed to have it, so it would be cut short without a word. */
function checkAccessTokenLifetime(tenant: TenantSettings, path: Path): Finding[] {
  const { lifetimeSeconds } = policyOf(tenant).accessToken
  if (contractOf(tenant).rules.allowances['long-access-token']) return []
  if (lifetimeSeconds <= LONGEST_ACCESS_TOKEN_SECONDS) return []
  const what = `is longer than an hour, which contract ${tenant.contract} does not have`
  const remedy = `use at most ${LONGEST_ACCESS_TOKEN_SECONDS}`
  return [{ path: [...path, 'accessToken', 'lifetimeSeconds'], what, remedy }]
}

function policyOf(tenant: TenantSettings) {
  return overridePolicy(contractOf(tenant).policy, tenant.policy)
}

function contractOf({ contract: name }: TenantSettings) {
  const contract = findContract(name)
  if (!contract) throw new Error(`there is no contract called ${name}`)
  return contract
}

function checkResourceServers({ resourceServers }: TenantSettings, path: Path): Finding[] {
  const audiences = resourceServers.map(({ audience }, index) => ({
    path: [...path, index, 'audience'],
    value: audience,
  }))
  const scopes = resourceServers.flatMap((server, index) =>
    server.scopes.map(({ name }, position) => ({
      path: [...path, index, 'scopes', position, 'name'],
      value: name,
    })),
  )
  return [
    ...audiences.flatMap(checkAudience),
    // A request may name an API in any spelling of its URI, so no two of them may be the same.
    ...checkUnique(audiences.map(({ path, value }) => ({ path, value: normalUri(value) }))),
    ...scopes.flatMap(checkScopeName),
    ...checkUnique(scopes),
  ]
}

/** RFC 8707 §2: what a request may name as `resource`. */
function checkAudience({ path, value }: { path: Path; value: string }): Finding[] {
  if (URL.canParse(value) && !value.includes('#')) return []
  const what = `"${value}" is not an absolute URI without fragment`
  return [{ path, what, remedy: 'give one, for example https://api.example.com/v1' }]
}

function checkScopeName({ path, value }: { path: Path; value: string }): Finding[] {
  if (isIdentityScope(value)) {
    const what = `"${value}" is one of Ostiary's own scopes (${IDENTITY_SCOPES.join(', ')})`
    return [{ path, what, remedy: 'choose another name' }]
  }
  if (isValidScopeName(value)) return []
  const what = `"${value}" cannot be a scope (RFC 6749 §3.3)`
  return [{ path, what, remedy: 'use printable ASCII without spaces, quotes and backslashes' }]
}
