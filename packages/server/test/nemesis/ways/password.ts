// A desktop app that takes passwords: the contract `json-api`.

import { registerDesktopApp } from '../../support/contract-world.ts'
import { PASSWORD } from '../../support/world.ts'
import { readTokens } from '../recorder.ts'
import { createUsers } from './credentials.ts'
import type { Way } from './way.ts'

export const password: Way = {
  name: 'passwords',
  deployment: { contract: 'json-api' },

  async settle(place, callers) {
    const context = await place.deployment.openContext()
    const client = await registerDesktopApp(context)
    // Each has a user of their own: tries of one user at the same time would lock the account.
    const usernames = await createUsers(callers, context)
    await context.store.close()
    return async ({ id }) => {
      const fields = { grant_type: 'password', username: usernames[id], password: PASSWORD }
      return [
        {
          name: 'password',
          weight: 4,
          async run(caller) {
            const app = caller.at(client)
            const told = await caller.present(app, { operation: 'client-grant' }, async () =>
              readTokens(await app.token(fields)),
            )
            caller.keep(told, { client })
          },
        },
      ]
    }
  },
}
