// What a row of a file changes at an app that is there. What it does not say stays, and a secret that it names is added
// to those that the app has: so the same file twice changes nothing more, and an import that was interrupted is
// finished by a second one.

import { asClientId } from '../protocol/ids.ts'
import type { OrganisationWithUnits } from '../store/port.ts'
import type { ClientRecord, ClientWithSecrets } from '../store/records.ts'
import { checkRevoked, checkRoom, liveAt, storeSecret } from './client-secrets.ts'
import { newProblems } from './client-update.ts'
import type { ClientContext } from './clients.ts'
import {
  allowancesOf,
  type ClientValues,
  checkClientValues,
  hashOfSecret,
  hasSecret,
  toInput,
  toSecret,
} from './import-client-values.ts'
import type { Change } from './import-run.ts'
import { eventOf, type FieldProblem } from './operation.ts'
import { checkPlace } from './organisations.ts'
import { changeClient } from './registered-client.ts'

/** Column -> field of the app. */
const CHANGEABLE = {
  name: 'name',
  redirect_uris: 'redirectUris',
  post_logout_redirect_uris: 'postLogoutRedirectUris',
  grants: 'grantTypes',
  scopes: 'scopes',
  default_scopes: 'defaultScopes',
  default_audience: 'defaultAudience',
  first_party: 'party',
  require_pkce: 'requirePkce',
  refresh_policy: 'refreshPolicy',
  id_token_signed_response_alg: 'idTokenAlgorithm',
  id_token_profile: 'idTokenProfile',
  organisation: 'organisationId',
  unit: 'unitId',
  publisher: 'publisher',
  homepage: 'homepage',
  privacy_uri: 'privacyUri',
  terms_uri: 'termsUri',
} as const satisfies Partial<Record<keyof ClientValues, keyof ClientRecord>>

interface ChangeContext extends ClientContext {
  readonly organisations: readonly OrganisationWithUnits[]
}

/** @returns undefined when there is no such app */
export async function findClientChange(
  values: ClientValues,
  context: ChangeContext,
): Promise<Change | undefined> {
  const { tenant, store } = context
  const found = await store.findClient(tenant.name, asClientId(values.id ?? ''))
  if (!found) return undefined
  const { client } = found
  const after = { ...client, ...wantedOf(values, client) }
  const columns = Object.entries({ ...CHANGEABLE, allowances: 'allowances' as const })
    .filter(([, field]) => JSON.stringify(client[field]) !== JSON.stringify(after[field]))
    .map(([column]) => column)
  const secretField = values.secret === undefined ? 'secret_hash' : 'secret'
  const secret = newSecretOf(values, found, context)
  return {
    columns: [...columns, ...(secret ? ['secret'] : [])],
    problems: [
      ...problemsOf({ values, client, after }, context),
      ...checkExpired(secretField, values, { found, context }),
      ...(secret ? checkRoom('secret', found.secrets, context.clock.nowSeconds()) : []),
      ...(secret ? await checkRevoked(secretField, secret, context) : []),
    ],
    async apply() {
      const event = eventOf(context, 'client_secret.added', `client:${client.id}`)
      if (secret) await storeSecret(secretField, secret, { context, event })
      if (columns.length > 0)
        await changeClient(client, after, { context, action: 'client.updated' })
    },
  }
}

function wantedOf(values: ClientValues, client: ClientRecord): Partial<ClientRecord> {
  const input = toInput(values)
  const given = Object.entries(CHANGEABLE).flatMap(([column, field]) =>
    values[column as keyof typeof CHANGEABLE] === undefined ? [] : [[field, input[field]]],
  )
  const { allowances } = allowancesOf(values)
  const names = new Set(allowances.map(({ name }) => name))
  const merged = [...client.allowances.filter(({ name }) => !names.has(name)), ...allowances]
  const byName = new Map(merged.map((each) => [each.name, each]))
  const sameOrder = client.allowances.flatMap(({ name }) => byName.get(name) ?? [])
  const added = merged.filter((each) => !sameOrder.includes(each))
  return {
    ...Object.fromEntries(given),
    ...(values.name !== undefined && { name: values.name.trim() }),
    allowances: [...sameOrder, ...added],
  }
}

function newSecretOf(
  values: ClientValues,
  { client, secrets }: ClientWithSecrets,
  { clock }: ChangeContext,
) {
  const secret = toSecret(values, { ...client, createdAtSeconds: clock.nowSeconds() })
  if (!secret || secrets.some(({ hash }) => hash === secret.hash)) return undefined
  const names = new Set(secrets.map(({ name }) => name))
  const free = Array.from(secrets, (_, at) => `imported ${at + 2}`).find((name) => !names.has(name))
  return names.has(secret.name) ? { ...secret, name: free ?? secret.name } : secret
}

/** A secret that has expired does not come to life by being named again: that the row says so is told. */
function checkExpired(
  field: string,
  values: ClientValues,
  { found, context }: { readonly found: ClientWithSecrets; readonly context: ChangeContext },
): FieldProblem[] {
  const given = hashOfSecret(values)
  const named = found.secrets.filter(({ hash }) => hash === given)
  const hasExpired = named.length > liveAt(context.clock.nowSeconds(), named).length
  return hasExpired
    ? [{ field, problem: 'has expired and is never taken again: give another' }]
    : []
}

function problemsOf(
  { values, client, after }: { values: ClientValues; client: ClientRecord; after: ClientRecord },
  context: ChangeContext,
): readonly FieldProblem[] {
  if (client.disabledAtSeconds !== null) {
    return [{ field: 'id', problem: `"${client.id}" is disabled: it cannot be changed` }]
  }
  const { organisationId, unitId } = after
  const moved = organisationId !== client.organisationId || unitId !== client.unitId
  const place = { organisationId: organisationId ?? undefined, unitId: unitId ?? undefined }
  return [
    ...checkFixed(values, client),
    ...checkClientValues({ ...values, type: hasSecret(values) ? client.type : undefined }, context),
    ...newProblems(client, after, context),
    ...(moved ? checkPlace(place, context.organisations) : []),
  ]
}

/** Whether it has a secret, and whose credentials it is, its tokens and its users rely on. */
function checkFixed({ type, resource_server: api }: ClientValues, client: ClientRecord) {
  const problem = 'cannot be changed: register the app anew, under another id'
  return [
    ...(type === undefined || type === client.type ? [] : [{ field: 'type', problem }]),
    ...(api === undefined || api === client.resourceServer
      ? []
      : [{ field: 'resource_server', problem }]),
  ]
}
