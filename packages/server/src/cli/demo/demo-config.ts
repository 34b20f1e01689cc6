// The configuration of the demo: one tenant on this machine, everything in one folder.

import { join } from 'node:path'
import type { ScopeDefinition } from '../../protocol/tenant.ts'

export const API_PATH = '/api/v1'

export function demoConfig(input: {
  readonly folder: string
  readonly port: number
  readonly scopes: readonly ScopeDefinition[]
}): object {
  const { folder, port, scopes } = input
  const issuer = `http://localhost:${port}`
  return {
    // A name, not an address: browsers may take it for ::1 as well as for 127.0.0.1.
    server: { host: 'localhost', port, shutdownSeconds: 5 },
    database: { path: join(folder, 'ostiary.db') },
    log: { level: 'info', format: 'text' },
    tenants: [
      {
        name: 'standard',
        displayName: 'Ostiary demo',
        issuer,
        contract: 'standard',
        resourceServers: [{ audience: `${issuer}${API_PATH}`, name: 'Sample CRM', scopes }],
      },
    ],
  }
}
