// Signing keys: published before they sign, replaced by command and by schedule, kept until their tokens have ended
// (OIDC Core §10.1.1, RFC 7517).

import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHousekeeping } from '../../src/operations/housekeeping.ts'
import { rotateSigningKeys } from '../../src/operations/keys.ts'
import { OperationError } from '../../src/operations/operation.ts'
import { createLog } from '../../src/platform/log.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { NO_OBSERVER } from '../../src/protocol/observer.ts'
import { lastTokenEnd } from '../../src/protocol/token-lifetime.ts'
import { signingKeySealer } from '../../src/tokens/keys.ts'
import { latestEvents } from '../support/latest-events.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { API, TENANT, WEB_APP } from '../support/world.ts'

const DAY = 86_400
/** How long APIs may keep the JWKS, and so how long a key is published before it signs. */
const JWKS_MAX_AGE = 300
/** How soon a running server takes over the keys of another process. */
const RELOAD = 1

/** What `ostiary key rotate` works with. */
function keyContext({ tenant, masterKey, store, clock }: TestServer) {
  const sealer = signingKeySealer(new Sealer(masterKey), tenant)
  return { tenant, store, clock, sealer, actor: 'test' }
}

async function readJwks(server: TestServer) {
  const { body } = await getAnswer(`${server.issuer}/jwks`)
  const kids = body.keys.map(({ kid }: { kid: string }) => kid)
  return { jwks: body, kids: new Set<string>(kids) }
}

async function verify(token: string, server: TestServer): Promise<void> {
  const { jwks } = await readJwks(server)
  await jwtVerify(token, createLocalJWKSet(jwks), {
    issuer: server.issuer,
    audience: API,
    currentDate: new Date(server.clock.nowSeconds() * 1000),
  })
}

describe.each(STORES)('signing keys on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  const rotate = (force = false) => rotateSigningKeys({ force }, keyContext(server))
  const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? ''

  async function newToken(): Promise<string> {
    return (await app.obtainTokens()).access_token
  }

  it('a key is published for as long as APIs may keep the JWKS before it signs', async () => {
    const current = kidOf(await newToken())
    const { kids } = await readJwks(server)
    expect(kids.size).toBe(2)
    await expect(rotate()).rejects.toThrow(OperationError)
    server.clock.advance(JWKS_MAX_AGE - 1)
    await expect(rotate()).rejects.toThrow(/published only just/)
    server.clock.advance(1)

    const { currentKid } = await rotate()
    server.clock.advance(RELOAD)
    expect(kids).toContain(currentKid)
    expect(currentKid).not.toBe(current)
    expect(kidOf(await newToken())).toBe(currentKid)
  })

  it('after a rotation old tokens verify, at APIs and here, until the last one has ended', async () => {
    server.clock.advance(JWKS_MAX_AGE)
    const old = await app.obtainTokens()
    await rotate()
    server.clock.advance(RELOAD)
    expect(kidOf(await newToken())).not.toBe(kidOf(old.access_token))
    await verify(old.access_token, server)
    expect((await app.introspect(old.access_token)).body.active).toBe(true)

    server.clock.advance(3600 - RELOAD - 1)
    await verify(old.access_token, server)
    expect((await app.introspect(old.access_token)).body.active).toBe(true)

    // It may have been the last of its kind: others could live for a day.
    server.clock.advance(lastTokenEnd(0) - 3600)
    expect((await readJwks(server)).kids).toContain(kidOf(old.access_token))
    server.clock.advance(1 + RELOAD)
    expect((await readJwks(server)).kids).not.toContain(kidOf(old.access_token))
    // The authorization itself outlives its keys.
    expect((await app.refresh(old.refresh_token)).status).toBe(200)
  })

  it('a forced rotation does not wait', async () => {
    const { currentKid } = await rotate(true)
    const second = await rotate(true)
    expect(second.currentKid).not.toBe(currentKid)
    server.clock.advance(RELOAD)
    expect(kidOf(await newToken())).toBe(second.currentKid)
  })

  it('two processes that rotate at once do it once', async () => {
    server.clock.advance(JWKS_MAX_AGE)
    const outcomes = await Promise.allSettled([rotate(), rotate()])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const states = (await server.store.listKeys(TENANT, server.clock.nowSeconds())).map(
      ({ state }) => state,
    )
    expect(states.filter((state) => state === 'current')).toHaveLength(1)
    expect(states.filter((state) => state === 'next')).toHaveLength(1)
  })

  it('the server rotates by itself when a key has signed for 90 days, and not before', async () => {
    const { store, clock } = server
    const log = createLog({ level: 'silent', format: 'json' })
    // What the server does every few minutes: its first round begins at once, and stopping waits for it.
    const runHousekeeping = () =>
      startHousekeeping({
        ...{ store, clock, log },
        keyRings: [keyContext(server)],
        observer: NO_OBSERVER,
      })()
    const { currentKid } = await rotate(true)

    clock.advance(90 * DAY - 1)
    await runHousekeeping()
    expect(kidOf(await newToken())).toBe(currentKid)

    clock.advance(1)
    await runHousekeeping()
    clock.advance(RELOAD)
    const signedBy = kidOf(await newToken())
    expect(signedBy).not.toBe(currentKid)
    const [event] = await latestEvents(store, TENANT, 1)
    const expected = { action: 'signing_key.rotated', actor: 'system', target: `key:${signedBy}` }
    expect(event).toMatchObject(expected)
  })

  it('the database holds no private key in the clear', async () => {
    const keys = await server.store.listKeys(TENANT, server.clock.nowSeconds())
    for (const key of keys) {
      expect(JSON.parse(key.publicJwk)).not.toHaveProperty('d')
      expect(key.sealedPrivateJwk).not.toContain('{')
      expect(Buffer.from(key.sealedPrivateJwk, 'base64url').toString('latin1')).not.toContain('"d"')
    }
  })
})

describe.each(STORES)('on %s', (kind) => {
  describe.each([
    ['RS256', { kty: 'RSA', n: expect.stringMatching(/^[\w-]{512}$/), e: 'AQAB' }],
    ['EdDSA', { kty: 'OKP', crv: 'Ed25519', x: expect.any(String) }],
  ])('a tenant that signs with %s', (algorithm, shape) => {
    let server: TestServer

    beforeAll(async () => {
      server = await startTestServer(kind, { policy: { signing: { algorithm } } })
    })
    afterAll(() => server?.stop())

    it('RFC 7518 §3.1: has keys and tokens of that kind, that verify', async () => {
      const { jwks } = await readJwks(server)
      for (const key of jwks.keys) expect(key).toMatchObject({ ...shape, alg: algorithm })
      const app = new TestApp(server, WEB_APP)
      const tokens = await app.obtainTokens({ fields: { scope: 'openid' } })
      expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({
        alg: algorithm,
        typ: 'at+jwt',
      })
      await verify(tokens.access_token, server)
      expect((await app.introspect(tokens.access_token)).body.active).toBe(true)
      const metadata = await getAnswer(`${server.issuer}/.well-known/openid-configuration`)
      expect(metadata.body.id_token_signing_alg_values_supported).toContain('RS256')
      // The app has its own algorithm for those.
      expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe('ES256')
    })

    it('RFC 7518 §3.1: rotates to a key of the same kind', async () => {
      await rotateSigningKeys({ force: true }, keyContext(server))
      server.clock.advance(RELOAD)
      const { access_token } = await new TestApp(server, WEB_APP).obtainTokens()
      expect(decodeProtectedHeader(access_token).alg).toBe(algorithm)
      await verify(access_token, server)
    })
  })
})
