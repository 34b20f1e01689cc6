// ostiary key …

import { type Command, Option } from 'commander'
import { type KeyView, listSigningKeys, rotateSigningKeys } from '../operations/keys.ts'
import { ID_TOKEN_ALGORITHMS, type IdTokenAlgorithm } from '../protocol/policy.ts'
import { formatTable, formatTime } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import { tenantOption } from './tenant-option.ts'

interface RotateOptions extends TenantOptions {
  readonly force?: boolean
  readonly lostMasterKey?: boolean
  readonly api?: string
  readonly algorithm?: IdTokenAlgorithm
}

export function addKeyCommands(program: Command, terminal: Terminal): void {
  const key = program.command('key').description('keys that sign tokens')
  addCommand<TenantOptions>(key, terminal, {
    usage: 'list',
    description: 'list the signing keys of a tenant',
    options: tenantOption,
    run: async (options) => {
      const keys = await withTenant(options, terminal, listSigningKeys)
      return { data: { keys }, text: formatKeys(keys) }
    },
  })
  addCommand<RotateOptions>(key, terminal, {
    usage: 'rotate',
    description: 'sign with the next key from now on; tokens of the old one stay valid',
    options: (command) =>
      tenantOption(command)
        .option('--api <audience>', 'the API whose key to rotate, where each API has its own')
        .addOption(
          new Option(
            '--algorithm <name>',
            'which keys to rotate, where ID tokens have their own (default: those of access tokens)',
          ).choices(ID_TOKEN_ALGORITHMS),
        )
        .option('--force', 'even when APIs may not know the next key yet')
        .option(
          '--lost-master-key',
          'replace keys that cannot be opened, because the master key is lost',
        ),
    run: async (options) => {
      const { force = false, api: audience, lostMasterKey: masterKeyLost = false } = options
      const input = { force, audience, algorithm: options.algorithm, masterKeyLost }
      const { currentKid } = await withTenant(options, terminal, (context) =>
        rotateSigningKeys(input, context),
      )
      return { data: { currentKid }, text: `signing with ${currentKid} from now on` }
    },
  })
}

function formatKeys(keys: readonly KeyView[]): string {
  if (keys.length === 0) return 'no keys yet: the server makes them when it first starts'
  return formatTable(keys, [
    { title: 'KEY', value: ({ kid }) => kid },
    { title: 'API', value: ({ resourceServer }) => resourceServer || 'all' },
    { title: 'ALGORITHM', value: ({ algorithm }) => algorithm },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'CREATED', value: ({ createdAtSeconds }) => formatTime(createdAtSeconds) },
    { title: 'SIGNING SINCE', value: ({ activatedAtSeconds }) => formatTime(activatedAtSeconds) },
    { title: 'REMOVED', value: ({ expiresAtSeconds }) => formatTime(expiresAtSeconds) },
  ])
}
