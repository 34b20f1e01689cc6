// The list of a developer's apps, and the form that registers another.

import { forSignedIn, ownPage, type SignedIn } from '../account/signed-in.ts'
import { ownPath } from '../account/visit.ts'
import { createClient } from '../operations/clients.ts'
import { listOwnOrganisations } from '../operations/developer-access.ts'
import {
  findRegisteredBefore,
  listDeveloperApps,
  type OrganisationApps,
  prepareDeveloperApp,
} from '../operations/developer-apps.ts'
import { isSentFirst } from '../operations/sent-once.ts'
import { cursorOf, isKeyNumber, isKeyText } from '../protocol/cursor.ts'
import type { FormProblem } from '../protocol/form-problem.ts'
import type { Endpoint, Reply } from '../protocol/message.ts'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { DeveloperAppsPage } from '../protocol/page.ts'
import { optional, type Params } from '../protocol/params.ts'
import type { ByAge } from '../store/port.ts'
import type { ClientRecord } from '../store/records.ts'
import { carrySecret } from './new-secret.ts'
import { attempt, contextOf, describeClient, type PortalDeps, readLines } from './portal.ts'

export function createDeveloperAppsEndpoint(deps: PortalDeps): Endpoint {
  const to = { path: OWN_PATHS.developerApps, query: {} }
  return forSignedIn({ to: () => to }, deps, async (signedIn) => {
    const organisations = await readParts(signedIn, deps)
    const page = { ...ownPage(signedIn, deps), page: 'developer-apps' as const, organisations }
    return { kind: 'page', status: 200, page }
  })
}

const CURSOR = cursorOf<ByAge>({ createdAtSeconds: isKeyNumber, id: isKeyText })

/** The start of each list, or one of them from a place on. */
async function readParts(
  signedIn: SignedIn,
  deps: PortalDeps,
): Promise<DeveloperAppsPage['organisations']> {
  const { params } = signedIn.incoming
  const organisationId = optional(params, 'organisation')
  const after = CURSOR.parse(optional(params, 'from'))
  const context = contextOf(signedIn, deps)
  const isLater = organisationId !== undefined && after !== undefined
  const later = isLater ? await listDeveloperApps(context, { organisationId, after }) : []
  // What was there has gone meanwhile: that must not look as if there were no apps at all.
  const isFirst = later.every(({ apps }) => apps.length === 0)
  return (isFirst ? await listDeveloperApps(context) : later).map((list) =>
    describePart(list, isFirst),
  )
}

function describePart({ organisation, apps, hasMore }: OrganisationApps, isFirst: boolean) {
  const last = apps.at(-1)
  const next = hasMore && last ? CURSOR.format(last) : undefined
  const { id, name } = organisation
  return { id, name, apps: apps.map(describeClient), part: { next, isFirst } }
}

const NEW_APP = { path: OWN_PATHS.newDeveloperApp, query: {} }

export function createNewDeveloperAppPageEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn({ to: () => NEW_APP }, deps, (signedIn) => showForm(signedIn, [], deps))
}

async function showForm(
  signedIn: SignedIn,
  problems: readonly FormProblem[],
  deps: PortalDeps,
): Promise<Reply> {
  const organisations = await listOwnOrganisations(contextOf(signedIn, deps))
  return {
    kind: 'page',
    status: problems.length === 0 ? 200 : 422,
    page: {
      ...ownPage(signedIn, deps),
      page: 'new-developer-app',
      organisations: organisations.map(({ id, name }) => ({ id, name })),
      form: typedInto(signedIn.draft),
      problems,
    },
  }
}

function typedInto(form: Params) {
  return {
    name: optional(form, 'name') ?? '',
    type: optional(form, 'type') ?? '',
    redirectUris: optional(form, 'redirect_uris') ?? '',
    organisation: optional(form, 'organisation') ?? '',
  }
}

const FIELDS = {
  name: 'name',
  type: 'type',
  redirectUris: 'redirect_uris',
  organisationId: 'organisation',
}

export function createNewDeveloperAppEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn({ to: () => NEW_APP }, deps, async (signedIn) => {
    const form = typedInto(signedIn.draft)
    const input = {
      name: form.name,
      type: (['confidential', 'public'] as const).find((type) => type === form.type),
      redirectUris: readLines(form.redirectUris),
      organisationId: form.organisation || undefined,
    }
    const context = contextOf(signedIn, deps)
    const prepared = await attempt(prepareDeveloperApp(input, context), FIELDS)
    if ('problems' in prepared) return showForm(signedIn, prepared.problems, deps)
    const fields = Object.values(form)
    if (!(await isSentFirst({ formId: signedIn.formId, fields }, deps))) {
      const app = await findRegisteredBefore(prepared.result, context)
      return { kind: 'local_redirect', path: app ? pathOf(app) : OWN_PATHS.developerApps }
    }
    const { client, secret } = await createClient(prepared.result, context)
    const path = pathOf(client)
    if (secret === null) return { kind: 'local_redirect', path }
    const carried = carrySecret({ clientId: client.id, name: 'first', secret }, signedIn, deps)
    return { kind: 'local_redirect', path, cookies: [carried] }
  })
}

function pathOf({ id }: ClientRecord): string {
  return ownPath(OWN_PATHS.developerApp, { app: id })
}
