// The page of one app: what there is to know of it, and its name and redirect URIs.

import { forSignedIn, type Notice, ownPage, type SignedIn } from '../account/signed-in.ts'
import { type Destination, ownPath } from '../account/visit.ts'
import { mayActOnApp } from '../operations/access.ts'
import { findIgnoredScopes } from '../operations/allowances.ts'
import { type DeveloperApp, findDeveloperApp } from '../operations/developer-access.ts'
import { updateDeveloperApp } from '../operations/developer-apps.ts'
import { implicitAllowance } from '../operations/developer-credentials.ts'
import type { OperationContext } from '../operations/operation.ts'
import type { FormProblem } from '../protocol/form-problem.ts'
import type { Endpoint, Reply } from '../protocol/message.ts'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { DeveloperAppPage, PageSecret, PageTokenGrant } from '../protocol/page.ts'
import { optional, type Params } from '../protocol/params.ts'
import { mustUsePkce } from '../protocol/policy.ts'
import type { ClientSecretRecord } from '../store/records.ts'
import { showSecret } from './new-secret.ts'
import { attempt, contextOf, describeClient, type PortalDeps, readLines } from './portal.ts'

export function createDeveloperAppEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn({ to: appOf }, deps, (signedIn) => showApp(signedIn, {}, deps))
}

/** Where a form of this page leads back to. */
export function appOf(params: Params): Destination {
  return { path: OWN_PATHS.developerApp, query: { app: clientIdOf(params) } }
}

export function clientIdOf(params: Params): string {
  return optional(params, 'app') ?? ''
}

/** Back to the page after a change. */
export function backToApp(params: Params, done: Notice): Reply {
  const query = { app: clientIdOf(params), done }
  return { kind: 'local_redirect', path: ownPath(OWN_PATHS.developerApp, query) }
}

interface Refused {
  readonly problems?: readonly FormProblem[]
  /** Whether it was the form of name and redirect URIs: then what was typed counts, even if that is nothing. */
  readonly settings?: boolean
}

/** @throws PageError not_found */
export async function showApp(
  signedIn: SignedIn,
  { problems = [], settings = false }: Refused,
  deps: PortalDeps,
): Promise<Reply> {
  const clientId = clientIdOf(signedIn.incoming.params)
  const found = await attempt(findDeveloperApp(clientId, contextOf(signedIn, deps)))
  if ('problems' in found) throw new Error('looking at an app has no form to be wrong')
  const app = found.result
  const { newSecret, cookies } = showSecret(clientId, signedIn, deps)
  const stored = settings
    ? { name: '', redirectUris: '' }
    : { name: app.client.name, redirectUris: app.client.redirectUris.join('\n') }
  const page: DeveloperAppPage = {
    ...ownPage(signedIn, deps),
    page: 'developer-app',
    app: describeClient(app.client),
    organisation: app.organisation.name,
    registeredBy: await nameRegistrant(app, deps),
    endpoints: deps.endpoints,
    pkce: describePkce(app, deps),
    scopes: app.client.scopes,
    ignoredScopes: await describeIgnoredScopes(app, contextOf(signedIn, deps)),
    redirectUris: app.client.redirectUris,
    changeable: mayActOnApp('app.update', app.client, app.visitor),
    newSecret,
    ...credentialsOf(app, deps),
    ...typedInto(signedIn.draft, stored),
    problems,
  }
  return { kind: 'page', status: problems.length === 0 ? 200 : 422, page, cookies }
}

async function nameRegistrant(
  { client }: DeveloperApp,
  { tenant, store }: PortalDeps,
): Promise<string | undefined> {
  if (client.registeredBy === null) return tenant.displayName
  return (await store.findUser(tenant.name, client.registeredBy))?.name
}

async function describeIgnoredScopes(
  { client }: DeveloperApp,
  context: OperationContext,
): Promise<DeveloperAppPage['ignoredScopes']> {
  const found = await findIgnoredScopes(client, context)
  return found && { uses: found.uses, lastAtSeconds: Date.parse(found.lastDay) / 1000 }
}

function describePkce({ client }: DeveloperApp, { tenant }: PortalDeps): DeveloperAppPage['pkce'] {
  const { methods } = tenant.policy.pkce
  return { required: mustUsePkce(client, tenant.policy), methods }
}

function typedInto(form: Params, stored: { name: string; redirectUris: string }) {
  return {
    form: {
      name: optional(form, 'name') ?? stored.name,
      redirectUris: optional(form, 'redirect_uris') ?? stored.redirectUris,
    },
    secretForm: {
      name: optional(form, 'secret_name') ?? '',
      expires: optional(form, 'expires') ?? '',
    },
    tokenGrantForm: { why: optional(form, 'why') ?? '', ends: optional(form, 'ends') ?? '' },
  }
}

function credentialsOf({ client, secrets }: DeveloperApp, { tenant, clock }: PortalDeps) {
  const nowSeconds = clock.nowSeconds()
  const hasTokenGrant = tenant.rules.allowances.implicit !== undefined
  return {
    secrets: secrets.map((secret) => describeSecret(secret, nowSeconds)),
    tokenGrant: hasTokenGrant ? describeTokenGrant(client, nowSeconds) : undefined,
  }
}

export function describeSecret(secret: ClientSecretRecord, nowSeconds: number): PageSecret {
  const isOver = nowSeconds >= (secret.expiresAtSeconds ?? Infinity)
  return {
    id: secret.id,
    name: secret.name,
    hint: secret.hint,
    createdAtSeconds: secret.createdAtSeconds,
    expiresAtSeconds: secret.expiresAtSeconds ?? undefined,
    lastUsedAtSeconds: secret.lastUsedAtSeconds ?? undefined,
    state: isOver ? 'expired' : 'active',
  }
}

function describeTokenGrant(client: DeveloperApp['client'], nowSeconds: number): PageTokenGrant {
  const allowance = implicitAllowance(client)
  if (allowance === undefined) return { state: 'off' }
  const { owner, reason, endsAtSeconds } = allowance
  return { state: nowSeconds < endsAtSeconds ? 'on' : 'ended', owner, why: reason, endsAtSeconds }
}

const FIELDS = { name: 'name', redirectUris: 'redirect_uris' }

/** POST of name and redirect URIs. */
export function createSaveDeveloperAppEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn({ to: appOf }, deps, async (signedIn) => {
    const { params } = signedIn.incoming
    const input = {
      clientId: clientIdOf(params),
      name: optional(params, 'name') ?? '',
      redirectUris: readLines(optional(params, 'redirect_uris')),
    }
    const outcome = await attempt(updateDeveloperApp(input, contextOf(signedIn, deps)), FIELDS)
    if ('problems' in outcome) return showApp(signedIn, { ...outcome, settings: true }, deps)
    return backToApp(params, 'saved')
  })
}
