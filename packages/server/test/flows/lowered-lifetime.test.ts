// What was issued under one policy lives on under another: a revocation and a signing key outlast every token that may
// be about, whatever the configuration says by then.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rotateSigningKeys } from '../../src/operations/keys.ts'
import { disableUser } from '../../src/operations/users.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { signingKeySealer } from '../../src/tokens/keys.ts'
import {
  type SecondNode,
  STORES,
  startTestServer,
  type TestServer,
} from '../support/start-server.ts'
import { getAnswer, TestApp, type TokenSet } from '../support/test-app.ts'
import { MACHINE, WEB_APP } from '../support/world.ts'

describe.each(STORES)('a token lifetime that was lowered, on %s', (kind) => {
  let server: TestServer
  /** Runs with the new policy on the same database. */
  let lowered: SecondNode
  let held: { ada: TokenSet; bob: TokenSet; machine: string }

  beforeAll(async () => {
    server = await startTestServer(kind)
    held = {
      ada: await new TestApp(server, WEB_APP).obtainTokens({ user: 'ada' }),
      bob: await new TestApp(server, WEB_APP).obtainTokens({ user: 'bob', organisation: 'acme' }),
      machine: (await new TestApp(server, MACHINE).token({ grant_type: 'client_credentials' })).body
        .access_token,
    }
    lowered = await server.startSecondNode({ policy: { accessToken: { lifetimeSeconds: 60 } } })
  })
  afterAll(async () => {
    await lowered?.close()
    await server?.stop()
  })

  const at = (client: typeof WEB_APP) => new TestApp({ issuer: lowered.url }, client)
  const isActive = async (token: string, client = WEB_APP) =>
    (await at(client).introspect(token)).body.active

  it('security H4: a revocation outlives every token, whatever the policy says today', async () => {
    await at(WEB_APP).revoke(held.ada.refresh_token)
    await at(MACHINE).revoke(held.machine)
    await disableUser({ username: 'bob' }, { ...server.context, tenant: withLifetime(60) })

    const lastEnd = Math.max(
      ...[held.ada.access_token, held.bob.access_token, held.machine].map(
        (token) => decodeJwt(token).exp ?? 0,
      ),
    )
    server.clock.advance(lastEnd - server.clock.nowSeconds() - 1)
    await server.store.deleteExpired(server.clock.nowSeconds(), 1000)
    const { body } = await getAnswer(`${lowered.url}/revocations`)
    expect(body.revocations.length).toBeGreaterThanOrEqual(3)
    for (const line of body.revocations) expect(line.expires_at).toBeGreaterThan(lastEnd)
    expect(await isActive(held.ada.access_token)).toBe(false)
    expect(await isActive(held.bob.access_token)).toBe(false)
    expect(await isActive(held.machine, MACHINE)).toBe(false)
  })

  it('security H4: a key that signed before verifies, and its tokens can be refused, until the last has ended', async () => {
    const tokens = await new TestApp(server, WEB_APP).obtainTokens({ user: 'ada' })
    const { exp = 0 } = decodeJwt(tokens.access_token)
    await rotateSigningKeys(
      { force: true },
      {
        ...server.context,
        tenant: withLifetime(60),
        sealer: signingKeySealer(new Sealer(server.masterKey), server.tenant),
      },
    )
    server.clock.advance(exp - server.clock.nowSeconds() - 1)
    expect(await isActive(tokens.access_token)).toBe(true)
    await at(WEB_APP).revoke(tokens.access_token)
    expect(await isActive(tokens.access_token)).toBe(false)
  })

  function withLifetime(lifetimeSeconds: number) {
    const { policy } = server.tenant
    const accessToken = { ...policy.accessToken, lifetimeSeconds }
    return { ...server.tenant, policy: { ...policy, accessToken } }
  }
})
