// The end of an app: asked for by its name, by somebody who has just proved who they are (ASVS 7.5.1).

import { forSignedIn, ownPage, type SignedIn } from '../account/signed-in.ts'
import { ownPath } from '../account/visit.ts'
import { findAppFor } from '../operations/developer-access.ts'
import { deleteDeveloperApp } from '../operations/developer-apps.ts'
import type { FormProblem } from '../protocol/form-problem.ts'
import type { Endpoint, Reply } from '../protocol/message.ts'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import { optional, type Params } from '../protocol/params.ts'
import { clientIdOf } from './developer-app.ts'
import { attempt, contextOf, describeClient, type PortalDeps } from './portal.ts'

const FRESH_SECONDS = 600

export function createDeletionPageEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn(RULES, deps, (signedIn) => ask(signedIn, [], deps))
}

export function createDeletionEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn(RULES, deps, async (signedIn) => {
    const { params } = signedIn.incoming
    const typedName = optional(params, 'typed_name') ?? ''
    const input = { clientId: clientIdOf(params), typedName }
    const operation = deleteDeveloperApp(input, contextOf(signedIn, deps))
    const outcome = await attempt(operation, { typedName: 'typed_name' })
    if ('problems' in outcome) return ask(signedIn, outcome.problems, deps)
    return { kind: 'local_redirect', path: ownPath(OWN_PATHS.developerApps, { done: 'deleted' }) }
  })
}

const RULES = {
  to: (params: Params) => ({
    path: OWN_PATHS.deleteDeveloperApp,
    query: { app: clientIdOf(params) },
  }),
  freshSeconds: FRESH_SECONDS,
}

async function ask(
  signedIn: SignedIn,
  problems: readonly FormProblem[],
  deps: PortalDeps,
): Promise<Reply> {
  const clientId = clientIdOf(signedIn.incoming.params)
  const found = await attempt(findAppFor('app.delete', clientId, contextOf(signedIn, deps)))
  if ('problems' in found) throw new Error('looking at an app has no form to be wrong')
  const page = {
    ...ownPage(signedIn, deps),
    page: 'developer-app-deletion' as const,
    app: describeClient(found.result.client),
    typedName: optional(signedIn.draft, 'typed_name') ?? '',
    problems,
  }
  return { kind: 'page', status: problems.length === 0 ? 200 : 422, page }
}
