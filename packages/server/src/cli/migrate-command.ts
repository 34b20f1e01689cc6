// ostiary migrate …

import type { Command } from 'commander'
import { loadMasterKey } from '../platform/master-key.ts'
import { formatTable } from './answer.ts'
import { addCommand, type SharedOptions, type Terminal } from './command.ts'
import { readConfig } from './deployment.ts'
import type { MigrationStatus } from './host.ts'

export function addMigrateCommands(program: Command, terminal: Terminal): void {
  const migrate = program
    .command('migrate')
    .description('bring the database to the schema of this version')
  addCommand<SharedOptions>(migrate, terminal, {
    usage: 'up',
    description:
      'apply what is pending (`up` may be left out); the previous version keeps running on it',
    isDefault: true,
    run: async (options) => {
      const config = readConfig(options, terminal)
      // Makes the key file of a new SQLite database, which must not come after it.
      loadMasterKey(config)
      const { applied } = await terminal.parts.migrateStore(config.database)
      const text = applied.length === 0 ? 'nothing to do: the database is up to date' : undefined
      return { data: { applied }, text: text ?? `applied ${applied.join(', ')}` }
    },
  })
  addCommand<SharedOptions>(migrate, terminal, {
    usage: 'status',
    description: 'list applied and pending migrations; changes nothing',
    run: async (options) => {
      const { database } = readConfig(options, terminal)
      const status = await terminal.parts.migrationStatus(database)
      return { data: status, text: formatStatus(status) }
    },
  })
}

function formatStatus({ applied, pending }: MigrationStatus): string {
  const rows = [
    ...applied.map((name) => ({ name, state: 'applied' })),
    ...pending.map((name) => ({ name, state: 'pending' })),
  ]
  const table = formatTable(rows, [
    { title: 'MIGRATION', value: ({ name }) => name },
    { title: 'STATE', value: ({ state }) => state },
  ])
  return pending.length === 0 ? table : `${table}\n→ apply what is pending with \`ostiary migrate\``
}
