// The registry of contracts: a tenant names one of these in the configuration.

import type { Contract } from './contract.ts'
import { crmCom } from './crm-com.ts'
import { financialCents } from './financial-cents.ts'
import { jsonApi } from './json-api.ts'
import { misterJames } from './mister-james.ts'
import { standard } from './standard.ts'
import { versioned } from './versioned.ts'

const contracts: readonly Contract[] = [
  standard,
  misterJames,
  jsonApi,
  crmCom,
  financialCents,
  versioned,
]

export const CONTRACT_NAMES = contracts.map(({ name }) => name)

export function findContract(name: string): Contract | undefined {
  return contracts.find((contract) => contract.name === name)
}
