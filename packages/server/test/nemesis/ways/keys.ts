// Application keys and identity JWTs: the contract `crm-com`. Its tokens are JWTs, but what they are good for stands in
// the grant alone: without that record they are unknown.

import { addAuthenticationCode } from '../../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../../src/operations/application-keys.ts'
import { newId } from '../../../src/platform/random.ts'
import { basicKey, codeBody, exchange, jwtBody } from '../../support/key-exchange.ts'
import type { VendorAnswer } from '../../support/vendor-client.ts'
import type { Act } from '../acts.ts'
import type { Caller } from '../caller.ts'
import { outcomeOf, type Told } from '../recorder.ts'
import { trustIssuer } from './credentials.ts'
import type { Way } from './way.ts'

export const keys: Way = {
  name: 'application keys and JWTs',
  deployment: { contract: 'crm-com' },

  async settle(place) {
    const context = await place.deployment.openContext()
    const { key } = await createApplicationKey({ organisationId: 'acme', name: newId() }, context)
    const { code } = await addAuthenticationCode({ username: 'ada' }, context)
    const newJwt = await trustIssuer(context)
    await context.store.close()

    const byKey = (caller: Caller) =>
      open(caller, { operation: 'client-grant' }, (at) =>
        exchange(at, codeBody(code), basicKey(key)),
      )
    const byJwt = (times: number) => async (caller: Caller) => {
      const { id, text } = await newJwt()
      const once = () =>
        open(caller, { operation: 'exchange', uses: id }, (at) => exchange(at, jwtBody(text)))
      await Promise.all(Array.from({ length: times }, once))
      caller.replays.push(once)
    }
    const acts: readonly Act[] = [
      { name: 'key', weight: 8, run: byKey },
      { name: 'JWT', weight: 8, run: byJwt(1) },
      { name: 'JWT at once', weight: 2, run: byJwt(3) },
    ]
    return async () => acts
  },
}

async function open(
  caller: Caller,
  call: { operation: 'client-grant' | 'exchange'; uses?: string },
  ask: (at: { issuer: string }) => Promise<VendorAnswer>,
): Promise<void> {
  const client = caller.place.deployment.apps.apiServer
  const app = caller.at(client)
  const told = await caller.present(app, call, async () => readExchange(await ask(app.server)))
  caller.keep(told, { client, ownerless: true })
}

function readExchange({ status, body }: VendorAnswer): Told {
  const outcome = outcomeOf(status)
  if (outcome !== 'ok') return { outcome, status }
  const { token, expires_in: lifetimeSeconds } = body.data
  return { outcome, status, accessToken: token, ...(lifetimeSeconds && { lifetimeSeconds }) }
}
