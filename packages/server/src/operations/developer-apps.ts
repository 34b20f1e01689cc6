// Apps that account holders register themselves, in the name of an organisation that they belong to.

import {
  redirectUriProblem,
  type SelfServiceUriProblem,
  selfServiceUriProblem,
  USUAL_REDIRECT_URIS,
  usualForm,
} from '../protocol/redirect-uri.ts'
import { listScopes } from '../protocol/tenant.ts'
import type { ByAge } from '../store/port.ts'
import type { ClientRecord, OrganisationRecord } from '../store/records.ts'
import { firstOf, walk } from '../store/walk.ts'
import { holderEndingNow } from '../tokens/ending.ts'
import { allowancesAtRegistration } from './allowances.ts'
import { checkAppName } from './app-names.ts'
import type { NewClient } from './client-input.ts'
import { type CreatedClient, createClient } from './clients.ts'
import {
  type DeveloperContext,
  findAppFor,
  isDeveloperApp,
  listOwnOrganisations,
  noSuchApp,
} from './developer-access.ts'
import { eventOf, type FieldProblem, OperationError, refuseIfAny } from './operation.ts'
import { checkRedirectUris } from './redirect-uris.ts'
import { changeClient } from './registered-client.ts'

const MAX_APPS_OF_ORGANISATION = 100

export interface OrganisationApps {
  readonly organisation: OrganisationRecord
  readonly apps: readonly ClientRecord[]
  readonly hasMore: boolean
}

const APPS_OF_A_PART = 50

/** The apps of each organisation of the user, or of one from a place in its list on: so many of each at most. */
export async function listDeveloperApps(
  context: DeveloperContext,
  only?: { readonly organisationId: string; readonly after?: ByAge | undefined },
): Promise<readonly OrganisationApps[]> {
  const organisations = await listOwnOrganisations(context)
  const listed = organisations.filter(({ id }) => only === undefined || only.organisationId === id)
  return Promise.all(
    listed.map(async (organisation) => {
      const apps = walkApps(organisation.id, context, only?.after)
      const { items, hasMore } = await firstOf(apps, APPS_OF_A_PART)
      return { organisation, apps: items, hasMore }
    }),
  )
}

async function* walkApps(
  organisationId: string,
  { tenant, store }: DeveloperContext,
  after?: ByAge,
): AsyncGenerator<ClientRecord> {
  const clients = walk((page) => {
    const part = { ...page, after: page.after ?? after }
    return store.listClientsOfOrganisation(tenant.name, organisationId, part)
  })
  for await (const client of clients) if (isDeveloperApp(client)) yield client
}

export interface NewDeveloperApp {
  readonly name: string
  readonly type: ClientRecord['type'] | undefined
  readonly redirectUris: readonly string[]
  /** May be left out by a member of a single one. */
  readonly organisationId: string | undefined
}

/** @throws OperationError with everything that is wrong with the input */
export async function createDeveloperApp(
  input: NewDeveloperApp,
  context: DeveloperContext,
): Promise<CreatedClient> {
  return createClient(await prepareDeveloperApp(input, context), context)
}

/** @returns the app as it can be created @throws OperationError with everything that is wrong with the input */
export async function prepareDeveloperApp(
  input: NewDeveloperApp,
  context: DeveloperContext,
): Promise<NewClient> {
  const { tenant } = context
  const { name, type, redirectUris } = input
  const organisation = pickOrganisation(input, await listOwnOrganisations(context))
  const grantTypes = tenant.rules.grantTypes.filter((grant) => USUAL_GRANT_TYPES.includes(grant))
  const problems = [
    ...(await checkAppName(name, context)),
    ...checkRedirectUris(
      { redirectUris, allowances: allowancesAtRegistration(context) },
      { grantTypes, tenant },
    ),
    ...checkUsualUris(redirectUris, context),
    ...(type === undefined ? [notChosen('type')] : []),
    ...(organisation === undefined ? [notChosen('organisationId')] : []),
    ...(organisation === undefined ? [] : await checkRoom(organisation, context)),
  ]
  if (type === undefined || organisation === undefined) throw new OperationError(problems)
  refuseIfAny(problems)
  return {
    name,
    type,
    redirectUris,
    grantTypes,
    organisationId: organisation.id,
    registeredBy: context.userId,
    // Nobody vouches for who registers an app here: it is a third party's, and without a publisher.
    party: 'third',
    scopes: listScopes(tenant),
  }
}

/** The latest app that this user has registered with this name in this organisation. */
export async function findRegisteredBefore(
  { name, organisationId }: Pick<NewClient, 'name' | 'organisationId'>,
  context: DeveloperContext,
): Promise<ClientRecord | undefined> {
  if (organisationId === undefined || organisationId === null) return undefined
  const apps = await firstOf(walkApps(organisationId, context), MAX_APPS_OF_ORGANISATION)
  return apps.items.findLast(
    (app) => app.registeredBy === context.userId && app.name === name.trim(),
  )
}

const USUAL_GRANT_TYPES = ['authorization_code', 'refresh_token']

function pickOrganisation(
  { organisationId }: NewDeveloperApp,
  organisations: readonly OrganisationRecord[],
): OrganisationRecord | undefined {
  if (organisationId === undefined && organisations.length === 1) return organisations[0]
  return organisations.find(({ id }) => id === organisationId)
}

function notChosen(field: string): FieldProblem {
  return { field, problem: 'is not chosen', code: 'not_chosen' }
}

async function checkRoom(
  organisation: OrganisationRecord,
  context: DeveloperContext,
): Promise<FieldProblem[]> {
  const apps = await firstOf(walkApps(organisation.id, context), MAX_APPS_OF_ORGANISATION)
  if (apps.items.length < MAX_APPS_OF_ORGANISATION) return []
  const value = String(MAX_APPS_OF_ORGANISATION)
  const problem = `has ${value} apps already: delete one that is no longer used`
  return [{ field: 'organisationId', problem, code: 'too_many', value }]
}

/** @throws OperationError with everything that is wrong with the input */
export async function updateDeveloperApp(
  input: {
    readonly clientId: string
    readonly name: string
    readonly redirectUris: readonly string[]
  },
  context: DeveloperContext,
): Promise<void> {
  const { client } = await findAppFor('app.update', input.clientId, context)
  const { name, redirectUris } = input
  const added = redirectUris.filter((uri) => !client.redirectUris.includes(uri))
  refuseIfAny([
    ...(name.trim() === client.name ? [] : await checkAppName(name, context)),
    ...checkRedirectUris(
      { redirectUris, allowances: client.allowances },
      { grantTypes: client.grantTypes, tenant: context.tenant },
    ),
    ...checkUsualUris(added, context),
  ])
  refuseIfAny(checkOperatorsUris(added, redirectUris))
  await changeApp(client, { name: name.trim(), redirectUris }, context)
}

const URI_REMEDIES: Readonly<Record<SelfServiceUriProblem, string>> = {
  wildcard_host: 'has a * in the host, which matches nothing: register each address',
  own_origin: 'is on the host of the issuer: register an address of the app',
  not_usual_form: 'is not how browsers send it: use',
}

/** What is stored already stays as it is, and is not looked at. */
function checkUsualUris(uris: readonly string[], { tenant }: DeveloperContext): FieldProblem[] {
  return uris.flatMap((uri): FieldProblem[] => {
    if (redirectUriProblem(uri) !== undefined) return []
    const code = selfServiceUriProblem(uri, tenant.issuer)
    if (code === undefined) return []
    const better = code === 'not_usual_form' ? usualForm(uri) : undefined
    const problem = [`"${uri}" ${URI_REMEDIES[code]}`, ...(better ? [better] : [])].join(' ')
    return [{ field: 'redirectUris', problem, code, value: better ?? uri }]
  })
}

/** What an operator has allowed for what is registered, an app's team does not use for more. */
function checkOperatorsUris(
  added: readonly string[],
  redirectUris: readonly string[],
): FieldProblem[] {
  const [field, most] = ['redirectUris', String(USUAL_REDIRECT_URIS)]
  const problems = added
    .filter((uri) => redirectUriProblem(uri) === 'scheme_without_domain')
    .map((uri): FieldProblem => {
      const problem = `"${uri}" has a scheme that only an operator registers`
      return { field, problem, code: 'scheme_not_allowed', value: uri }
    })
  if (added.length === 0 || redirectUris.length <= USUAL_REDIRECT_URIS) return problems
  const problem = `has more than ${most} entries, which only an operator adds to`
  return [...problems, { field, problem, code: 'too_many', value: most }]
}

/** @throws OperationError when somebody else has changed the app since it was read */
export async function changeApp(
  client: ClientRecord,
  change: Partial<ClientRecord>,
  context: DeveloperContext,
): Promise<void> {
  await changeClient(client, change, { context, action: 'client.updated' })
}

/**
 * Ends every grant and token of the app, at once and everywhere, and forgets the app.
 * @throws OperationError when the name that was typed is not its name
 */
export async function deleteDeveloperApp(
  input: { readonly clientId: string; readonly typedName: string },
  context: DeveloperContext,
): Promise<void> {
  const { client } = await findAppFor('app.delete', input.clientId, context)
  const { id, name } = client
  if (input.typedName.trim() !== name) {
    const problem = 'is not the name of the app'
    throw new OperationError([{ field: 'typedName', problem, code: 'different', value: name }])
  }
  const event = eventOf(context, 'client.deleted', `client:${id}`)
  const deleted = await context.store.deleteClient({ ...holderEndingNow(context), id }, event)
  // Somebody else may have deleted it since it was read.
  if (!deleted) throw noSuchApp(input.clientId)
}
