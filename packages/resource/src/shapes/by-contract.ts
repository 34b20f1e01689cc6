// The registry of shapes: which contract has which.

import { crmCom } from './crm-com.ts'
import { financialCents } from './financial-cents.ts'
import { jsonApi } from './json-api.ts'
import { jwtAt } from './jwt-at.ts'
import type { TokenShape } from './shape.ts'

export const CONTRACTS = [
  'standard',
  'mister-james',
  'json-api',
  'crm-com',
  'financial-cents',
  'versioned',
] as const

export type ContractName = (typeof CONTRACTS)[number]

export const SHAPES: Readonly<Record<ContractName, TokenShape>> = {
  standard: jwtAt,
  'mister-james': jwtAt,
  'json-api': jsonApi,
  'crm-com': crmCom,
  'financial-cents': financialCents,
  versioned: jwtAt,
}

export function isContractName(name: string): name is ContractName {
  return CONTRACTS.some((known) => known === name)
}
