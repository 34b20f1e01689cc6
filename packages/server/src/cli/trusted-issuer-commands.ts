// ostiary trusted-issuer …

import type { Command } from 'commander'
import {
  addTrustedIssuer,
  listTrustedIssuers,
  removeTrustedIssuer,
  resumeTrustedIssuer,
  suspendTrustedIssuer,
} from '../operations/trusted-issuers.ts'
import type { TrustedIssuerRecord } from '../store/records.ts'
import { formatFields } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import type { List } from './list.ts'
import { type ListOptions, listOptions } from './list-option.ts'
import { readNamedFile } from './places.ts'
import { tenantOption } from './tenant-option.ts'

interface AddOptions extends TenantOptions {
  readonly issuer: string
  readonly audience: string
  readonly jwksUri?: string
  readonly jwksFile?: string
}

export function addTrustedIssuerCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('trusted-issuer')
    .description('identity systems whose JWTs are exchanged for tokens')
  addCommand<AddOptions>(group, terminal, {
    usage: 'add <name>',
    description:
      'trust the JWTs of an identity system, if their `exp` is near: an hour at most, five minutes without `jti`; `consumer link` says whom they stand for',
    options: addOptions,
    run: async (options, [name = '']) => {
      const { issuer, audience, jwksUri, jwksFile } = options
      const pinnedKeys = jwksFile === undefined ? undefined : readNamedFile(jwksFile)
      const added = await withTenant(options, terminal, (context) =>
        addTrustedIssuer({ name, issuer, audience, jwksUri, pinnedKeys }, context),
      )
      return { data: { issuer: added }, text: formatFields({ id: added.id, issuer }) }
    },
  })
  addCommand<ListOptions>(group, terminal, {
    usage: 'list',
    description: 'list the identity systems that are trusted',
    options: listOptions,
    run: (options) =>
      withTenant(options, terminal, (context) =>
        terminal.list(listTrustedIssuers(context, options.limit), ISSUERS, options),
      ),
  })
  addChange({
    usage: 'suspend <issuer>',
    description:
      'accept none of its JWTs until it is resumed; ends every token they were exchanged for',
    done: 'suspended',
    change: suspendTrustedIssuer,
  })
  addChange({
    usage: 'resume <issuer>',
    description: 'accept its JWTs again; tokens that have ended stay ended',
    done: 'resumed',
    change: resumeTrustedIssuer,
  })
  addChange({
    usage: 'remove <issuer>',
    description: 'forget it with its links; ends every token that its JWTs were exchanged for',
    done: 'removed',
    change: removeTrustedIssuer,
  })

  function addChange(shape: {
    readonly usage: string
    readonly description: string
    readonly done: string
    readonly change: typeof suspendTrustedIssuer
  }): void {
    addCommand<TenantOptions>(group, terminal, {
      usage: shape.usage,
      description: shape.description,
      options: tenantOption,
      run: async (options, [issuer = '']) => {
        await withTenant(options, terminal, (context) => shape.change({ issuer }, context))
        return { data: { [shape.done]: issuer }, text: `${shape.done} ${issuer}` }
      },
    })
  }
}

function addOptions(command: Command): void {
  tenantOption(command)
    .requiredOption('--issuer <issuer>', '`iss` of its JWTs')
    .requiredOption('--audience <audience>', '`aud` of its JWTs')
    .option('--jwks-uri <url>', 'where it publishes its keys')
    .option('--jwks-file <file>', 'its keys, to be used instead: a JWK set')
}

const ISSUERS: List<TrustedIssuerRecord> = {
  name: 'issuers',
  none: 'none yet: add one with `ostiary trusted-issuer add`',
  columns: [
    { title: 'ISSUER', value: ({ issuer }) => issuer },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'AUDIENCE', value: ({ expectedAudience }) => expectedAudience },
    { title: 'KEYS', value: ({ jwksUri }) => jwksUri ?? 'pinned' },
    { title: 'STATE', value: stateOf },
    { title: 'ID', value: ({ id }) => id },
  ],
}

function stateOf({ suspendedAtSeconds }: TrustedIssuerRecord): string {
  return suspendedAtSeconds === null ? 'active' : 'suspended'
}
