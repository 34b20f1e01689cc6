// ostiary app-key …

import type { Command } from 'commander'
import {
  type ApplicationKeyView,
  createApplicationKey,
  deleteApplicationKey,
  listApplicationKeys,
  resumeApplicationKey,
  suspendApplicationKey,
} from '../operations/application-keys.ts'
import { type Answer, formatFields, formatTime } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { inDays, parseDays } from './days-option.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import type { List } from './list.ts'
import { type ListOptions, listOptions } from './list-option.ts'
import { readSecret } from './secret-input.ts'
import { tenantOption } from './tenant-option.ts'

interface CreateOptions extends TenantOptions {
  readonly name: string
  readonly scope?: readonly string[]
  readonly expiresInDays?: number
  readonly keyStdin?: boolean
}

export function addAppKeyCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('app-key')
    .description('keys of organisations, exchanged for short tokens')
  addCommand<CreateOptions>(group, terminal, {
    usage: 'create <organisation>',
    description: 'create a key; it is shown only once, and the others stay valid',
    options: (command) =>
      tenantOption(command)
        .requiredOption('--name <name>', 'name to tell it from the others')
        .option('--scope <scopes...>', 'scopes of its tokens (default: all of the API)')
        .option('--expires-in-days <days>', 'let it expire after this many days', parseDays)
        .option('--key-stdin', 'take an existing key from standard input'),
    run: (options, [organisation = '']) => create(organisation, options, terminal),
  })
  addCommand<ListOptions>(group, terminal, {
    usage: 'list',
    description: 'list the keys of all organisations',
    options: listOptions,
    run: (options) =>
      withTenant(options, terminal, (context) =>
        terminal.list(listApplicationKeys(context, options.limit), KEYS, options),
      ),
  })
  addChange({
    usage: 'suspend <key-id>',
    description: 'refuse a key until it is resumed; ends every token that it gave',
    done: 'suspended',
    change: suspendApplicationKey,
  })
  addChange({
    usage: 'resume <key-id>',
    description: 'accept a suspended key again; tokens that have ended stay ended',
    done: 'resumed',
    change: resumeApplicationKey,
  })
  addChange({
    usage: 'delete <key-id>',
    description: 'end a key for good, with every token that it gave',
    done: 'deleted',
    change: deleteApplicationKey,
  })

  function addChange(shape: {
    readonly usage: string
    readonly description: string
    readonly done: string
    readonly change: typeof suspendApplicationKey
  }): void {
    addCommand<TenantOptions>(group, terminal, {
      usage: shape.usage,
      description: shape.description,
      options: tenantOption,
      run: async (options, [keyId = '']) => {
        await withTenant(options, terminal, (context) => shape.change({ keyId }, context))
        return { data: { [shape.done]: keyId }, text: `${shape.done} key ${keyId}` }
      },
    })
  }
}

async function create(
  organisationId: string,
  options: CreateOptions,
  terminal: Terminal,
): Promise<Answer> {
  const { name, scope: scopes, expiresInDays, keyStdin } = options
  const given = keyStdin ? await readSecret(terminal.stdin, 'key') : undefined
  const { record, key } = await withTenant(options, terminal, (context) => {
    const expiresAtSeconds = inDays(expiresInDays, context.clock)
    return createApplicationKey(
      { organisationId, name, scopes, expiresAtSeconds, key: given },
      context,
    )
  })
  const { id: keyId, expiresAtSeconds } = record
  const made = given === undefined ? key : undefined
  const fields = formatFields({
    'key id': keyId,
    'application key': made,
    expires: formatTime(expiresAtSeconds),
  })
  const note = made === undefined ? '' : '\ncopy the key now: it cannot be shown again'
  return { data: { keyId, organisationId, key: made, expiresAtSeconds }, text: fields + note }
}

const KEYS: List<ApplicationKeyView> = {
  name: 'keys',
  none: 'no keys yet: create one with `ostiary app-key create`',
  columns: [
    { title: 'KEY ID', value: ({ id }) => id },
    { title: 'ORGANISATION', value: ({ organisationId }) => organisationId },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'ENDS WITH', value: ({ hint }) => hint },
    { title: 'STATE', value: stateOf },
    { title: 'EXPIRES', value: ({ expiresAtSeconds }) => formatTime(expiresAtSeconds) || 'never' },
    { title: 'LAST USED', value: ({ lastUsedAtSeconds: last }) => formatTime(last) || 'never' },
  ],
}

function stateOf({ suspendedAtSeconds }: ApplicationKeyView): string {
  return suspendedAtSeconds === null ? 'active' : 'suspended'
}
