// The switch of the implicit grant (`token`), which an app has for a reason and for a time.

import { forSignedIn } from '../account/signed-in.ts'
import { allowImplicit, disallowImplicit } from '../operations/developer-credentials.ts'
import type { Endpoint } from '../protocol/message.ts'
import { optional } from '../protocol/params.ts'
import { appOf, backToApp, clientIdOf, showApp } from './developer-app.ts'
import { attempt, contextOf, endOfDay, type PortalDeps } from './portal.ts'

const FIELDS = { reason: 'why', endsAtSeconds: 'ends' }

export function createAllowTokenGrantEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn({ to: appOf }, deps, async (signedIn) => {
    const { params } = signedIn.incoming
    const input = {
      clientId: clientIdOf(params),
      reason: optional(params, 'why') ?? '',
      endsAtSeconds: endOfDay(optional(params, 'ends')),
    }
    const { user } = signedIn.account
    const outcome = await attempt(allowImplicit(input, user, contextOf(signedIn, deps)), FIELDS)
    if ('problems' in outcome) return showApp(signedIn, outcome, deps)
    return backToApp(params, 'allowed')
  })
}

export function createDisallowTokenGrantEndpoint(deps: PortalDeps): Endpoint {
  return forSignedIn({ to: appOf }, deps, async (signedIn) => {
    const { params } = signedIn.incoming
    const input = { clientId: clientIdOf(params) }
    const outcome = await attempt(disallowImplicit(input, contextOf(signedIn, deps)))
    if ('problems' in outcome) return showApp(signedIn, outcome, deps)
    return backToApp(params, 'disallowed')
  })
}
