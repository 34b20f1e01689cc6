// Tokens, codes and grants of a version that knew no tags yet, after the upgrade: they go on, and they end.

import { createGuard, type Guard } from '@ostiary/resource'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createApplicationKey,
  suspendApplicationKey,
} from '../../src/operations/application-keys.ts'
import type { ClientContext } from '../../src/operations/clients.ts'
import { disableClient } from '../../src/operations/clients.ts'
import { rotateSigningKeys } from '../../src/operations/keys.ts'
import { disableUser } from '../../src/operations/users.ts'
import { Sealer } from '../../src/platform/seal.ts'
import type { Store } from '../../src/store/port.ts'
import { migrateStore, openStore } from '../../src/store/sql/open.ts'
import { createKeyRing, signingKeySealer } from '../../src/tokens/keys.ts'
import { forgetTags } from '../support/older-database.ts'
import {
  type SecondNode,
  STORES,
  startTestServer,
  type TestServer,
} from '../support/start-server.ts'
import { postForm, TestApp } from '../support/test-app.ts'
import { API, API_SERVER, MACHINE, OTHER_APP, SPA, WEB_APP } from '../support/world.ts'

const KEY_EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ostiary:params:oauth:token-type:application-key',
}

describe.each(STORES)('security H6: what was given before tokens had tags, on %s', (kind) => {
  let server: TestServer
  let before: Awaited<ReturnType<typeof giveEverything>>
  let store: Store
  let node: SecondNode
  let guard: Guard
  let context: ClientContext

  beforeAll(async () => {
    server = await startTestServer(kind)
    before = await giveEverything(server)
    await forgetTags(server.database)
    expect((await migrateStore(server.database)).applied).toHaveLength(3)
    store = await openStore(server.database, { migrate: false })
    context = { ...server.context, store }
    node = await server.startSecondNode()
    // What verifies them now are keys that no longer sign.
    const sealer = signingKeySealer(new Sealer(server.masterKey), server.tenant)
    await rotateSigningKeys({ force: true }, { ...context, sealer })
    guard = createGuard({
      ...{ issuer: server.issuer, audience: API, descriptions: false },
      introspection: { clientId: API_SERVER.id, clientSecret: API_SERVER.secret ?? '' },
      fetch: (url, init) => fetch(String(url).replace(server.issuer, node.url), init),
    })
  })
  afterAll(async () => {
    guard?.close()
    await node?.close()
    await store?.close()
    await server?.stop()
  })

  const at = (client: typeof WEB_APP) => new TestApp({ issuer: node.url }, client)
  /** By introspection, and by an API that verifies tokens itself. */
  async function isGood(token: string): Promise<readonly [boolean, boolean]> {
    const { body } = await at(API_SERVER).introspect(token)
    await guard.catchUp()
    const { ok } = await guard.authorize({ authorization: `Bearer ${token}` }, {}, undefined)
    return [body.active, ok]
  }
  const GOOD = [true, true]
  const VOID = [false, false]

  it('is good as it was, and its grants go on', async () => {
    for (const token of Object.values(before.tokens)) {
      if (token.includes('.')) expect(decodeJwt(token)).not.toHaveProperty('rev')
      expect(await isGood(token)).toEqual(GOOD)
    }
    const refreshed = await at(SPA).refresh(before.refresh.spa)
    expect(refreshed.status).toBe(200)
    expect(await isGood(refreshed.body.access_token)).toEqual(GOOD)
    expect(decodeJwt(refreshed.body.access_token)).toHaveProperty('rev')
    const { code, verifier } = before.codes.spa
    const redeemed = await at(SPA).redeem(code, verifier)
    expect(redeemed.status).toBe(200)
    expect(await isGood(redeemed.body.access_token)).toEqual(GOOD)
  })

  it('ends with its app, which takes codes and refresh tokens along', async () => {
    await disableClient({ clientId: WEB_APP.id }, context)
    expect(await isGood(before.tokens.web)).toEqual(VOID)
    expect(await isGood(before.tokens.opaque)).toEqual(VOID)
    for (const answer of [
      await at(WEB_APP).refresh(before.refresh.web),
      await at(WEB_APP).redeem(before.codes.web.code, before.codes.web.verifier),
    ]) {
      expect(answer.body.error).toBe('invalid_client')
    }
    await disableClient({ clientId: MACHINE.id }, context)
    expect(await isGood(before.tokens.machine)).toEqual(VOID)
    // And with nobody else's.
    expect(await isGood(before.tokens.spa)).toEqual(GOOD)
    expect(await isGood(before.tokens.key)).toEqual(GOOD)
  })

  it('ends with its application key', async () => {
    await suspendApplicationKey({ keyId: before.keyId }, context)
    expect(await isGood(before.tokens.key)).toEqual(VOID)
  })

  it('ends with its user', async () => {
    expect(await isGood(before.tokens.ofEve)).toEqual(GOOD)
    await disableUser({ username: 'eve' }, context)
    expect(await isGood(before.tokens.ofEve)).toEqual(VOID)
    const { code, verifier } = before.codes.ofEve
    expect((await at(OTHER_APP).redeem(code, verifier)).body.error).toBe('invalid_grant')
    expect((await at(OTHER_APP).refresh(before.refresh.ofEve)).body.error).toBe('invalid_grant')
    expect(await isGood(before.tokens.spa)).toEqual(GOOD)
  })

  it('ends by revocation of its own', async () => {
    await at(SPA).revoke(before.tokens.spa)
    expect(await isGood(before.tokens.spa)).toEqual(VOID)
  })
})

/** Tokens as the older version made them: JWTs have no tag in them, the rows of others forget theirs. */
async function giveEverything(server: TestServer) {
  const sealer = signingKeySealer(new Sealer(server.masterKey), server.tenant)
  const signer = await createKeyRing({ ...server.context, sealer }).signer()
  const withoutTags = (token: string) => {
    const { rev, ...claims } = decodeJwt(token)
    expect(rev).toBeDefined()
    return signer.sign('at+jwt', claims)
  }
  const opaque = await server.startSecondNode({ policy: { accessToken: { format: 'opaque' } } })
  const app = (client: typeof WEB_APP) => new TestApp(server, client)
  const [web, spa] = [await app(WEB_APP).obtainTokens(), await app(SPA).obtainTokens()]
  const ofEve = await app(OTHER_APP).obtainTokens({ user: 'eve' })
  const { key, record } = await createApplicationKey(
    { organisationId: 'acme', name: 'older' },
    server.context,
  )
  const exchanged = await postForm(`${server.issuer}/token`, {
    ...KEY_EXCHANGE,
    subject_token: key,
  })
  const ofMachine = await app(MACHINE).token({ grant_type: 'client_credentials' })
  const codes = {
    web: await app(WEB_APP).obtainCode(),
    spa: await app(SPA).obtainCode(),
    ofEve: await app(OTHER_APP).obtainCode({ user: 'eve' }),
  }
  const opaqueApp = new TestApp({ issuer: opaque.url }, WEB_APP)
  const { code, verifier } = await app(WEB_APP).obtainCode()
  const withOpaque = await opaqueApp.redeem(code, verifier)
  await opaque.close()
  return {
    tokens: {
      web: await withoutTags(web.access_token),
      spa: await withoutTags(spa.access_token),
      ofEve: await withoutTags(ofEve.access_token),
      machine: await withoutTags(ofMachine.body.access_token),
      key: await withoutTags(exchanged.body.access_token),
      opaque: String(withOpaque.body.access_token),
    },
    refresh: { web: web.refresh_token, spa: spa.refresh_token, ofEve: ofEve.refresh_token },
    codes,
    keyId: record.id,
  }
}
