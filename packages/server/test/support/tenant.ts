// The tenant of the tests' world, for what needs no server; also as a vendor's contract has it.

import type { Contract } from '../../src/contracts/contract.ts'
import { standard } from '../../src/contracts/standard.ts'
import type { Tenant } from '../../src/protocol/tenant.ts'
import { RESOURCE_SERVERS, TENANT } from './world.ts'

export function tenantOf({ name, rules, policy }: Contract): Tenant {
  return {
    name: TENANT,
    displayName: 'Main',
    issuer: 'https://login.example',
    contract: name,
    rules,
    release: undefined,
    policy,
    resourceServers: RESOURCE_SERVERS,
    apiVersions: undefined,
    supportEmail: undefined,
    accentColour: undefined,
  }
}

export const MAIN_TENANT: Tenant = tenantOf(standard)
