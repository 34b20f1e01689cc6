// ostiary backup …

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { Config } from '../config/load.ts'
import { masterKeyFile } from '../platform/master-key.ts'
import { addCommand, type SharedOptions, type Terminal } from './command.ts'
import { readConfig } from './deployment.ts'
import { UsageError } from './failure.ts'
import { requirePlaceForFile } from './places.ts'

export function addBackupCommand(program: Command, terminal: Terminal): void {
  addCommand<SharedOptions>(program, terminal, {
    usage: 'backup <file>',
    description: 'copy the SQLite database into a new file, while servers run on it',
    run: async (options, [file = '']) => {
      const config = readConfig(options, terminal)
      checkPlace(file)
      await terminal.parts.copyDatabase(databaseFileOf(config), file)
      const masterKey = whereMasterKeyIs(config)
      return {
        data: { file, masterKey },
        text: [
          `${file} has everything that was committed until now`,
          `→ keep the master key too, in another place (${masterKey}): without it nothing signs or opens what is sealed`,
          '→ `ostiary restore` puts it back',
        ].join('\n'),
      }
    },
  })
}

function checkPlace(file: string): void {
  if (existsSync(file))
    throw new UsageError(`${file} exists already, and is not overwritten: name another file`)
  requirePlaceForFile(file)
}

function databaseFileOf({ database }: Config): string {
  if (database.kind === 'sqlite') return database.path
  throw new UsageError(
    'PostgreSQL makes backups with its own tools: `pg_dump --format=custom --file=<file> "$OSTIARY_DATABASE_URL"`, or what you use for your other databases\n→ keep the master key too, in another place: without it nothing signs or opens what is sealed',
  )
}

export function whereMasterKeyIs({ masterKey, database }: Config): string {
  if (masterKey !== undefined || database.kind === 'postgres') return 'OSTIARY_MASTER_KEY'
  return masterKeyFile(database.path)
}
