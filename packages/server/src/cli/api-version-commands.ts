// ostiary api-version …

import type { Command } from 'commander'
import { listVersionUsage, type VersionUsage } from '../operations/version-uses.ts'
import { formatTable } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import { tenantOption } from './tenant-option.ts'

interface UsageOptions extends TenantOptions {
  readonly client?: string
  readonly days: string
}

export function addApiVersionCommands(program: Command, terminal: Terminal): void {
  const group = program.command('api-version').description('versions of your API')
  addCommand<UsageOptions>(group, terminal, {
    usage: 'usage',
    description: 'list which app calls which version, as your API has told it',
    options: (command) =>
      tenantOption(command)
        .option('--client <client>', 'of this app only')
        .option('--days <number>', 'today and the days before it', '30'),
    run: async (options) => {
      const query = { clientId: options.client, days: Number(options.days) }
      const uses = await withTenant(options, terminal, (context) =>
        listVersionUsage(query, context),
      )
      return { data: { uses }, text: formatUses(uses) }
    },
  })
}

function formatUses(uses: readonly VersionUsage[]): string {
  if (uses.length === 0) return 'nobody has called a version of the API in that time'
  return formatTable(uses, [
    { title: 'CLIENT ID', value: ({ clientId }) => clientId },
    { title: 'VERSION', value: ({ version }) => version },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'CALLS', value: ({ calls }) => String(calls) },
    { title: 'LAST CALLED', value: ({ lastDay }) => lastDay },
  ])
}
