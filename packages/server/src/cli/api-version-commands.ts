// ostiary api-version …

import type { Command } from 'commander'
import { listVersionUsage, type VersionUsage } from '../operations/version-uses.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import type { List } from './list.ts'
import { tenantOption } from './tenant-option.ts'

interface UsageOptions extends TenantOptions {
  readonly client?: string
  readonly days: string
}

export function addApiVersionCommands(program: Command, terminal: Terminal): void {
  const group = program.command('api-version').description('versions of your API')
  addCommand<UsageOptions>(group, terminal, {
    usage: 'usage',
    description: 'list which app calls which version, as your API has reported it',
    options: (command) =>
      tenantOption(command)
        .option('--client <client>', 'show this app only')
        .option('--days <number>', 'count this many days, today included', '30'),
    run: (options) =>
      withTenant(options, terminal, (context) =>
        terminal.list(
          listVersionUsage({ clientId: options.client, days: Number(options.days) }, context),
          USES,
          options,
        ),
      ),
  })
}

const USES: List<VersionUsage> = {
  name: 'uses',
  none: 'nobody has called a version of the API in that time',
  columns: [
    { title: 'CLIENT ID', value: ({ clientId }) => clientId },
    { title: 'VERSION', value: ({ version }) => version },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'CALLS', value: ({ calls }) => String(calls) },
    { title: 'LAST CALLED', value: ({ lastDay }) => lastDay },
  ],
}
