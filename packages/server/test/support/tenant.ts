// The tenant of the tests' world, for what needs no server.

import { standard } from '../../src/contracts/standard.ts'
import type { Tenant } from '../../src/protocol/tenant.ts'
import { RESOURCE_SERVERS, TENANT } from './world.ts'

export const MAIN_TENANT: Tenant = {
  name: TENANT,
  displayName: 'Main',
  issuer: 'https://login.example',
  contract: standard.name,
  policy: standard.policy,
  resourceServers: RESOURCE_SERVERS,
  supportEmail: undefined,
  accentColour: undefined,
}
