// What a check of the configuration is, and how an unsafe setting is refused.

import type { Finding, Path } from './problems.ts'
import { ALLOWANCES, type Allowance, type RawConfig } from './schema.ts'

export interface CheckOptions {
  /** `ostiary dev`: loopback addresses need no TLS. */
  readonly development: boolean
}

export interface Check {
  /** The check runs when the schema found nothing wrong at or below these places. */
  readonly reads: readonly Path[]
  run(config: RawConfig, options: CheckOptions): readonly Finding[]
}

/** The finding that an unsafe setting is, unless it is allowed by name. */
export function refuseUnsafe(input: {
  config: RawConfig
  path: Path
  what: string
  safer: string
  allowance: Allowance
}): Finding[] {
  const { config, path, what, safer, allowance } = input
  if (config.allow.includes(allowance)) return []
  const accepting = `accept ${ALLOWANCES[allowance]}`
  const remedy = `${safer}; or ${accepting}, with --allow ${allowance} or "allow: [${allowance}]"`
  return [{ path, what, remedy }]
}
