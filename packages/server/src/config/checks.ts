// What a schema cannot say about a configuration: relations between keys, and settings that are unsafe.

import { BlockList, isIP } from 'node:net'
import { decodeMasterKey, describeBadMasterKey } from '../platform/master-key.ts'
import { type Check, type CheckOptions, refuseUnsafe } from './check.ts'
import type { Finding } from './problems.ts'
import type { RawConfig } from './schema.ts'
import { checkTenant } from './tenant-checks.ts'
import { checkUnique } from './unique.ts'

const CHECKS: readonly Check[] = [
  { reads: [['server', 'trustedProxies'], ['allow']], run: checkTrustedProxies },
  {
    reads: [
      ['server', 'requestIdHeader'],
      ['server', 'trustedProxies'],
    ],
    run: checkRequestIds,
  },
  {
    reads: [
      ['server', 'port'],
      ['management', 'port'],
    ],
    run: checkPorts,
  },
  { reads: [['database'], ['masterKey'], ['allow']], run: checkDatabase },
  { reads: [['database'], ['server', 'workers']], run: checkWorkers },
  { reads: [['masterKey']], run: checkMasterKey },
  { reads: [['tenants']], run: checkTenantsTogether },
]

/** The checks for this configuration: the fixed ones, and one for each of its tenants. */
export function listChecks(config: RawConfig): readonly Check[] {
  if (!Array.isArray(config.tenants)) return CHECKS
  const ofTenants = config.tenants.map((_, index) => ({
    reads: [['tenants', index], ['allow']],
    run: (valid: RawConfig, options: CheckOptions) => checkTenant(valid, index, options),
  }))
  return [...CHECKS, ...ofTenants]
}

function checkTrustedProxies(config: RawConfig): Finding[] {
  return config.server.trustedProxies.flatMap((proxy, index) => {
    const path = ['server', 'trustedProxies', index]
    if (!isNetwork(proxy)) {
      const what = `"${proxy}" is neither an address nor a network`
      return [{ path, what, remedy: 'give an IP address or a network, for example 10.0.0.0/8' }]
    }
    if (!/\/0+$/.test(proxy)) return []
    const what = 'trusts every address as a proxy'
    const safer = 'name the addresses of your proxies'
    return refuseUnsafe({ config, path, what, safer, allowance: 'trust-any-proxy' })
  })
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  if (bits === undefined) return true
  if (!/^\d{1,3}$/.test(bits)) return false
  try {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    return false
  }
}

function checkRequestIds({ server }: RawConfig): Finding[] {
  if (server.requestIdHeader === undefined || server.trustedProxies.length > 0) return []
  const what = 'names the header of a proxy, and no proxy is trusted'
  const remedy = 'name your proxies in server.trustedProxies, or remove this'
  return [{ path: ['server', 'requestIdHeader'], what, remedy }]
}

function checkPorts({ server, management }: RawConfig): Finding[] {
  if (management.port !== server.port || server.port === 0) return []
  const what = `is ${server.port}, as server.port is`
  return [{ path: ['management', 'port'], what, remedy: 'give a port of its own' }]
}

function checkDatabase(config: RawConfig): Finding[] {
  const { path, url, listenUrl } = config.database
  const findings: Finding[] = []
  if (path !== undefined && url !== undefined) {
    const what = 'is set, and so is database.path'
    findings.push({ path: ['database', 'url'], what, remedy: 'remove one of the two' })
  }
  if (listenUrl !== undefined && url === undefined) {
    const what = 'is set without database.url, and only PostgreSQL tells anything'
    findings.push({ path: ['database', 'listenUrl'], what, remedy: 'remove it, or set both' })
  }
  if (url !== undefined && config.masterKey === undefined) {
    const what = 'is missing, and PostgreSQL needs it: all processes must share one'
    const remedy =
      'set OSTIARY_MASTER_KEY to the output of `openssl rand -base64 32`, or OSTIARY_MASTER_KEY_FILE to a file with it'
    findings.push({ path: ['masterKey'], what, remedy })
  }
  if (path === ':memory:') findings.push(...refuseMemory(config))
  return findings
}

function refuseMemory(config: RawConfig): Finding[] {
  return refuseUnsafe({
    config,
    path: ['database', 'path'],
    what: 'is a database in memory',
    safer: 'name a file',
    allowance: 'memory-database',
  })
}

function checkWorkers({ database, server }: RawConfig): Finding[] {
  if (database.path !== ':memory:' || server.workers === 1) return []
  const what = `is ${server.workers}, and a database in memory belongs to one process`
  return [{ path: ['server', 'workers'], what, remedy: 'set it to 1, or name a database file' }]
}

function checkMasterKey(config: RawConfig): Finding[] {
  if (config.masterKey === undefined || decodeMasterKey(config.masterKey)) return []
  return [{ path: ['masterKey'], ...describeBadMasterKey(config.masterKey) }]
}

function checkTenantsTogether({ tenants }: RawConfig): Finding[] {
  return [
    ...checkUnique(
      tenants.map(({ name }, index) => ({ path: ['tenants', index, 'name'], value: name })),
    ),
    ...checkUnique(
      tenants.map(({ issuer }, index) => ({ path: ['tenants', index, 'issuer'], value: issuer })),
    ),
  ]
}
