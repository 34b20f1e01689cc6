// Password grants and their refreshes, of the contract `json-api`.

import { hashPassword } from '../../src/identity/passwords.ts'
import type { ClientContext } from '../../src/operations/clients.ts'
import { toUserRecords } from '../../src/operations/users.ts'
import { newId } from '../../src/platform/random.ts'
import { registerDesktopApp } from '../support/contract-world.ts'
import { TestApp } from '../support/test-app.ts'
import { PASSWORD } from '../support/world.ts'
import type { Worker, Workload } from './kill.ts'
import { TokenHolder } from './token-holder.ts'

export const passwordGrant: Workload = {
  name: 'password grants and refreshes',
  deployment: { contract: 'json-api' },

  async hire(workers, deployment) {
    const context = await deployment.openContext()
    const app = new TestApp(deployment, await registerDesktopApp(context))
    // Each has a user of their own: tries of one user at the same time would lock the account.
    const usernames = await createUsers(workers, context)
    await context.store.close()
    return usernames.map((username) => createWorker(username, app))
  },
}

function createWorker(username: string, app: TestApp): Worker {
  const tokens = new TokenHolder(app)
  const ask = () => app.token({ grant_type: 'password', username, password: PASSWORD })
  return {
    work: (turn) => (turn % 8 === 0 ? tokens.open(ask) : tokens.refreshOrOpen(ask)),
    findLost: () => tokens.findLost(),
  }
}

/** One hash serves them all: each would take as long as a sign-in. */
async function createUsers(count: number, context: ClientContext): Promise<readonly string[]> {
  const passwordHash = await hashPassword(PASSWORD)
  const usernames = Array.from({ length: count }, () => `user-${newId()}`)
  for (const username of usernames) {
    const { user } = toUserRecords({ username, name: username, passwordHash }, context)
    await context.store.createUser(user, [])
  }
  return usernames
}
