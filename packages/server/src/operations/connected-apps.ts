// What a user has given access to: the apps that they allowed, per organisation, and how to end that.

import { asClientId, type UserId } from '../protocol/ids.ts'
import type {
  ClientRecord,
  ConsentRecord,
  GrantRecord,
  OrganisationRecord,
} from '../store/records.ts'
import { holderEndingNow } from '../tokens/ending.ts'
import { eventOf, type OperationContext } from './operation.ts'

export interface ConnectedAppContext extends OperationContext {
  readonly userId: UserId
}

export interface ConnectedApp {
  readonly client: ClientRecord
  /** null where the product has no organisations, or it is no longer one of the user's. */
  readonly organisation: OrganisationRecord | null
  readonly organisationId: string | null
  /** All that it may do, or may have again without asking. */
  readonly scopes: readonly string[]
  readonly sinceSeconds: number
  /** When it last got a token for the user, as far as that is known. */
  readonly lastUsedAtSeconds: number | null
}

/** The apps with access, the newest first. */
export async function listConnectedApps(
  context: ConnectedAppContext,
): Promise<readonly ConnectedApp[]> {
  const { tenant, store, userId } = context
  const [grants, consents, uses, memberships] = await Promise.all([
    store.listUserGrants(tenant.name, userId),
    store.listUserConsents(tenant.name, userId),
    store.listGrantUses(tenant.name, userId),
    store.listMemberships(tenant.name, userId),
  ])
  const organisations = memberships.map(({ organisation }) => organisation)
  const useTimes = new Map(uses.map((use) => [use.grantId, use.lastUsedAtSeconds]))
  const connections = Map.groupBy([...grants, ...consents], ({ clientId, organisationId }) =>
    JSON.stringify([clientId, organisationId]),
  )
  const apps = await Promise.all(
    [...connections.values()].map((parts) => describe(parts, { context, organisations, useTimes })),
  )
  return apps.filter((app) => app !== undefined).toSorted((a, b) => b.sinceSeconds - a.sinceSeconds)
}

/** A consent is remembered for later; a grant is one time that the app got access. */
type Part = GrantRecord | ConsentRecord

async function describe(
  parts: readonly Part[],
  known: {
    context: ConnectedAppContext
    organisations: readonly OrganisationRecord[]
    useTimes: ReadonlyMap<string, number>
  },
): Promise<ConnectedApp | undefined> {
  const { tenant, store } = known.context
  const [first] = parts
  const found = first && (await store.findClient(tenant.name, first.clientId))
  // An app that is disabled or gone has no access any more.
  if (!found || found.client.disabledAtSeconds !== null) return undefined
  const { organisationId } = first
  const times = parts.flatMap((part) => ('id' in part ? (known.useTimes.get(part.id) ?? []) : []))
  return {
    client: found.client,
    organisationId,
    organisation: known.organisations.find(({ id }) => id === organisationId) ?? null,
    scopes: [...new Set(parts.flatMap(({ scopes }) => scopes))],
    sinceSeconds: Math.min(...parts.map(startOf)),
    lastUsedAtSeconds: times.length === 0 ? null : Math.max(...times),
  }
}

function startOf(part: Part): number {
  return 'grantedAtSeconds' in part ? part.grantedAtSeconds : part.createdAtSeconds
}

/**
 * Ends the consent for one organisation, and every grant and token that came of it.
 * @returns false when there was nothing to end
 */
export async function removeConnectedApp(
  input: { readonly clientId: string; readonly organisationId: string | null },
  context: ConnectedAppContext,
): Promise<boolean> {
  const apps = await listConnectedApps(context)
  const isConnected = apps.some(
    ({ client, organisationId }) =>
      client.id === input.clientId && organisationId === input.organisationId,
  )
  if (!isConnected) return false
  const ending = {
    ...holderEndingNow(context),
    userId: context.userId,
    clientId: asClientId(input.clientId),
    organisationId: input.organisationId,
  }
  const event = eventOf(context, 'connected_app.removed', `client:${input.clientId}`)
  await context.store.revokeUserGrants(ending, event)
  return true
}
