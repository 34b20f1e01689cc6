// The flags of the commands that run a server, as settings that win over environment and file.

import { type Command, Option } from 'commander'
import { parseValue, type Setting } from '../config/environment.ts'
import { listConfigKeys } from '../config/keys.ts'
import { ALLOWANCES } from '../config/schema.ts'

export interface ServerFlags {
  readonly host?: string
  readonly port?: string
  readonly workers?: string
  readonly logLevel?: string
  readonly logFormat?: string
  readonly allow?: readonly string[]
}

/** Flag -> key of the configuration. */
const FLAG_KEYS = {
  host: ['server', 'host'],
  port: ['server', 'port'],
  workers: ['server', 'workers'],
  logLevel: ['log', 'level'],
  logFormat: ['log', 'format'],
} as const

export function serverFlags(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'TCP port to listen on')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .option('--log-format <format>', 'json or text')
    .addOption(
      new Option('--allow <names...>', 'unsafe settings that you accept').choices(
        Object.keys(ALLOWANCES),
      ),
    )
}

export function toSettings(flags: ServerFlags): readonly Setting[] {
  const keys = listConfigKeys()
  const settings = Object.entries(FLAG_KEYS).flatMap(([flag, path]): Setting[] => {
    const text = flags[flag as keyof typeof FLAG_KEYS]
    const key = keys.find((candidate) => candidate.path.join('.') === path.join('.'))
    if (text === undefined || !key) return []
    return [{ path, value: parseValue(text, key.schema), place: flagName(flag) }]
  })
  if (!flags.allow) return settings
  return [...settings, { path: ['allow'], value: flags.allow, place: '--allow', adds: true }]
}

/** logLevel -> --log-level */
function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
