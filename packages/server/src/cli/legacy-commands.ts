// ostiary client allow, disallow and list --legacy: what apps may still do that RFC 9700 forbids.

import type { Command } from 'commander'
import { allowLegacy, disallowLegacy, type LegacyUse } from '../operations/allowances.ts'
import { ALLOWANCES, type Allowance } from '../protocol/allowance.ts'
import { dayOf } from '../protocol/day.ts'
import type { ClientAllowance } from '../store/records.ts'
import { formatTable } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { parseUntil } from './days-option.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import { UsageError } from './failure.ts'
import type { List } from './list.ts'
import { tenantOption } from './tenant-option.ts'

interface AllowOptions extends TenantOptions {
  readonly owner: string
  readonly reason: string
  readonly until: number
}

export function addLegacyCommands(client: Command, terminal: Terminal): void {
  addCommand<AllowOptions>(client, terminal, {
    usage: 'allow <client> <allowance>',
    description: 'give an app a legacy allowance until a day, or change the one it has',
    options: (command) =>
      tenantOption(command)
        .requiredOption('--owner <name>', 'who answers for it')
        .requiredOption('--reason <text>', 'why the app needs it')
        .requiredOption('--until <day>', 'day on which it ends, five years at most', parseUntil),
    run: async (options, [clientId = '', allowance = '']) => {
      const { owner, reason, until: endsAtSeconds } = options
      const input = { clientId, allowance, owner, reason, endsAtSeconds }
      await withTenant(options, terminal, (context) => allowLegacy(input, context))
      const text = [
        `${clientId} may use ${allowance} until ${dayOf(endsAtSeconds)}`,
        ...explain([allowance as Allowance]),
      ].join('\n')
      return { data: { clientId, allowance, owner, reason, endsAtSeconds }, text }
    },
  })
  addCommand<TenantOptions>(client, terminal, {
    usage: 'disallow <client> <allowance>',
    description: 'take a legacy allowance away from an app, at once',
    options: tenantOption,
    run: async (options, [clientId = '', allowance = '']) => {
      await withTenant(options, terminal, (context) =>
        disallowLegacy({ clientId, allowance }, context),
      )
      return {
        data: { clientId, disallowed: allowance },
        text: `${clientId} may use ${allowance} no longer`,
      }
    },
  })
}

/** Of a command that registers an app. */
export interface AllowanceOptions {
  readonly allow?: readonly string[]
  readonly allowOwner?: string
  readonly allowReason?: string
  readonly allowUntil?: number
}

export function allowanceOptions(command: Command): Command {
  return command
    .option(
      '--allow <allowances...>',
      'legacy allowances that the app needs besides the usual ones',
    )
    .option('--allow-owner <name>', 'with --allow: who answers for them')
    .option('--allow-reason <text>', 'with --allow: why the app needs them')
    .option('--allow-until <day>', 'with --allow: day on which they end', parseUntil)
}

/** @throws UsageError when they do not come together */
export function readAllowanceOptions(options: AllowanceOptions): readonly ClientAllowance[] {
  const { allow, allowOwner: owner, allowReason: reason, allowUntil: endsAtSeconds } = options
  if (allow === undefined) {
    if (owner === undefined && reason === undefined && endsAtSeconds === undefined) return []
    throw new UsageError('say with --allow which legacy allowances the app needs')
  }
  if (owner === undefined || reason === undefined || endsAtSeconds === undefined) {
    throw new UsageError('--allow needs --allow-owner, --allow-reason and --allow-until')
  }
  // Whether there is such an allowance is for the operation to say.
  return allow.map((name) => ({ name: name as Allowance, owner, reason, endsAtSeconds }))
}

const ALLOWANCE_COLUMNS = [
  { title: 'ALLOWANCE', value: ({ name }: ClientAllowance) => name },
  { title: 'OWNER', value: ({ owner }: ClientAllowance) => owner },
  { title: 'REASON', value: ({ reason }: ClientAllowance) => reason },
  { title: 'UNTIL', value: ({ endsAtSeconds }: ClientAllowance) => dayOf(endsAtSeconds) },
]

export const LEGACY_USES: List<LegacyUse> = {
  name: 'allowances',
  none: 'no app has a legacy allowance',
  columns: [
    { title: 'CLIENT ID', value: ({ clientId }) => clientId },
    { title: 'APP', value: ({ clientName }) => clientName },
    ...ALLOWANCE_COLUMNS,
    { title: 'STATE', value: ({ ended }) => (ended ? 'ended' : 'active') },
    { title: 'USES IN 30 DAYS', value: ({ uses: count }) => String(count) },
    { title: 'LAST USED', value: ({ lastUsedDay }) => lastUsedDay },
  ],
}

export function formatAllowances(allowances: readonly ClientAllowance[]): string {
  const names = allowances.map(({ name }) => name)
  return [formatTable(allowances, ALLOWANCE_COLUMNS), '', ...explain(names)].join('\n')
}

/** What it costs to give them is said where they are given and shown. */
export function explain(names: readonly Allowance[]): readonly string[] {
  return names.map((name) => `${name}: ${ALLOWANCES[name]}`)
}
