// The tenants that sequences are about: which contract each begins with, and what may be set of it.

import { overridePolicy } from '../../src/config/tenants.ts'
import { findContract } from '../../src/contracts/index.ts'
import type { Tenant } from '../../src/protocol/tenant.ts'
import { tenantOf } from '../support/tenant.ts'
import type { Settings, TenantKind } from './moves.ts'

/** Tokens live as long as any may: what forgets their end too early has the longest time to be seen. */
const LONGEST = { lifetimeSeconds: 86_400, format: 'jwt' } as const

export const FIRST_SETTINGS: Readonly<Record<TenantKind, Settings>> = {
  oauth: { ...LONGEST, contract: 'standard' },
  upgraded: { ...LONGEST, contract: 'standard' },
  'financial-cents': { ...LONGEST, contract: 'financial-cents' },
  'crm-com': { ...LONGEST, contract: 'crm-com' },
}

/** What the contract makes of them: it may stay, and APIs of some contracts know but one kind of token. */
export function settingsFor(kind: TenantKind, { lifetimeSeconds, ...asked }: Settings): Settings {
  const { contract: first } = FIRST_SETTINGS[kind]
  const contract = first === 'standard' ? asked.contract : first
  const format = ONLY_FORMAT[contract] ?? asked.format
  return { lifetimeSeconds, contract, format }
}

const ONLY_FORMAT: Readonly<Partial<Record<Settings['contract'], Settings['format']>>> = {
  'json-api': 'opaque',
  'financial-cents': 'jwt',
  'crm-com': 'jwt',
}

export function tenantWith({ lifetimeSeconds, format, contract: name }: Settings): Tenant {
  const contract = findContract(name)
  if (contract === undefined) throw new Error(`there is no contract called ${name}`)
  const policy = overridePolicy(contract.policy, {
    accessToken: { lifetimeSeconds, format },
  } as Parameters<typeof overridePolicy>[1])
  const tenant = { ...tenantOf(contract), policy }
  // Tokens that name no API are those of the only one.
  return contract.rules.jwt.saysIssuer
    ? tenant
    : { ...tenant, resourceServers: tenant.resourceServers.slice(0, 1) }
}
