// The options of every command that lists something of one tenant.

import { type Command, InvalidArgumentError } from 'commander'
import type { TenantOptions } from './deployment.ts'
import { tenantOption } from './tenant-option.ts'

export interface ListOptions extends TenantOptions {
  readonly limit?: number
}

export function listOptions(command: Command): Command {
  return tenantOption(command).option(
    '--limit <number>',
    'show only this many, oldest first (default: all)',
    parseLimit,
  )
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('give a number, for example 100')
}
