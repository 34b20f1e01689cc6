// Connected apps: what has access to the user's data, and the end of it.

import { describeApp, describeScope } from '../authorize/pages.ts'
import {
  type ConnectedApp,
  type ConnectedAppContext,
  findConnectedApp,
  listConnectedApps,
  removeConnectedApp,
} from '../operations/connected-apps.ts'
import { cursorOf, isKeyText } from '../protocol/cursor.ts'
import { PageError } from '../protocol/errors.ts'
import { asClientId } from '../protocol/ids.ts'
import type { Endpoint } from '../protocol/message.ts'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { ConnectedAppsPage, PageConnection } from '../protocol/page.ts'
import { optional, type Params } from '../protocol/params.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { ConnectionKey, Store } from '../store/port.ts'
import type { AccountDeps } from './sign-in.ts'
import { forSignedIn, ownPage, type SignedIn } from './signed-in.ts'
import { HOME, ownPath } from './visit.ts'

export interface ConnectedAppDeps extends AccountDeps {
  readonly store: Store
}

export function createConnectedAppsEndpoint(deps: ConnectedAppDeps): Endpoint {
  return forSignedIn({ to: () => HOME }, deps, async (signedIn) => {
    const context = contextOf(signedIn, deps)
    const from = CURSOR.parse(optional(signedIn.incoming.params, 'from'))
    const later = from && (await listConnectedApps(context, from))
    // What was there has gone meanwhile: that must not look as if there were no apps at all.
    const isFirst = later === undefined || later.apps.length === 0
    const { apps, next } = isFirst ? await listConnectedApps(context) : later
    const page: ConnectedAppsPage = {
      ...ownPage(signedIn, deps),
      page: 'connected-apps',
      connections: apps.map((app) => describeConnection(app, deps.tenant)),
      part: { next: next && CURSOR.format(next), isFirst },
    }
    return { kind: 'page', status: 200, page }
  })
}

const CURSOR = cursorOf<ConnectionKey>({
  clientId: isKeyText,
  organisationId: (value) => value === null || isKeyText(value),
})

/** Asks before it is removed. */
export function createConnectedAppRemovalPageEndpoint(deps: ConnectedAppDeps): Endpoint {
  return forSignedIn({ to: removalOf }, deps, async (signedIn) => {
    const named = readConnection(signedIn.incoming.params)
    const app = await findConnectedApp(named, contextOf(signedIn, deps))
    if (!app) throw new PageError('not_found')
    const connection = describeConnection(app, deps.tenant)
    const page = { ...ownPage(signedIn, deps), page: 'connected-app-removal' as const, connection }
    return { kind: 'page', status: 200, page }
  })
}

export function createConnectedAppRemovalEndpoint(deps: ConnectedAppDeps): Endpoint {
  return forSignedIn({ to: removalOf }, deps, async (signedIn) => {
    // That it was removed before, by a second press or in another tab, is no mistake: it is gone.
    await removeConnectedApp(readConnection(signedIn.incoming.params), contextOf(signedIn, deps))
    return { kind: 'local_redirect', path: ownPath(OWN_PATHS.connectedApps, { done: 'removed' }) }
  })
}

function removalOf(params: Params) {
  const app = optional(params, 'app') ?? ''
  const organisation = optional(params, 'organisation') ?? ''
  return { path: OWN_PATHS.removeConnectedApp, query: { app, organisation } }
}

function readConnection(params: Params): ConnectionKey {
  return {
    clientId: asClientId(optional(params, 'app') ?? ''),
    organisationId: optional(params, 'organisation') ?? null,
  }
}

function contextOf(
  { incoming, account }: SignedIn,
  { tenant, store, clock }: ConnectedAppDeps,
): ConnectedAppContext {
  const userId = account.user.id
  return { tenant, store, clock, userId, actor: `user:${userId}`, requestId: incoming.id }
}

function describeConnection(app: ConnectedApp, tenant: Tenant): PageConnection {
  return {
    clientId: app.client.id,
    organisationId: app.organisationId ?? undefined,
    app: describeApp(app.client),
    organisation: app.organisation?.name,
    // All of them are allowed: none is left to choose.
    scopes: app.scopes.map((name) => ({ ...describeScope(name, [], tenant), optional: false })),
    sinceSeconds: app.sinceSeconds,
    lastUsedAtSeconds: app.lastUsedAtSeconds ?? undefined,
  }
}
