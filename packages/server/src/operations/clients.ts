// Registering, finding and disabling apps.

import { newId, newRevocationTag } from '../platform/random.ts'
import { asClientId } from '../protocol/ids.ts'
import { listScopes, type Tenant } from '../protocol/tenant.ts'
import type { ClientAllowance, ClientRecord } from '../store/records.ts'
import { walk } from '../store/walk.ts'
import { holderEndingNow } from '../tokens/ending.ts'
import { allowancesAtRegistration, checkAllowances } from './allowances.ts'
import { checkTwin } from './client-ids.ts'
import {
  checkNewClient,
  defaultGrantTypes,
  type NewClient,
  type RegistrableGrantType,
} from './client-input.ts'
import { type ClientSecretView, newClientSecret, viewSecret } from './client-secrets.ts'
import { eventOf, type OperationContext, refusal, refuseIfAny } from './operation.ts'
import { checkPlace, findOrganisations } from './organisations.ts'
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
  const organisations = await findOrganisations([input.organisationId], context)
  refuseIfAny([
    ...checkNewClient(input, context.tenant, context.grantTypes),
    ...checkAllowances(input.allowances ?? [], context),
    ...checkPlace(input, organisations),
    ...(await checkTwin(input.id, context)),
  ])
  const client = toClientRecord(input, context)
  const created =
    client.type === 'confidential'
      ? newClientSecret({ clientId: client.id, name: 'first', expiresAtSeconds: null }, context)
      : undefined
  const event = eventOf(context, 'client.created', `client:${client.id}`)
  const outcome = await context.store.createClient(client, created?.record ?? null, event)
  if (outcome === 'exists') throw refusal('id', `"${client.id}" is taken: choose another`)
  return { client, secret: created?.secret ?? null }
}

/**
 * For an app whose registration names no scopes: it may ask its users for whatever there is, and they decide. Where nobody
 * is asked, nothing is given that nobody has named.
 */
export function scopesWithoutNames(input: NewClient, tenant: Tenant): readonly string[] {
  const grantTypes = defaultGrantTypes(input)
  const asks = grantTypes.includes('authorization_code') || grantTypes.includes('implicit')
  const asksAlways = grantTypes.every((name) => WITH_CONSENT.includes(name))
  return asks && asksAlways && input.party !== 'first' ? listScopes(tenant) : []
}

const WITH_CONSENT = ['authorization_code', 'refresh_token', 'implicit']

export function toClientRecord(input: NewClient, context: OperationContext): ClientRecord {
  const { tenant, clock } = context
  return {
    tenant: tenant.name,
    id: asClientId(input.id ?? newId(tenant.rules.formats.clientId)),
    tag: newRevocationTag(),
    name: input.name.trim(),
    type: input.type,
    party: input.party ?? 'third',
    organisationId: input.organisationId ?? null,
    registeredBy: input.registeredBy ?? null,
    unitId: input.unitId ?? null,
    redirectUris: input.redirectUris ?? [],
    postLogoutRedirectUris: input.postLogoutRedirectUris ?? [],
    grantTypes: defaultGrantTypes(input),
    scopes: input.scopes ?? scopesWithoutNames(input, tenant),
    defaultScopes: input.defaultScopes ?? [],
    defaultAudience: input.defaultAudience ?? null,
    resourceServer: input.resourceServer ?? null,
    // What the tenant demands of all is not written at the app: it may change.
    requirePkce: input.requirePkce ?? input.type === 'public',
    refreshPolicy: input.refreshPolicy ?? 'rotate',
    ...idTokensOf(input),
    ...presentation(input),
    allowances: allowancesOf(input, context),
    createdAtSeconds: clock.nowSeconds(),
    lastUsedAtSeconds: null,
    disabledAtSeconds: null,
  }
}

/** What it is given by name, and what every app of the contract has besides, if it asks for tokens at all. */
function allowancesOf(input: NewClient, context: OperationContext): readonly ClientAllowance[] {
  const { allowances: given = [] } = input
  if (defaultGrantTypes(input).length === 0) return given
  const others = allowancesAtRegistration(context).filter(
    ({ name }) => !given.some((allowance) => allowance.name === name),
  )
  return [...given, ...others]
}

/** OIDC Registration §2: RS256 is what an app expects that says nothing. */
function idTokensOf({ idTokenAlgorithm = 'RS256', idTokenProfile = true }: NewClient) {
  return { idTokenAlgorithm, idTokenProfile }
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

export function listClients(
  { tenant, store }: OperationContext,
  limit?: number,
): AsyncGenerator<ClientRecord> {
  return walk((page) => store.listClients(tenant.name, page), limit)
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

/** Ends all grants of the app, at once and everywhere. @throws OperationError when there is no such app, or none that is enabled */
export async function disableClient(
  input: { readonly clientId: string },
  context: OperationContext,
): Promise<void> {
  const { client } = await findRegisteredClient(input.clientId, context)
  const ending = { ...holderEndingNow(context), id: client.id }
  const event = eventOf(context, 'client.disabled', `client:${client.id}`)
  const disabled = await context.store.disableClient(ending, event)
  if (!disabled) throw refusal('client', `"${client.id}" is disabled already`)
}
