// Keys that are told to one API alone: by whom they can be had, and what a rotation does to them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rotateSigningKeys } from '../../src/operations/keys.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { signingKeySealer } from '../../src/tokens/keys.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, postForm, TestApp } from '../support/test-app.ts'
import {
  API,
  API_SERVER,
  OTHER_API,
  SPA,
  TENANT,
  type TestClient,
  WEB_APP,
} from '../support/world.ts'

const PATH = '/resource-keys'
/** How soon a running server takes over the keys of another process. */
const RELOAD = 5

interface SecretKey {
  readonly kid: string
  readonly k: string
}

describe.each(STORES)('the secret keys of an API on %s', (kind) => {
  let server: TestServer
  let otherApi: TestClient

  beforeAll(async () => {
    server = await startTestServer(kind, { tenant: { contract: 'crm-com' } })
    const credentials = { id: 'other-api-server', secret: 'other-api-secret-0123456789' }
    otherApi = await registerClient(server, credentials, { resourceServer: OTHER_API })
  })
  afterAll(() => server?.stop())

  async function keysOf(client: TestClient): Promise<readonly SecretKey[]> {
    const answer = await new TestApp(server, client).post(PATH, {})
    expect(answer.status).toBe(200)
    return answer.body.keys
  }

  async function rotate(audience: string): Promise<string> {
    const { tenant, masterKey, store, clock } = server
    const sealer = signingKeySealer(new Sealer(masterKey), tenant)
    const context = { tenant, store, clock, sealer, actor: 'test' }
    const { currentKid } = await rotateSigningKeys({ force: true, audience }, context)
    server.clock.advance(RELOAD)
    return currentKid
  }

  it('RFC 7517 §5: an API gets its own, as a key set that nothing may keep', async () => {
    const answer = await new TestApp(server, API_SERVER).post(PATH, {})
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    const key = {
      kty: 'oct',
      alg: 'HS256',
      use: 'sig',
      kid: expect.any(String),
      // RFC 7518 §3.2: 256 bits
      k: expect.stringMatching(/^[\w-]{43}$/),
    }
    expect(answer.body).toEqual({ keys: [key, key] })
  })

  it('B13: another API gets others, so that none can make tokens for the next', async () => {
    const own = await keysOf(API_SERVER)
    const others = await keysOf(otherApi)
    expect(others).toHaveLength(2)
    const all = [...own, ...others]
    expect(new Set(all.map(({ kid }) => kid)).size).toBe(4)
    expect(new Set(all.map(({ k }) => k)).size).toBe(4)
  })

  it('they are not published', async () => {
    expect((await getAnswer(`${server.issuer}/jwks`)).body).toEqual({ keys: [] })
  })

  it('an app that is no API gets none, whatever it can prove', async () => {
    const proven = await new TestApp(server, WEB_APP).post(PATH, {})
    expect(proven.status).toBe(403)
    expect(proven.body).not.toHaveProperty('keys')
    const unproven = await new TestApp(server, SPA).post(PATH, {})
    expect(unproven.status).toBe(401)
    expect(unproven.body).not.toHaveProperty('keys')
  })

  it.each([
    ['no credentials', {}],
    ['the id alone', { client_id: API_SERVER.id }],
    ['a wrong secret', { client_id: API_SERVER.id, client_secret: 'wrong' }],
  ])('%s gets none', async (_, fields) => {
    const answer = await postForm(server.issuer + PATH, fields)
    expect(answer.status).toBe(401)
    expect(answer.body).not.toHaveProperty('keys')
  })

  it('E10: nothing but POST is served', async () => {
    const answer = await fetch(server.issuer + PATH)
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('POST')
  })

  it('after a rotation the one before is still told, and a new next one; other APIs keep theirs', async () => {
    const before = await keysOf(API_SERVER)
    const others = await keysOf(otherApi)
    const currentKid = await rotate(API)
    const after = await keysOf(API_SERVER)
    expect(after).toHaveLength(3)
    expect(after).toEqual(expect.arrayContaining([...before]))
    expect(before.map(({ kid }) => kid)).toContain(currentKid)
    expect(await keysOf(otherApi)).toEqual(others)
  })

  it('a key goes when its last token has expired', async () => {
    const before = await keysOf(API_SERVER)
    server.clock.advance(86_400 + 300 + RELOAD)
    const after = await keysOf(API_SERVER)
    expect(after).toHaveLength(2)
    expect(before).toEqual(expect.arrayContaining([...after]))
  })

  it('no secret reaches the log or the database in the clear', async () => {
    const secrets = [...(await keysOf(API_SERVER)), ...(await keysOf(otherApi))].map(({ k }) => k)
    const stored = JSON.stringify(await server.store.listKeys(TENANT, server.clock.nowSeconds()))
    for (const secret of secrets) {
      expect(server.logLines.join('\n')).not.toContain(secret)
      expect(stored).not.toContain(secret)
    }
  })

  it('RFC 8414 §2: the metadata says where they are', async () => {
    const { body } = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
    expect(body.resource_keys_endpoint).toBe(server.issuer + PATH)
  })
})

describe.each(STORES)('on %s', (kind) => {
  it('a tenant whose keys are public has no such endpoint', async () => {
    const server = await startTestServer(kind)
    try {
      const { status } = await new TestApp(server, API_SERVER).post(PATH, {})
      expect(status).toBe(404)
      const { body } = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
      expect(body).not.toHaveProperty('resource_keys_endpoint')
    } finally {
      await server.stop()
    }
  })
})
