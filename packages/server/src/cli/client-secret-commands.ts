// ostiary client secret …

import type { Command } from 'commander'
import {
  addClientSecret,
  type ClientSecretView,
  revokeClientSecret,
} from '../operations/client-secrets.ts'
import { type Answer, formatFields, formatTable, formatTime } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { inDays, parseDays } from './days-option.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import { tenantOption } from './tenant-option.ts'

interface AddOptions extends TenantOptions {
  readonly name: string
  readonly expiresInDays?: number
}

export function addSecretCommands(client: Command, terminal: Terminal): void {
  const secret = client
    .command('secret')
    .description('the secrets of an app: add the new one, change the app, revoke the old one')
  addCommand<AddOptions>(secret, terminal, {
    usage: 'add <client>',
    description: 'add a secret; it is shown only once, and the others stay valid',
    options: (command) =>
      tenantOption(command)
        .requiredOption('--name <name>', 'name to tell it from the others')
        .option('--expires-in-days <days>', 'let it expire after this many days', parseDays),
    run: (options, [clientId = '']) => add(clientId, options, terminal),
  })
  addCommand<TenantOptions>(secret, terminal, {
    usage: 'revoke <client> <secret-id>',
    description: 'end a secret at once',
    options: tenantOption,
    run: async (options, [clientId = '', secretId = '']) => {
      await withTenant(options, terminal, (context) =>
        revokeClientSecret({ clientId, secretId }, context),
      )
      return { data: { revoked: secretId }, text: `revoked secret ${secretId} of ${clientId}` }
    },
  })
}

async function add(clientId: string, options: AddOptions, terminal: Terminal): Promise<Answer> {
  const { name, expiresInDays } = options
  const { record, secret } = await withTenant(options, terminal, (context) => {
    const expiresAtSeconds = inDays(expiresInDays, context.clock)
    return addClientSecret({ clientId, name, expiresAtSeconds }, context)
  })
  const fields = formatFields({
    'secret id': record.id,
    'client secret': secret,
    expires: formatTime(record.expiresAtSeconds),
  })
  return {
    data: { clientId, secretId: record.id, secret, expiresAtSeconds: record.expiresAtSeconds },
    text: `${fields}\ncopy the secret now: it cannot be shown again`,
  }
}

export function formatSecrets(secrets: readonly ClientSecretView[]): string {
  return formatTable(secrets, [
    { title: 'SECRET ID', value: ({ id }) => id },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'ENDS WITH', value: ({ hint }) => hint },
    { title: 'CREATED', value: ({ createdAtSeconds }) => formatTime(createdAtSeconds) },
    { title: 'EXPIRES', value: ({ expiresAtSeconds }) => formatTime(expiresAtSeconds) || 'never' },
    {
      title: 'LAST USED',
      value: ({ lastUsedAtSeconds }) => formatTime(lastUsedAtSeconds) || 'never',
    },
  ])
}
