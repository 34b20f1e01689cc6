// Looks at the machine: the runtime, the clock, the configuration, the master key.

import { existsSync } from 'node:fs'
import { type Config, loadConfig } from '../../config/load.ts'
import { ConfigError } from '../../config/problems.ts'
import type { Clock } from '../../platform/clock.ts'
import { loadMasterKey, MasterKeyError, masterKeyFile } from '../../platform/master-key.ts'
import type { SharedOptions } from '../command.ts'
import type { Host } from '../host.ts'
import { type Finding, well, wrong } from './finding.ts'

export const OLDEST_NODE = 24
/** No clock of a machine that runs this can be right before it was written. */
const EARLIEST_SECONDS = Date.UTC(2026, 0) / 1000
const LATEST_SECONDS = Date.UTC(2100, 0) / 1000

export function checkNode(version: string): Finding {
  const major = Number(version.split('.', 1)[0])
  if (major >= OLDEST_NODE) return well('Node', `v${version}`)
  return wrong('Node', `v${version} is too old`, `install Node ${OLDEST_NODE} or later`)
}

export function checkClock(clock: Clock): Finding {
  const now = clock.nowSeconds()
  const shown = new Date(now * 1000).toISOString()
  if (now > EARLIEST_SECONDS && now < LATEST_SECONDS) return well('Clock', shown)
  return wrong('Clock', `says ${shown}`, 'set it, and keep it right with NTP')
}

export function checkConfig(
  options: SharedOptions,
  host: Host,
): { config: Config | undefined; findings: readonly Finding[] } {
  const subject = 'Configuration'
  try {
    const { config, file } = loadConfig({ file: options.config, env: host.env })
    return { config, findings: [well(subject, file ?? 'from the environment')] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const findings = error.problems.map(({ place, what, remedy }) =>
      wrong(subject, `${place}: ${what}`, remedy),
    )
    return { config: undefined, findings }
  }
}

export function checkMasterKey(config: Config): Finding {
  const { database, masterKey } = config
  const subject = 'Master key'
  if (masterKey === undefined && database.kind === 'sqlite') {
    const file = masterKeyFile(database.path)
    if (!existsSync(file) && !existsSync(database.path)) {
      return well(subject, 'is made when the server first starts')
    }
  }
  try {
    loadMasterKey(config)
    return well(subject, masterKey === undefined ? 'beside the database' : 'configured')
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error
    return wrong(subject, error.what, error.remedy)
  }
}

export function usableMasterKey(config: Config): Buffer | undefined {
  try {
    return loadMasterKey(config)
  } catch (error) {
    if (error instanceof MasterKeyError) return undefined
    throw error
  }
}
