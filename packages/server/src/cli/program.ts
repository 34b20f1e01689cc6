// The command line: all commands with their help. Each command lives in its own file.

import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { Command } from 'commander'
import { addApiVersionCommands } from './api-version-commands.ts'
import { addAppKeyCommands } from './app-key-commands.ts'
import { addBackupCommand } from './backup-command.ts'
import { addClientCommands } from './client-commands.ts'
import type { Terminal } from './command.ts'
import { addConsumerCommands } from './consumer-commands.ts'
import { addDevCommand } from './dev.ts'
import { addDoctorCommand } from './doctor-command.ts'
import { addFeedCommands } from './feed-commands.ts'
import { addIdentityJwtCommand } from './identity-jwt-command.ts'
import { addImportCommands } from './import-commands.ts'
import { addKeyCommands } from './key-commands.ts'
import { addMigrateCommands } from './migrate-command.ts'
import { addOrganisationCommands } from './organisation-commands.ts'
import { addReferenceCommand } from './reference-command.ts'
import { addRestoreCommand } from './restore-command.ts'
import { addSessionCommands } from './session-commands.ts'
import { addStartCommand } from './start-command.ts'
import { addTrustedIssuerCommands } from './trusted-issuer-commands.ts'
import { addUserCommands } from './user-commands.ts'

const EXIT_CODE_HELP = `
Exit codes: 0 done, 1 failed, 2 wrong command line or input, 3 configuration, 4 database.
Configuration: docs/reference/config.md, or \`ostiary doctor\` when something is wrong.`

export function createProgram(terminal: Terminal): Command {
  const program = new Command('ostiary')
  configure(program, terminal)
  program
    .description('The front door of an API: an OAuth 2.0 authorization server.')
    .version(readVersion())
    .addHelpText('after', EXIT_CODE_HELP)
  addDevCommand(program, terminal)
  addStartCommand(program, terminal)
  addMigrateCommands(program, terminal)
  addDoctorCommand(program, terminal)
  addBackupCommand(program, terminal)
  addRestoreCommand(program, terminal)
  addFeedCommands(program, terminal)
  addClientCommands(program, terminal)
  addUserCommands(program, terminal)
  addSessionCommands(program, terminal)
  addOrganisationCommands(program, terminal)
  addImportCommands(program, terminal)
  addAppKeyCommands(program, terminal)
  addConsumerCommands(program, terminal)
  addTrustedIssuerCommands(program, terminal)
  addKeyCommands(program, terminal)
  addIdentityJwtCommand(program, terminal)
  addApiVersionCommands(program, terminal)
  addReferenceCommand(program, terminal)
  return program
}

/** Commands made from this one inherit it. */
function configure(program: Command, { stdout, stderr }: Terminal): void {
  program
    .exitOverride()
    .showHelpAfterError('(`--help` shows what is possible)')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(findPackageJSON(import.meta.url) ?? '', 'utf8'))
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion ? String(manifest.version) : 'unknown'
}
