// Registering, finding and disabling apps.

import { newId } from '../platform/random.ts'
import { asClientId } from '../protocol/ids.ts'
import type { ClientRecord } from '../store/records.ts'
import { revocationExpiry } from '../tokens/issue.ts'
import {
  checkNewClient,
  defaultGrantTypes,
  type NewClient,
  type RegistrableGrantType,
} from './client-input.ts'
import { type ClientSecretView, newClientSecret, viewSecret } from './client-secrets.ts'
import {
  type FieldProblem,
  type OperationContext,
  recordAudit,
  refusal,
  refuseIfAny,
} from './operation.ts'
import { findRegisteredClient } from './registered-client.ts'

export interface CreatedClient {
  readonly client: ClientRecord
  /** The only time it is readable; null for a public app. */
  readonly secret: string | null
}

export interface ClientContext extends OperationContext {
  /** What this server offers: the registry of grant types. */
  readonly grantTypes: readonly RegistrableGrantType[]
}

/** @throws OperationError with everything that is wrong with the input */
export async function createClient(
  input: NewClient,
  context: ClientContext,
): Promise<CreatedClient> {
  refuseIfAny([
    ...checkNewClient(input, context.tenant, context.grantTypes),
    ...(await checkOwner(input, context)),
  ])
  const client = toRecord(input, context)
  const created =
    client.type === 'confidential'
      ? newClientSecret({ clientId: client.id, name: 'first', expiresAtSeconds: null }, context)
      : undefined
  const outcome = await context.store.createClient(client, created?.record ?? null)
  if (outcome === 'exists') throw refusal('id', `"${client.id}" is taken: choose another`)
  await recordAudit(context, 'client.created', `client:${client.id}`)
  return { client, secret: created?.secret ?? null }
}

async function checkOwner(
  { organisationId, unitId }: NewClient,
  { tenant, store }: OperationContext,
): Promise<FieldProblem[]> {
  if (organisationId === undefined) {
    return unitId === undefined
      ? []
      : [{ field: 'unitId', problem: 'needs the organisation that the unit is part of' }]
  }
  const organisations = await store.listOrganisations(tenant.name)
  const organisation = organisations.find(({ id }) => id === organisationId)
  if (!organisation) {
    return [{ field: 'organisationId', problem: `"${organisationId}" does not exist` }]
  }
  if (unitId === undefined || organisation.units.some(({ id }) => id === unitId)) return []
  return [{ field: 'unitId', problem: `"${unitId}" is not a unit of "${organisationId}"` }]
}

function toRecord(input: NewClient, { tenant, clock }: OperationContext): ClientRecord {
  return {
    tenant: tenant.name,
    id: asClientId(input.id ?? newId()),
    name: input.name.trim(),
    type: input.type,
    party: input.party ?? 'third',
    organisationId: input.organisationId ?? null,
    unitId: input.unitId ?? null,
    redirectUris: input.redirectUris ?? [],
    postLogoutRedirectUris: input.postLogoutRedirectUris ?? [],
    grantTypes: defaultGrantTypes(input),
    scopes: input.scopes ?? [],
    defaultScopes: input.defaultScopes ?? [],
    defaultAudience: input.defaultAudience ?? null,
    resourceServer: input.resourceServer ?? null,
    requirePkce: input.requirePkce ?? true,
    refreshPolicy: input.refreshPolicy ?? 'rotate',
    ...presentation(input),
    createdAtSeconds: clock.nowSeconds(),
    disabledAtSeconds: null,
  }
}

/** What the consent page says about the app besides its name. */
function presentation(input: NewClient) {
  return {
    publisher: input.publisher ?? null,
    homepage: input.homepage ?? null,
    privacyUri: input.privacyUri ?? null,
    termsUri: input.termsUri ?? null,
  }
}

export function listClients({ tenant, store }: OperationContext): Promise<readonly ClientRecord[]> {
  return store.listClients(tenant.name)
}

export interface ClientView {
  readonly client: ClientRecord
  readonly secrets: readonly ClientSecretView[]
}

/** @throws OperationError when there is no such app */
export async function showClient(
  input: { readonly clientId: string },
  context: OperationContext,
): Promise<ClientView> {
  const { client, secrets } = await findRegisteredClient(input.clientId, context)
  return { client, secrets: secrets.map(viewSecret) }
}

/** Ends all grants of the app, at once and everywhere. @throws OperationError when there is no such app */
export async function disableClient(
  input: { readonly clientId: string },
  context: OperationContext,
): Promise<void> {
  const { client } = await findRegisteredClient(input.clientId, context)
  const nowSeconds = context.clock.nowSeconds()
  await context.store.disableClient({
    tenant: context.tenant.name,
    id: client.id,
    nowSeconds,
    revocationExpiresAtSeconds: revocationExpiry(context.tenant, nowSeconds),
  })
  await recordAudit(context, 'client.disabled', `client:${client.id}`)
}
