// The registry of contracts: a tenant names one of these in the configuration.

import type { Contract } from './contract.ts'
import { standard } from './standard.ts'

const contracts: readonly Contract[] = [standard]

export const CONTRACT_NAMES = contracts.map(({ name }) => name)

export function findContract(name: string): Contract | undefined {
  return contracts.find((contract) => contract.name === name)
}
