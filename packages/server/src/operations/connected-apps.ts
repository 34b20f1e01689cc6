// What a user has given access to: the apps that they allowed, per organisation, and how to end that.

import type { UserId } from '../protocol/ids.ts'
import { IDENTITY_SCOPES, type Tenant } from '../protocol/tenant.ts'
import type { Connection, ConnectionKey } from '../store/port.ts'
import type { ClientRecord, Membership, OrganisationRecord } from '../store/records.ts'
import { firstOf, walk } from '../store/walk.ts'
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

export interface ConnectedApps {
  readonly apps: readonly ConnectedApp[]
  /** Of the last one, when there are more. */
  readonly next: ConnectionKey | undefined
}

const APPS_OF_A_PART = 50

/**
 * A part of the apps with access. Their order is that of the ids, which stays while some are used and others come and
 * go; within a part, which for most is all there is, the newest are on top.
 */
export async function listConnectedApps(
  context: ConnectedAppContext,
  after?: ConnectionKey,
): Promise<ConnectedApps> {
  const { items, hasMore } = await firstOf(walkApps(context, after), APPS_OF_A_PART)
  const last = items.at(-1)
  return {
    apps: items.toSorted((a, b) => b.sinceSeconds - a.sinceSeconds),
    next: hasMore && last ? { ...last, clientId: last.client.id } : undefined,
  }
}

async function* walkApps(
  context: ConnectedAppContext,
  after: ConnectionKey | undefined,
): AsyncGenerator<ConnectedApp> {
  const { tenant, store, userId } = context
  const memberships = await store.listMemberships(tenant.name, userId)
  const connections = walk((page) =>
    store.listConnections(tenant.name, userId, { ...page, after: page.after ?? after }),
  )
  for await (const connection of connections) {
    const app = await describe(connection, memberships, context)
    if (app) yield app
  }
}

/** @returns undefined when it has no access */
export async function findConnectedApp(
  key: ConnectionKey,
  context: ConnectedAppContext,
): Promise<ConnectedApp | undefined> {
  const { tenant, store, userId } = context
  const connection = await store.findConnection({ ...key, tenant: tenant.name, userId })
  if (connection === null) return undefined
  return describe(connection, await store.listMemberships(tenant.name, userId), context)
}

async function describe(
  { clientId, organisationId, scopes, ...access }: Connection,
  memberships: readonly Membership[],
  { tenant, store }: ConnectedAppContext,
): Promise<ConnectedApp | undefined> {
  const found = await store.findClient(tenant.name, clientId)
  // An app that is disabled or gone has no access any more.
  if (!found || found.client.disabledAtSeconds !== null) return undefined
  const membership = memberships.find(({ organisation }) => organisation.id === organisationId)
  return {
    ...access,
    // What an operator has taken from it since, it gets no more; given back, it has it again without asking.
    scopes: inOrderOf(
      tenant,
      scopes.filter((scope) => found.client.scopes.includes(scope)),
    ),
    client: found.client,
    organisationId,
    organisation: membership?.organisation ?? null,
  }
}

/** As the consent page has them; what there is no more of comes last. */
function inOrderOf({ resourceServers }: Tenant, scopes: readonly string[]): readonly string[] {
  const offered = resourceServers.flatMap((server) => server.scopes.map(({ name }) => name))
  const places = new Map([...IDENTITY_SCOPES, ...offered].map((name, place) => [name, place]))
  const placeOf = (scope: string) => places.get(scope) ?? places.size
  return scopes.toSorted((a, b) => placeOf(a) - placeOf(b))
}

/**
 * Ends the consent for one organisation, and every grant and token that came of it.
 * @returns false when there was nothing to end
 */
export async function removeConnectedApp(
  key: ConnectionKey,
  context: ConnectedAppContext,
): Promise<boolean> {
  if (!(await findConnectedApp(key, context))) return false
  const ending = { ...holderEndingNow(context), userId: context.userId, ...key }
  const event = eventOf(context, 'connected_app.removed', `client:${key.clientId}`)
  await context.store.revokeUserGrants(ending, event)
  return true
}
