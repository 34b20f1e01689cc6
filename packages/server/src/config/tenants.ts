// Turns the tenants of the configuration into the ones that everything else works with: the contract's policy
// with the configuration's changes, every text by language.

import { findContract } from '../contracts/index.ts'
import type { Policy } from '../protocol/policy.ts'
import type { LocalisedText, ResourceServer, Tenant } from '../protocol/tenant.ts'
import type { PolicyOverrides, TenantSettings } from './tenant-schema.ts'

export function resolveTenants(config: {
  readonly tenants: readonly TenantSettings[]
}): readonly Tenant[] {
  return config.tenants.map(resolveTenant)
}

function resolveTenant(settings: TenantSettings): Tenant {
  const contract = findContract(settings.contract)
  if (!contract) throw new Error(`there is no contract called ${settings.contract}`)
  return {
    name: settings.name,
    displayName: settings.displayName ?? settings.name,
    issuer: settings.issuer,
    contract: settings.contract,
    rules: contract.rules,
    release: settings.release,
    policy: overridePolicy(contract.policy, settings.policy),
    resourceServers: settings.resourceServers.map(resolveResourceServer),
    apiVersions: resolveApiVersions(settings),
    supportEmail: settings.supportEmail,
    accentColour: settings.accentColour,
  }
}

function resolveApiVersions(settings: TenantSettings): Tenant['apiVersions'] {
  const { apiVersions: versions, defaultApiVersion } = settings
  return versions.length === 0 ? undefined : { versions, default: defaultApiVersion }
}

export function overridePolicy(policy: Policy, overrides: PolicyOverrides): Policy {
  return {
    accessToken: { ...policy.accessToken, ...overrides.accessToken },
    refreshToken: { ...policy.refreshToken, ...overrides.refreshToken },
    code: { ...policy.code, ...overrides.code },
    pkce: { ...policy.pkce, ...overrides.pkce },
    redirectUriOptional: overrides.redirectUriOptional ?? policy.redirectUriOptional,
    scopesBeyond: overrides.scopesBeyond ?? policy.scopesBeyond,
    revocationEndsConsent: overrides.revocationEndsConsent ?? policy.revocationEndsConsent,
    revocationWaitsForApis: overrides.revocationWaitsForApis ?? policy.revocationWaitsForApis,
    codeWithoutKey: overrides.codeWithoutKey ?? policy.codeWithoutKey,
    signing: { ...policy.signing, ...overrides.signing },
    session: { ...policy.session, ...overrides.session },
  }
}

function resolveResourceServer(
  settings: TenantSettings['resourceServers'][number],
): ResourceServer {
  return {
    audience: settings.audience,
    name: settings.name,
    scopes: settings.scopes.map((scope) => ({
      ...scope,
      description: localise(scope.description),
      group: localise(scope.group ?? settings.name),
    })),
  }
}

/** A plain text is English. */
function localise(text: string | LocalisedText): LocalisedText {
  return typeof text === 'string' ? { en: text } : text
}
