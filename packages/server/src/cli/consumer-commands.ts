// ostiary consumer …

import type { Command } from 'commander'
import {
  type AccessIdentifierView,
  addAuthenticationCode,
  addIdentifier,
  linkIdentity,
  listAccessIdentifiers,
  removeAccessIdentifier,
} from '../operations/access-identifiers.ts'
import { formatFields, formatTime } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import type { List } from './list.ts'
import { generatePassword, readSecret } from './secret-input.ts'
import { tenantOption } from './tenant-option.ts'

interface CodeOptions extends TenantOptions {
  readonly codeStdin?: boolean
}

interface IdentifierOptions extends TenantOptions {
  readonly passCodeStdin?: boolean
}

interface LinkOptions extends TenantOptions {
  readonly issuer: string
  readonly subject: string
}

export function addConsumerCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('consumer')
    .description('codes, identifiers and links that stand for a user in an exchange for tokens')
  addAddCommands(group, terminal)
  addCommand<TenantOptions>(group, terminal, {
    usage: 'list <username>',
    description: 'list the codes, identifiers and links of a user',
    options: tenantOption,
    run: (options, [username = '']) =>
      withTenant(options, terminal, (context) =>
        terminal.list(listAccessIdentifiers({ username }, context), IDENTIFIERS, options),
      ),
  })
  addCommand<TenantOptions>(group, terminal, {
    usage: 'remove <id>',
    description: 'forget a code, identifier or link; ends every token that was given for it',
    options: tenantOption,
    run: async (options, [identifierId = '']) => {
      await withTenant(options, terminal, (context) =>
        removeAccessIdentifier({ identifierId }, context),
      )
      return { data: { removed: identifierId }, text: `removed ${identifierId}` }
    },
  })
}

function addAddCommands(group: Command, terminal: Terminal): void {
  const { stdin } = terminal
  addCommand<CodeOptions>(group, terminal, {
    usage: 'add-code <username>',
    description: 'give a user an authentication code, from standard input or a new one, shown once',
    options: (command) =>
      tenantOption(command).option('--code-stdin', 'read the code from standard input'),
    run: async (options, [username = '']) => {
      const given = options.codeStdin ? await readSecret(stdin, 'code') : undefined
      const { identifier, code } = await withTenant(options, terminal, (context) =>
        addAuthenticationCode({ username, code: given }, context),
      )
      return say(identifier, 'code', given === undefined ? code : undefined)
    },
  })
  addCommand<IdentifierOptions>(group, terminal, {
    usage: 'add-identifier <username> <identifier>',
    description:
      'give a user an identifier, with a pass code from standard input or a new one, shown once',
    options: (command) =>
      tenantOption(command).option('--pass-code-stdin', 'read the pass code from standard input'),
    run: async (options, [username = '', identifier = '']) => {
      const given = options.passCodeStdin ? await readSecret(stdin, 'pass code') : undefined
      const passCode = given ?? generatePassword()
      const added = await withTenant(options, terminal, (context) =>
        addIdentifier({ username, identifier, passCode }, context),
      )
      return say(added, 'pass code', given === undefined ? passCode : undefined)
    },
  })
  addCommand<LinkOptions>(group, terminal, {
    usage: 'link <username>',
    description: 'let the JWTs of a trusted issuer stand for a user',
    options: (command) =>
      tenantOption(command)
        .requiredOption('--issuer <issuer>', 'the trusted issuer, as its JWTs name it')
        .requiredOption('--subject <subject>', 'the user, as its JWTs name them'),
    run: async (options, [username = '']) => {
      const { issuer, subject } = options
      const linked = await withTenant(options, terminal, (context) =>
        linkIdentity({ username, issuer, subject }, context),
      )
      return say(linked, 'link', undefined)
    },
  })
}

/** @param secret the one that was made, under the name that it has */
function say(
  identifier: AccessIdentifierView,
  name: 'code' | 'pass code' | 'link',
  secret: string | undefined,
) {
  const fields = formatFields({ id: identifier.id, [name]: secret })
  const note = secret === undefined ? '' : `\ncopy the ${name} now: it cannot be shown again`
  return { data: { identifier, secret }, text: fields + note }
}

const KINDS = {
  authentication_code: 'code',
  identifier: 'identifier',
  identity: 'link',
} as const

const IDENTIFIERS: List<AccessIdentifierView> = {
  name: 'identifiers',
  none: 'nothing stands for this user',
  columns: [
    { title: 'ID', value: ({ id }) => id },
    { title: 'KIND', value: ({ kind, weak }) => (weak ? 'weak code' : KINDS[kind]) },
    { title: 'ENDS WITH', value: ({ hint }) => hint },
    { title: 'CREATED', value: ({ createdAtSeconds }) => formatTime(createdAtSeconds) },
    { title: 'LAST USED', value: ({ lastUsedAtSeconds: last }) => formatTime(last) || 'never' },
  ],
}
