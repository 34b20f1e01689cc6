// The account switcher of an authorization request.

import { withAccount } from '../authorize/interaction.ts'
import { readAccounts, sessionCookie } from '../identity/sessions.ts'
import type { Endpoint } from '../protocol/message.ts'
import { optional } from '../protocol/params.ts'
import { type AuthorizeDeps, goOn, resumeInteraction } from './authorize.ts'

export function createSelectAccountEndpoint(deps: AuthorizeDeps): Endpoint {
  return async (incoming) => {
    const { interaction } = resumeInteraction(incoming, deps)
    const accounts = await readAccounts(incoming.cookies.session, deps)
    const id = optional(incoming.params, 'account')
    const chosen = accounts.find(({ session }) => session.id === id)
    if (!chosen) {
      return goOn(
        {
          ...interaction,
          account: undefined,
          user: undefined,
          freshSignIn: false,
          otherAccount: true,
        },
        deps,
      )
    }
    const reordered = [chosen, ...accounts.filter((account) => account !== chosen)]
    return goOn(withAccount(interaction, chosen), deps, [sessionCookie(reordered, deps.tenant)])
  }
}
