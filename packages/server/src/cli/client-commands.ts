// ostiary client …

import { type Command, Option } from 'commander'
import { listLegacyUse } from '../operations/allowances.ts'
import type { NewClient } from '../operations/client-input.ts'
import {
  type ClientView,
  createClient,
  disableClient,
  listClients,
  showClient,
} from '../operations/clients.ts'
import type { IdTokenAlgorithm } from '../protocol/policy.ts'
import type { ClientRecord } from '../store/records.ts'
import { type Answer, formatFields, formatTime } from './answer.ts'
import { addSecretCommands, formatSecrets } from './client-secret-commands.ts'
import { addUpdateCommand, idTokenAlgOption } from './client-update-command.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import {
  type AllowanceOptions,
  addLegacyCommands,
  allowanceOptions,
  explain,
  formatAllowances,
  LEGACY_USES,
  readAllowanceOptions,
} from './legacy-commands.ts'
import type { List } from './list.ts'
import { type ListOptions, listOptions } from './list-option.ts'
import { tenantOption } from './tenant-option.ts'

interface CreateOptions extends TenantOptions, AllowanceOptions {
  readonly name: string
  readonly id?: string
  readonly public?: boolean
  readonly firstParty?: boolean
  readonly redirectUri?: readonly string[]
  readonly postLogoutRedirectUri?: readonly string[]
  readonly grant?: readonly string[]
  readonly scope?: readonly string[]
  readonly defaultScope?: readonly string[]
  readonly defaultAudience?: string
  readonly organisation?: string
  readonly unit?: string
  readonly resourceServer?: string
  readonly stableRefreshToken?: boolean
  readonly idTokenAlg?: IdTokenAlgorithm
  readonly idTokenProfile?: boolean
  readonly publisher?: string
  readonly homepage?: string
  readonly privacy?: string
  readonly terms?: string
}

interface ClientListOptions extends ListOptions {
  readonly legacy?: boolean
}

export function addClientCommands(program: Command, terminal: Terminal): void {
  const client = program.command('client').description('apps that ask for tokens')
  addCommand<CreateOptions>(client, terminal, {
    usage: 'create',
    description: 'register an app; its secret is shown only once',
    options: createOptions,
    run: (options) => create(options, terminal),
  })
  addCommand<ClientListOptions>(client, terminal, {
    usage: 'list',
    description: 'list the apps of a tenant',
    options: (command) =>
      listOptions(command).addOption(
        new Option(
          '--legacy',
          'show their legacy allowances, and how often each is used',
        ).conflicts('limit'),
      ),
    run: (options) => list(options, terminal),
  })
  addCommand<TenantOptions>(client, terminal, {
    usage: 'show <client>',
    description: 'show an app and its secrets (never their values)',
    options: tenantOption,
    run: async (options, [clientId = '']) => {
      const view = await withTenant(options, terminal, (context) =>
        showClient({ clientId }, context),
      )
      return { data: view, text: formatClient(view) }
    },
  })
  addCommand<TenantOptions>(client, terminal, {
    usage: 'disable <client>',
    description:
      'switch an app off for good and end all its grants; no command switches it on again',
    options: tenantOption,
    run: async (options, [clientId = '']) => {
      await withTenant(options, terminal, (context) => disableClient({ clientId }, context))
      return {
        data: { disabled: clientId },
        text: `disabled ${clientId} for good: all its grants have ended, and no command switches it on again\n→ if it is still needed, register it again under another client id`,
      }
    },
  })
  addUpdateCommand(client, terminal)
  addLegacyCommands(client, terminal)
  addSecretCommands(client, terminal)
}

function list(options: ClientListOptions, terminal: Terminal): Promise<undefined> {
  return withTenant(options, terminal, (context) =>
    options.legacy
      ? terminal.list(listLegacyUse(context), LEGACY_USES, options)
      : terminal.list(listClients(context, options.limit), CLIENTS, options),
  )
}

function createOptions(command: Command): void {
  allowanceOptions(tenantOption(command))
    .requiredOption('--name <name>', 'name that people read on the consent page')
    .option('--id <id>', 'client id that the app uses already (default: a new one)')
    .option('--public', 'the app cannot keep a secret: it runs in a browser or on a device')
    .option('--first-party', 'the app is your own, not that of another company')
    .option('--redirect-uri <uris...>', 'where users may be sent back to')
    .option('--post-logout-redirect-uri <uris...>', 'where users may go after signing out')
    .option('--grant <types...>', 'grant types (default: by kind of app)')
    .option(
      '--scope <scopes...>',
      'scopes that the app may request (default: all, if it is not your own and asks users for each)',
    )
    .option('--default-scope <scopes...>', 'scopes used when the app names none')
    .option('--default-audience <uri>', 'API used when the app names none')
    .option('--organisation <id>', 'organisation that owns the app')
    .option('--unit <id>', 'unit that the tokens of the app itself are for')
    .option('--resource-server <audience>', 'these are the credentials of the API itself')
    .option('--stable-refresh-token', 'keep one refresh token instead of replacing it each time')
    .addOption(idTokenAlgOption())
    .option('--no-id-token-profile', 'keep name and e-mail address out of ID tokens')
    .option('--publisher <name>', 'company behind the app')
    .option('--homepage <url>', 'page about the app')
    .option('--privacy <url>', 'privacy policy of the app')
    .option('--terms <url>', 'terms of the app')
}

async function create(options: CreateOptions, terminal: Terminal): Promise<Answer> {
  const input = toNewClient(options)
  const { client, secret } = await withTenant(options, terminal, (context) =>
    createClient(input, context),
  )
  const fields = formatFields({ 'client id': client.id, 'client secret': secret })
  const note = secret === null ? [] : ['copy the secret now: it cannot be shown again']
  const given = explain(input.allowances?.map(({ name }) => name) ?? [])
  return { data: { client, secret }, text: [fields, ...note, ...given].join('\n') }
}

function toNewClient(options: CreateOptions): NewClient {
  return {
    name: options.name,
    id: options.id,
    type: options.public ? 'public' : 'confidential',
    party: options.firstParty ? 'first' : 'third',
    organisationId: options.organisation,
    unitId: options.unit,
    redirectUris: options.redirectUri,
    postLogoutRedirectUris: options.postLogoutRedirectUri,
    grantTypes: options.grant,
    scopes: options.scope,
    defaultScopes: options.defaultScope,
    defaultAudience: options.defaultAudience,
    resourceServer: options.resourceServer,
    refreshPolicy: options.stableRefreshToken ? 'stable' : 'rotate',
    idTokenAlgorithm: options.idTokenAlg,
    idTokenProfile: options.idTokenProfile,
    publisher: options.publisher,
    homepage: options.homepage,
    privacyUri: options.privacy,
    termsUri: options.terms,
    allowances: readAllowanceOptions(options),
  }
}

const CLIENTS: List<ClientRecord> = {
  name: 'clients',
  none: 'no apps yet: register one with `ostiary client create`',
  columns: [
    { title: 'CLIENT ID', value: ({ id }) => id },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'TYPE', value: ({ type }) => type },
    { title: 'GRANTS', value: ({ grantTypes }) => grantTypes.join(' ') },
    { title: 'ORGANISATION', value: ({ organisationId }) => organisationId },
    { title: 'STATE', value: stateOf },
  ],
}

function stateOf({ disabledAtSeconds }: ClientRecord): string {
  return disabledAtSeconds === null ? 'active' : 'disabled'
}

function formatClient({ client, secrets }: ClientView): string {
  const fields = formatFields({
    'client id': client.id,
    name: client.name,
    type: client.type,
    party: client.party,
    state: stateOf(client),
    organisation: client.organisationId,
    unit: client.unitId,
    grants: client.grantTypes,
    'redirect URIs': client.redirectUris,
    'post-logout URIs': client.postLogoutRedirectUris,
    scopes: client.scopes,
    'default scopes': client.defaultScopes,
    'default audience': client.defaultAudience,
    'resource server': client.resourceServer,
    PKCE: client.requirePkce ? 'required of this app' : 'as the tenant has it',
    'refresh token': client.refreshPolicy,
    'ID token': `${client.idTokenAlgorithm}, ${client.idTokenProfile ? 'with' : 'without'} profile`,
    publisher: client.publisher,
    homepage: client.homepage,
    privacy: client.privacyUri,
    terms: client.termsUri,
    created: formatTime(client.createdAtSeconds),
    'last used': formatTime(client.lastUsedAtSeconds) || 'never',
  })
  const tables = [
    ...(client.allowances.length > 0 ? [formatAllowances(client.allowances)] : []),
    ...(secrets.length > 0 ? [formatSecrets(secrets)] : []),
  ]
  return [fields, ...tables].join('\n\n')
}
