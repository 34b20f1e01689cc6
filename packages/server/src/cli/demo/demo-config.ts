// The configuration of the demo: a tenant for each contract on this machine, everything in one folder.

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONTRACT_NAMES, findContract } from '../../contracts/index.ts'
import type { DemoApi } from './demo-api.ts'

interface DemoConfigInput {
  readonly folder: string
  readonly port: number
  readonly api: DemoApi
}

export function demoConfig(input: DemoConfigInput): object {
  const { folder, port } = input
  return {
    // A name, not an address: browsers may take it for ::1 as well as for 127.0.0.1.
    server: { host: 'localhost', port, drainSeconds: 0, shutdownSeconds: 5 },
    database: { path: join(folder, 'ostiary.db') },
    log: { level: 'info', format: 'text' },
    tenants: CONTRACT_NAMES.map((contract) => tenantOf(contract, input)),
  }
}

const NOTE =
  '# Of the demo, written anew at each start: for the other commands, with --config or OSTIARY_CONFIG.\n'

/** JSON is YAML as well. */
export function writeDemoConfig(input: DemoConfigInput): void {
  const config = { allow: ['http-issuer'], ...demoConfig(input) }
  const path = join(input.folder, 'ostiary.config.yaml')
  writeFileSync(path, `${NOTE}${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  // Also one that was there.
  chmodSync(path, 0o600)
}

/** `standard` has the root, every other contract the path of its name. */
function tenantOf(contract: string, { port, api }: DemoConfigInput): object {
  const path = contract === 'standard' ? '' : `/${contract}`
  const issuer = `http://localhost:${port}${path}`
  const audience = issuer + (findContract(contract)?.paths.api ?? '')
  return {
    name: contract,
    displayName: `Ostiary demo${contract === 'standard' ? '' : ` (${contract})`}`,
    issuer,
    contract,
    resourceServers: [{ audience, name: 'Sample CRM', scopes: api.scopesOf(contract) }],
    ...(contract === 'versioned' && { apiVersions: API_VERSIONS }),
  }
}

/** 1.8.0 is the latest stable one. */
const API_VERSIONS = [
  { version: '1.7.0', state: 'current' },
  { version: '1.8.0', state: 'current' },
]
