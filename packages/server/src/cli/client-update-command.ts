// ostiary client update …

import { type Command, Option } from 'commander'
import { type ClientChange, updateClient } from '../operations/client-update.ts'
import { ID_TOKEN_ALGORITHMS, type IdTokenAlgorithm } from '../protocol/policy.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import { UsageError } from './failure.ts'
import { tenantOption } from './tenant-option.ts'

interface UpdateOptions extends TenantOptions {
  readonly name?: string
  readonly redirectUri?: readonly string[]
  readonly postLogoutRedirectUri?: readonly string[]
  readonly grant?: readonly string[]
  readonly scope?: readonly string[]
  readonly defaultScope?: readonly string[]
  readonly requirePkce?: boolean
  readonly stableRefreshToken?: boolean
  readonly idTokenAlg?: IdTokenAlgorithm
  readonly idTokenProfile?: boolean
}

export function addUpdateCommand(client: Command, terminal: Terminal): void {
  addCommand<UpdateOptions>(client, terminal, {
    usage: 'update <client>',
    description: 'change an app: given values replace the old ones, the rest stays',
    options: updateOptions,
    run: async (options, [clientId = '']) => {
      const change = toChange(options)
      if (Object.values(change).every((value) => value === undefined)) {
        throw new UsageError('say what to change, for example --require-pkce')
      }
      const updated = await withTenant(options, terminal, (context) =>
        updateClient({ clientId, ...change }, context),
      )
      return { data: { client: updated }, text: `updated ${clientId}` }
    },
  })
}

export function idTokenAlgOption(): Option {
  const description = 'algorithm that signs its ID tokens (default for a new app: RS256)'
  return new Option('--id-token-alg <name>', description).choices(ID_TOKEN_ALGORITHMS)
}

function updateOptions(command: Command): void {
  tenantOption(command)
    .option('--name <name>', 'name that people read on the consent page')
    .option('--redirect-uri <uris...>', 'where users may be sent back to')
    .option('--post-logout-redirect-uri <uris...>', 'where users may go after signing out')
    .option('--grant <types...>', 'grant types')
    .option('--scope <scopes...>', 'scopes that the app may request')
    .option('--default-scope <scopes...>', 'scopes used when the app names none')
    .option('--require-pkce', 'refuse authorization requests without PKCE')
    .option('--no-require-pkce', 'leave PKCE to an app that has a secret')
    .option('--stable-refresh-token', 'keep one refresh token instead of replacing it each time')
    .option('--no-stable-refresh-token', 'replace the refresh token each time')
    .addOption(idTokenAlgOption())
    .option(
      '--id-token-profile',
      'put name and e-mail address into ID tokens, as far as scopes allow',
    )
    .option('--no-id-token-profile', 'keep name and e-mail address out of ID tokens')
}

function toChange(options: UpdateOptions): ClientChange {
  const { stableRefreshToken: stable } = options
  return {
    name: options.name,
    redirectUris: options.redirectUri,
    postLogoutRedirectUris: options.postLogoutRedirectUri,
    grantTypes: options.grant,
    scopes: options.scope,
    defaultScopes: options.defaultScope,
    requirePkce: options.requirePkce,
    idTokenAlgorithm: options.idTokenAlg,
    idTokenProfile: options.idTokenProfile,
    refreshPolicy: stable === undefined ? undefined : stable ? 'stable' : 'rotate',
  }
}
