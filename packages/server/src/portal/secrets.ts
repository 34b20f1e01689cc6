// The secrets of an app: another one, shown once, and the end of one.

import { forSignedIn, ownPage } from '../account/signed-in.ts'
import { ownPath } from '../account/visit.ts'
import { findAppFor } from '../operations/developer-access.ts'
import { addAppSecret, revokeAppSecret } from '../operations/developer-credentials.ts'
import { isSentFirst } from '../operations/sent-once.ts'
import { PageError } from '../protocol/errors.ts'
import type { Endpoint } from '../protocol/message.ts'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import { optional, type Params } from '../protocol/params.ts'
import { appOf, backToApp, clientIdOf, describeSecret, showApp } from './developer-app.ts'
import { carrySecret } from './new-secret.ts'
import { attempt, contextOf, describeClient, endOfDay, type PortalDeps } from './portal.ts'

const FIELDS = { name: 'secret_name', expiresAtSeconds: 'expires' }

export function createAddSecretEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn({ to: appOf }, deps, async (signedIn) => {
    const { params } = signedIn.incoming
    const lastDay = optional(params, 'expires')
    const expiresAtSeconds = endOfDay(lastDay)
    if (lastDay !== undefined && expiresAtSeconds === undefined) {
      const problem = { field: 'expires', code: 'no_date', value: undefined } as const
      return showApp(signedIn, { problems: [problem] }, deps)
    }
    const clientId = clientIdOf(params)
    const name = optional(params, 'secret_name') ?? ''
    const path = ownPath(OWN_PATHS.developerApp, { app: clientId })
    const context = contextOf(signedIn, deps)
    const fields = [clientId, name, lastDay ?? '']
    if (!(await isSentFirst({ formId: signedIn.formId, fields }, deps))) {
      const { secrets } = await findAppFor('app.add_secret', clientId, context)
      if (secrets.some((secret) => secret.name === name.trim())) {
        return { kind: 'local_redirect', path }
      }
    }
    const input = { clientId, name, expiresAtSeconds }
    const outcome = await attempt(addAppSecret(input, context), FIELDS)
    if ('problems' in outcome) return showApp(signedIn, outcome, deps)
    const { secret, record } = outcome.result
    const carried = carrySecret({ clientId, name: record.name, secret }, signedIn, deps)
    return { kind: 'local_redirect', path, cookies: [carried] }
  })
}

/** Asks before it is revoked. */
export function createSecretRevocationPageEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn({ to: revocationOf }, deps, async (signedIn) => {
    const { params } = signedIn.incoming
    const context = contextOf(signedIn, deps)
    const found = await attempt(findAppFor('app.revoke_secret', clientIdOf(params), context))
    const app = 'result' in found ? found.result : undefined
    const record = app?.secrets.find(({ id }) => id === optional(params, 'secret'))
    if (!app || !record) throw new PageError('not_found')
    const page = {
      ...ownPage(signedIn, deps),
      page: 'secret-revocation' as const,
      app: describeClient(app.client),
      secret: describeSecret(record, deps.clock.nowSeconds()),
    }
    return { kind: 'page', status: 200, page }
  })
}

export function createRevokeSecretEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn({ to: revocationOf }, deps, async (signedIn) => {
    const { params } = signedIn.incoming
    const input = { clientId: clientIdOf(params), secretId: optional(params, 'secret') ?? '' }
    await attempt(revokeAppSecret(input, contextOf(signedIn, deps)))
    return backToApp(params, 'revoked')
  })
}

function revocationOf(params: Params) {
  const query = { app: clientIdOf(params), secret: optional(params, 'secret') ?? '' }
  return { path: OWN_PATHS.revokeSecret, query }
}
