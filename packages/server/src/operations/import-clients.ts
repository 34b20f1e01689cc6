// Bringing apps along, with the secrets that they use already.

import { asClientId } from '../protocol/ids.ts'
import type { OrganisationWithUnits } from '../store/port.ts'
import type { ClientWithSecrets } from '../store/records.ts'
import { allowancesAtRegistration } from './allowances.ts'
import { checkTwin, twinOf } from './client-ids.ts'
import { checkNewClient, defaultGrantTypes } from './client-input.ts'
import { checkRevoked } from './client-secrets.ts'
import { type ClientContext, scopesWithoutNames, toClientRecord } from './clients.ts'
import { findClientChange } from './import-client-change.ts'
import {
  CLIENT_COLUMNS,
  type ClientValues,
  COLUMN_OF,
  checkClientValues,
  hashOfSecret,
  toInput,
  toSecret,
} from './import-client-values.ts'
import { type ImportRow, namedIn } from './import-rows.ts'
import {
  existsAlready,
  type ImportKind,
  type ImportOptions,
  type ImportReport,
  runImport,
} from './import-run.ts'
import { checkPlace, findOrganisations } from './organisations.ts'

/** @throws OperationError with everything that is wrong with the rows */
export async function importClients(
  rows: readonly ImportRow[],
  options: ImportOptions,
  context: ClientContext,
): Promise<ImportReport> {
  const organisations = await findOrganisations(namedIn(rows, 'organisation'), context)
  return runImport(clientKind(context, organisations), rows, { ...context, ...options })
}

function clientKind(
  context: ClientContext,
  organisations: readonly OrganisationWithUnits[],
): ImportKind<typeof CLIENT_COLUMNS, ClientWithSecrets> {
  const { tenant, store, grantTypes } = context
  return {
    noun: 'client',
    columns: CLIENT_COLUMNS,
    columnOf: COLUMN_OF,
    check: (values) => [
      ...(values.id === undefined ? [{ field: 'id', problem: 'is missing' }] : []),
      ...checkNewClient(toInput(values), tenant, grantTypes),
      ...checkPlace(toInput(values), organisations),
      ...checkClientValues(values, context),
    ],
    keysOf: ({ id }) => ({ id, ...(id && twinOf(id) && { [TWIN]: id.replaceAll('+', ' ') }) }),
    async findConflicts(values) {
      const { id = '' } = values
      const taken = await store.findClient(tenant.name, asClientId(id))
      if (taken) return [existsAlready('id', id)]
      return [...(await checkTwin(id, context)), ...(await checkFormerSecret(values, context))]
    },
    findChange: (values) => findClientChange(values, { ...context, organisations }),
    defaultsOf: (values) => defaultsOf(values, context),
    async toStored(values) {
      const client = toClientRecord(toInput(values), context)
      const secret = toSecret(values, client)
      return { client, secrets: secret ? [secret] : [] }
    },
    idOf: ({ client }) => client.id,
    store: (batch, events) => store.importClients(batch, events),
  }
}

/** What was revoked of an app that was deleted stays so for the app that takes its id. */
async function checkFormerSecret(values: ClientValues, context: ClientContext) {
  const hash = hashOfSecret(values)
  if (hash === undefined) return []
  const secret = { tenant: context.tenant.name, clientId: asClientId(values.id ?? ''), hash }
  return checkRevoked(values.secret === undefined ? 'secret_hash' : 'secret', secret, context)
}

/** A key that no two rows may share either: HTTP Basic does not tell their ids from each other. */
const TWIN = 'id, with each + as a space,'

/** What an app has where its row says nothing. */
function defaultsOf(
  values: ClientValues,
  context: ClientContext,
): Readonly<Record<string, string>> {
  const input = toInput(values)
  const usual: Readonly<Record<string, string>> = {
    type: input.type,
    grants: defaultGrantTypes(input).join(' ') || 'none',
    scopes: scopesWithoutNames(input, context.tenant).length > 0 ? 'all that there are' : 'none',
    default_scopes: 'all of its scopes',
    first_party: 'false',
    require_pkce: input.type === 'public' ? 'true' : 'as the tenant has it',
    refresh_policy: 'rotate',
    ...(context.tenant.rules.openId && {
      id_token_signed_response_alg: 'RS256',
      id_token_profile: 'true',
    }),
    allowances: allowancesAtRegistration(context)
      .map(({ name }) => name)
      .join(' '),
  }
  const given: Readonly<Record<string, unknown>> = values
  return Object.fromEntries(
    Object.entries(usual).filter(([column, text]) => given[column] === undefined && text !== ''),
  )
}
