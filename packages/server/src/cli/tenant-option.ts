// The option of every command that works on one tenant.

import type { Command } from 'commander'

export function tenantOption(command: Command): Command {
  return command.option('--tenant <name>', 'tenant to work on (default: the only one)')
}
