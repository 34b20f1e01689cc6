// Refreshing: rotation, retries, reuse, narrowing and expiry (RFC 6749 §6, RFC 9700 §4.14.2, RFC 8707 §2.2).

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf, tokenKey } from '../../src/platform/hash.ts'
import { sealerFromSecret } from '../../src/platform/seal.ts'
import { latestEvents } from '../support/latest-events.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, TestApp } from '../support/test-app.ts'
import { API, OTHER_API, OTHER_APP, SPA, STABLE_APP, TENANT, WEB_APP } from '../support/world.ts'

const DAY = 86_400

function expectRefusal(answer: Answer, error: string): void {
  expect(answer.status, answer.text).toBe(400)
  expect(answer.body.error).toBe(error)
  expect(answer.body).not.toHaveProperty('access_token')
}

describe.each(STORES)('refresh token on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  const isActive = async (token: string) => (await app.introspect(token)).body.active

  describe('rotation', () => {
    it('RFC 6749 §6: a refresh gives new tokens of the same grant', async () => {
      const first = await app.obtainTokens()
      const { status, headers, body } = await app.refresh(first.refresh_token)
      expect(status).toBe(200)
      expect(body).toEqual({
        access_token: expect.any(String),
        refresh_token: expect.stringMatching(/^ost_rt_/),
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'contacts:read',
      })
      expect(headers.get('cache-control')).toBe('no-store')
      expect(body.refresh_token).not.toBe(first.refresh_token)
      expect(body.access_token).not.toBe(first.access_token)
      const { grant_id, sub, org_id, auth_time } = decodeJwt(first.access_token)
      expect(decodeJwt(body.access_token)).toMatchObject({ grant_id, sub, org_id, auth_time })
    })

    it('RFC 6749 §6: an access token of before the refresh stays good', async () => {
      const first = await app.obtainTokens()
      await app.refresh(first.refresh_token)
      expect(await isActive(first.access_token)).toBe(true)
    })

    it('RFC 9700 §4.14.2: a public client gets a new refresh token each time', async () => {
      const spa = new TestApp(server, SPA)
      const { refresh_token } = await spa.obtainTokens()
      const { body } = await spa.refresh(refresh_token)
      expect(body.refresh_token).toMatch(/^ost_rt_/)
      expect(body.refresh_token).not.toBe(refresh_token)
    })
  })

  describe('a retry', () => {
    it('RFC 9700 §4.14.2: within the window gets the same answer, byte for byte', async () => {
      const { refresh_token } = await app.obtainTokens()
      const lost = await app.refresh(refresh_token)
      server.clock.advance(29)
      const retried = await app.refresh(refresh_token)
      expect(retried.status).toBe(200)
      expect(retried.text).toBe(lost.text)

      const next = await app.refresh(retried.body.refresh_token)
      expect(next.status).toBe(200)
    })

    it('R11: its answer waits sealed, and nothing but the token that was presented opens it', async () => {
      const { refresh_token: presented } = await app.obtainTokens()
      const { body } = await app.refresh(presented)
      const found = await server.store.findRefreshToken(TENANT, tokenKey(presented))
      const successor = await server.store.findRefreshToken(TENANT, tokenKey(body.refresh_token))
      if (!found || !successor) throw new Error('the store has forgotten a token')
      const { token, grant } = found
      const retried = await server.store.rotateRefreshToken({
        tenant: TENANT,
        hash: token.hash,
        clientId: token.clientId,
        nowSeconds: server.clock.nowSeconds(),
        retryWindowSeconds: 30,
        fingerprint: digestOf('', ''),
        successor: successor.token,
        accessToken: null,
        sealedAnswer: '',
      })
      if (retried.outcome !== 'retried') throw new Error(`no answer waits: ${retried.outcome}`)
      const open = (secret: string) =>
        sealerFromSecret(secret, 'ostiary refresh answer').open(retried.sealedAnswer)
      expect(open(presented)).toContain(body.refresh_token)
      for (const kept of [token.hash, successor.token.hash, grant.id, grant.clientId, TENANT, '']) {
        expect(open(kept)).toBeUndefined()
      }
    })

    it('RFC 6749 §6: is the same request even with its scopes in another order', async () => {
      const scope = 'contacts:read projects:read'
      const { refresh_token } = await app.obtainTokens({ fields: { scope } })
      const lost = await app.refresh(refresh_token, { scope })
      const retried = await app.refresh(refresh_token, { scope: 'projects:read contacts:read' })
      expect(retried.text).toBe(lost.text)
    })

    it.each([
      ['scope', { scope: 'contacts:read' }],
      ['resource', { resource: API }],
    ])('RFC 9700 §4.14.2: with another %s is refused and changes nothing', async (_, other) => {
      const { refresh_token } = await app.obtainTokens({
        fields: { scope: 'contacts:read projects:read' },
      })
      const first = await app.refresh(refresh_token)
      expectRefusal(await app.refresh(refresh_token, other), 'invalid_grant')

      expect((await app.refresh(refresh_token)).text).toBe(first.text)
      expect(await isActive(first.body.access_token)).toBe(true)
      expect((await app.refresh(first.body.refresh_token)).status).toBe(200)
    })
  })

  describe('reuse', () => {
    async function expectGrantEnded(access: string, refresh: string): Promise<void> {
      expect(await isActive(access)).toBe(false)
      expect(await isActive(refresh)).toBe(false)
      expectRefusal(await app.refresh(refresh), 'invalid_grant')
      const [event] = await latestEvents(server.store, TENANT, 1)
      expect(event).toMatchObject({
        action: 'refresh_token.reused',
        actor: `client:${WEB_APP.id}`,
        target: `grant:${decodeJwt(access).grant_id}`,
        atSeconds: server.clock.nowSeconds(),
        requestId: expect.any(String),
      })
    }

    it('RFC 9700 §4.14.2: after the window ends the grant and leaves an audit event', async () => {
      const { refresh_token } = await app.obtainTokens()
      const { body } = await app.refresh(refresh_token)
      server.clock.advance(30)
      expectRefusal(await app.refresh(refresh_token), 'invalid_grant')
      await expectGrantEnded(body.access_token, body.refresh_token)
    })

    it('RFC 9700 §4.14.2: once the successor was used ends the grant at once', async () => {
      const { refresh_token } = await app.obtainTokens()
      const second = await app.refresh(refresh_token)
      const third = await app.refresh(second.body.refresh_token)
      expectRefusal(await app.refresh(refresh_token), 'invalid_grant')
      await expectGrantEnded(third.body.access_token, third.body.refresh_token)
    })

    it('RFC 9700 §4.14.2: leaves other grants of the same user and app alone', async () => {
      const untouched = await app.obtainTokens()
      const { refresh_token } = await app.obtainTokens()
      await app.refresh(refresh_token)
      server.clock.advance(30)
      expectRefusal(await app.refresh(refresh_token), 'invalid_grant')
      expect((await app.refresh(untouched.refresh_token)).status).toBe(200)
    })
  })

  describe('narrowing', () => {
    const wide = 'contacts:read projects:read'

    it('RFC 6749 §6: a narrower scope is for this access token only', async () => {
      const { refresh_token } = await app.obtainTokens({ fields: { scope: wide } })
      const narrow = await app.refresh(refresh_token, { scope: 'projects:read' })
      expect(narrow.body.scope).toBe('projects:read')
      expect(decodeJwt(narrow.body.access_token).scope).toBe('projects:read')

      const full = await app.refresh(narrow.body.refresh_token)
      expect(full.body.scope).toBe(wide)
      expect(decodeJwt(full.body.access_token).scope).toBe(wide)
    })

    it.each([
      ['a scope that was not granted', 'contacts:read contacts:write', 'invalid_scope'],
      ['a scope that does not exist', 'unheard:of', 'invalid_scope'],
      ['a scope of forbidden characters', 'contacts:read "', 'invalid_scope'],
      ['a scope of spaces alone', '  ', 'invalid_scope'],
    ])('RFC 6749 §6: refuses %s and keeps the token', async (_, scope, error) => {
      const { refresh_token } = await app.obtainTokens({ fields: { scope: wide } })
      expectRefusal(await app.refresh(refresh_token, { scope }), error)
      expect((await app.refresh(refresh_token)).body.scope).toBe(wide)
    })

    it('RFC 8707 §2.2: each refresh may pick among the granted resources', async () => {
      const { refresh_token } = await app.obtainTokens({
        fields: { scope: 'contacts:read reports:read', resource: [API, OTHER_API] },
      })
      const one = await app.refresh(refresh_token, { resource: OTHER_API })
      expect(decodeJwt(one.body.access_token)).toMatchObject({
        aud: OTHER_API,
        scope: 'reports:read',
      })
      const other = await app.refresh(one.body.refresh_token, { resource: API })
      expect(decodeJwt(other.body.access_token)).toMatchObject({ aud: API, scope: 'contacts:read' })
      const both = await app.refresh(other.body.refresh_token)
      expect(decodeJwt(both.body.access_token)).toMatchObject({
        aud: [API, OTHER_API],
        scope: 'contacts:read reports:read',
      })
    })

    it.each([
      ['an API that was not granted', OTHER_API],
      ['an API that does not exist', 'https://unknown.example'],
      ['a resource that is no URI', 'reports'],
      ['a resource with a fragment', `${API}#part`],
    ])('RFC 8707 §2.2: refuses %s and keeps the token', async (_, resource) => {
      const { refresh_token } = await app.obtainTokens()
      expectRefusal(await app.refresh(refresh_token, { resource }), 'invalid_target')
      expect((await app.refresh(refresh_token)).status).toBe(200)
    })
  })

  describe('whose token it is', () => {
    it("RFC 6749 §6: refuses another client's token, which stays good for its own", async () => {
      const { refresh_token, access_token } = await app.obtainTokens()
      const other = new TestApp(server, OTHER_APP)
      expectRefusal(await other.refresh(refresh_token), 'invalid_grant')
      expect(await isActive(access_token)).toBe(true)
      expect((await app.refresh(refresh_token)).status).toBe(200)
    })

    it("RFC 6749 §6: another client that presents a spent token ends nobody's grant", async () => {
      const { refresh_token } = await app.obtainTokens()
      const { body } = await app.refresh(refresh_token)
      server.clock.advance(60)
      const other = new TestApp(server, OTHER_APP)
      expectRefusal(await other.refresh(refresh_token), 'invalid_grant')
      expect((await app.refresh(body.refresh_token)).status).toBe(200)
    })

    it('RFC 6749 §5.2: a token nobody issued is invalid_grant, none at all invalid_request', async () => {
      expectRefusal(await app.refresh('ost_rt_nothing'), 'invalid_grant')
      expectRefusal(await app.token({ grant_type: 'refresh_token' }), 'invalid_request')
      const { access_token } = await app.obtainTokens()
      expectRefusal(await app.refresh(access_token), 'invalid_grant')
    })

    it('RFC 6749 §1.5: an app that is not registered to refresh gets no refresh token', async () => {
      const client = await registerClient(
        server,
        { id: 'one-shot-app', secret: 'one-shot-secret-0123456789' },
        {
          redirectUris: ['https://one-shot.example/callback'],
          grantTypes: ['authorization_code'],
          scopes: ['contacts:read'],
        },
      )
      const tokens = await new TestApp(server, client).obtainTokens()
      expect(tokens).not.toHaveProperty('refresh_token')
    })
  })

  it('OIDC Core §12.2: a refreshed ID token says the same of the user, without a nonce', async () => {
    const first = await app.obtainTokens({
      fields: { scope: 'openid contacts:read', nonce: 'nonce-1' },
    })
    server.clock.advance(60)
    const { body } = await app.refresh(first.refresh_token)
    const { iss, sub, aud, auth_time } = decodeJwt(first.id_token ?? '')
    const now = server.clock.nowSeconds()
    expect(decodeJwt(body.id_token)).toEqual({
      iss,
      sub,
      aud,
      auth_time,
      iat: now,
      exp: now + 3600,
      at_hash: expect.stringMatching(/^[\w-]{22}$/),
    })
  })

  describe('expiry', () => {
    it('RFC 9700 §4.14.2: a token that was not used for 30 days has expired', async () => {
      const used = await app.obtainTokens()
      const unused = await app.obtainTokens()
      server.clock.advance(30 * DAY - 1)
      const { body } = await app.refresh(used.refresh_token)
      server.clock.advance(1)
      expectRefusal(await app.refresh(unused.refresh_token), 'invalid_grant')
      // The other one was used in time, so its idle time began anew.
      expect((await app.refresh(body.refresh_token)).status).toBe(200)
    })

    it('security H8: an access token ends with its grant, however late it was refreshed', async () => {
      const days = { refreshToken: { idleSeconds: DAY, absoluteSeconds: DAY } }
      const short = await startTestServer(kind, { policy: days })
      for (const client of [WEB_APP, STABLE_APP]) {
        const last = new TestApp(short, client)
        const { refresh_token } = await last.obtainTokens()
        short.clock.advance(DAY - 600)
        const { body } = await last.refresh(refresh_token)
        expect(body.expires_in).toBe(600)
      }
      await short.stop()
    })

    it('RFC 9700 §4.14.2: however often it is used, a chain ends after 180 days', async () => {
      let { refresh_token } = await app.obtainTokens()
      for (let day = 0; day < 175; day += 25) {
        server.clock.advance(25 * DAY)
        const answer = await app.refresh(refresh_token)
        expect(answer.status, `day ${day}`).toBe(200)
        refresh_token = answer.body.refresh_token
      }
      const { body } = await app.introspect(refresh_token)
      expect(body.exp).toBe(server.clock.nowSeconds() + 5 * DAY)
      server.clock.advance(5 * DAY)
      expectRefusal(await app.refresh(refresh_token), 'invalid_grant')
    })
  })

  describe('a stable token', () => {
    it('FAPI 2.0 §5.3.2.1: stays the same and brings a new access token', async () => {
      const stable = new TestApp(server, STABLE_APP)
      const first = await stable.obtainTokens()
      const second = await stable.refresh(first.refresh_token)
      const third = await stable.refresh(first.refresh_token)
      expect(second.body.refresh_token).toBe(first.refresh_token)
      expect(third.body.refresh_token).toBe(first.refresh_token)
      expect(third.body.access_token).not.toBe(second.body.access_token)
    })

    it('FAPI 2.0 §5.3.2.1: still ends when unused, and in any case after 180 days', async () => {
      const stable = new TestApp(server, STABLE_APP)
      const idle = await stable.obtainTokens()
      const busy = await stable.obtainTokens()
      for (let day = 0; day < 180; day += 20) {
        expect((await stable.refresh(busy.refresh_token)).status, `day ${day}`).toBe(200)
        server.clock.advance(20 * DAY)
      }
      expectRefusal(await stable.refresh(busy.refresh_token), 'invalid_grant')
      expectRefusal(await stable.refresh(idle.refresh_token), 'invalid_grant')
    })
  })
})
