// ostiary start

import type { Command } from 'commander'
import { resolveTenants } from '../config/tenants.ts'
import { createLog } from '../platform/log.ts'
import { addCommand, type SharedOptions, type Terminal } from './command.ts'
import { readConfig } from './deployment.ts'
import { serve } from './serve.ts'
import { type ServerFlags, serverFlags, toSettings } from './server-flags.ts'

interface StartOptions extends SharedOptions, ServerFlags {
  readonly migrate?: boolean
}

export function addStartCommand(program: Command, terminal: Terminal): void {
  addCommand<StartOptions>(program, terminal, {
    usage: 'start',
    description: 'run the server until SIGTERM or SIGINT; refuses unsafe settings',
    options: (command) =>
      serverFlags(command).option(
        '--migrate',
        'bring a PostgreSQL database up to date first (SQLite always is)',
      ),
    run: (options) => start(options, terminal),
  })
}

async function start(options: StartOptions, terminal: Terminal): Promise<undefined> {
  const config = readConfig(options, terminal, toSettings(options))
  const issuers = resolveTenants(config).map(({ issuer }) => issuer)
  // The one object of --json is the only thing on standard output.
  const log = createLog({
    ...config.log,
    ...(options.json && { destination: terminal.stderr }),
  })
  await serve(
    {
      config,
      log,
      migrate: options.migrate ?? config.database.kind === 'sqlite',
      ready: (url) => {
        log.info({ url, issuers, database: config.database.kind }, 'ready')
        if (options.json) terminal.say({ data: { url, issuers }, text: '' }, options)
      },
    },
    terminal,
  )
}
