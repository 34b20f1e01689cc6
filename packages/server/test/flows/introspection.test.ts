// Introspection: what a token says, to the API it is meant for and to the app that holds it (RFC 7662).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { postForm, TestApp } from '../support/test-app.ts'
import {
  API,
  API_SERVER,
  MACHINE,
  OTHER_API,
  OTHER_APP,
  SPA,
  userIdOf,
  WEB_APP,
} from '../support/world.ts'

const INACTIVE = { active: false }
const TAG = /^[0-9a-f]{20}$/

describe.each(STORES)('introspection on %s', (kind) => {
  describe.each(['jwt', 'opaque'])('of %s access tokens', (format) => {
    let server: TestServer
    let app: TestApp
    let api: TestApp

    beforeAll(async () => {
      server = await startTestServer(kind, { policy: { accessToken: { format } } })
      app = new TestApp(server, WEB_APP)
      api = new TestApp(server, API_SERVER)
    })
    afterAll(() => server?.stop())

    it('RFC 7662 §2.2: tells the API what the token allows, to whom and until when', async () => {
      const { access_token } = await app.obtainTokens({
        fields: { scope: 'contacts:read projects:read' },
      })
      const { status, headers, body } = await api.introspect(access_token)
      const now = server.clock.nowSeconds()
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(body).toEqual({
        active: true,
        token_type: 'Bearer',
        iss: server.issuer,
        sub: userIdOf('ada'),
        aud: [API],
        client_id: WEB_APP.id,
        scope: 'contacts:read projects:read',
        iat: now,
        exp: now + 3600,
        auth_time: now,
        grant_id: expect.any(String),
        org_id: 'acme',
        unit_id: 'acme-north',
        rev: { c: expect.stringMatching(TAG), u: expect.stringMatching(TAG) },
      })
    })

    it('RFC 7662 §2.2: the subject of a machine token is the client itself', async () => {
      const machine = new TestApp(server, MACHINE)
      const { body } = await machine.token({ grant_type: 'client_credentials' })
      const described = await api.introspect(body.access_token)
      expect(described.body).toMatchObject({ active: true, sub: MACHINE.id, client_id: MACHINE.id })
      expect(described.body).not.toHaveProperty('auth_time')
    })

    it('RFC 7662 §2.1: the app that holds the token may ask too', async () => {
      const { access_token } = await app.obtainTokens()
      expect((await app.introspect(access_token)).body.active).toBe(true)
    })

    it('RFC 7662 §4: to any other client the token is inactive, nothing more', async () => {
      const { access_token } = await app.obtainTokens()
      const answer = await new TestApp(server, OTHER_APP).introspect(access_token)
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual(INACTIVE)
    })

    it('RFC 7662 §4: to an API that the token is not meant for it is inactive', async () => {
      const { access_token } = await app.obtainTokens({
        fields: { scope: 'reports:read', resource: OTHER_API },
      })
      expect((await api.introspect(access_token)).body).toEqual(INACTIVE)
      const reports = await registerClient(
        server,
        { id: 'reports-server', secret: 'reports-secret-0123456789' },
        { resourceServer: OTHER_API },
      )
      const told = await new TestApp(server, reports).introspect(access_token)
      expect(told.body).toMatchObject({ active: true, aud: [OTHER_API] })
    })

    it('RFC 7662 §4: an expired token is inactive, to the second', async () => {
      const { access_token } = await app.obtainTokens()
      server.clock.advance(3599)
      expect((await api.introspect(access_token)).body.active).toBe(true)
      server.clock.advance(1)
      expect((await api.introspect(access_token)).body).toEqual(INACTIVE)
    })

    it('RFC 7662 §4: a revoked token is inactive', async () => {
      const { access_token, refresh_token } = await app.obtainTokens()
      await app.revoke(refresh_token)
      expect((await api.introspect(access_token)).body).toEqual(INACTIVE)
      expect((await app.introspect(refresh_token)).body).toEqual(INACTIVE)
    })

    it.each([
      ['an unknown token', 'never seen'],
      ['a JWT of somebody else', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyLWFkYSJ9.'],
      ['an opaque token that nobody issued', `ost_at_${'a'.repeat(49)}`],
    ])('RFC 7662 §2.2: %s is inactive', async (_, token) => {
      const answer = await api.introspect(token)
      expect(answer.status).toBe(200)
      expect(answer.body).toEqual(INACTIVE)
    })

    it('RFC 7662 §2.1: token_type_hint is only a hint', async () => {
      const { access_token, refresh_token } = await app.obtainTokens()
      const asRefresh = await app.introspect(access_token, { token_type_hint: 'refresh_token' })
      expect(asRefresh.body.active).toBe(true)
      const asAccess = await app.introspect(refresh_token, { token_type_hint: 'access_token' })
      expect(asAccess.body.active).toBe(true)
    })
  })

  describe('of refresh tokens', () => {
    let server: TestServer
    let app: TestApp

    beforeAll(async () => {
      server = await startTestServer(kind)
      app = new TestApp(server, WEB_APP)
    })
    afterAll(() => server?.stop())

    it('RFC 7662 §2.2: tells the app what the token still refreshes', async () => {
      const { refresh_token } = await app.obtainTokens()
      const now = server.clock.nowSeconds()
      expect((await app.introspect(refresh_token)).body).toEqual({
        active: true,
        iss: server.issuer,
        sub: userIdOf('ada'),
        aud: [API],
        client_id: WEB_APP.id,
        scope: 'contacts:read',
        iat: now,
        exp: now + 30 * 86_400,
        grant_id: expect.any(String),
      })
    })

    it('RFC 7662 §4: a refresh token is nothing to an API, or to another app', async () => {
      const { refresh_token } = await app.obtainTokens()
      for (const client of [API_SERVER, OTHER_APP]) {
        const { body } = await new TestApp(server, client).introspect(refresh_token)
        expect(body).toEqual(INACTIVE)
      }
    })

    it('RFC 7662 §4: a spent or unused one is inactive after its time', async () => {
      const spent = await app.obtainTokens()
      await app.refresh(spent.refresh_token)
      expect((await app.introspect(spent.refresh_token)).body).toEqual(INACTIVE)
      const unused = await app.obtainTokens()
      server.clock.advance(30 * 86_400)
      expect((await app.introspect(unused.refresh_token)).body).toEqual(INACTIVE)
    })
  })

  describe('requests', () => {
    let server: TestServer
    let app: TestApp

    beforeAll(async () => {
      server = await startTestServer(kind)
      app = new TestApp(server, WEB_APP)
    })
    afterAll(() => server?.stop())

    it('RFC 7662 §2.1: without client authentication nothing is told', async () => {
      const { access_token } = await app.obtainTokens()
      const answer = await postForm(`${server.issuer}/introspect`, { token: access_token })
      expect(answer.status).toBe(401)
      expect(answer.body).not.toHaveProperty('active')
    })

    it('RFC 7662 §2.1: a public client cannot ask, not even about its own tokens', async () => {
      const spa = new TestApp(server, SPA)
      const { access_token } = await spa.obtainTokens()
      const answer = await spa.introspect(access_token)
      expect(answer.status).toBe(401)
      expect(answer.body.error).toBe('invalid_client')
    })

    it('RFC 7662 §2.1: only POST is served', async () => {
      const answer = await fetch(`${server.issuer}/introspect?token=any`)
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('POST')
    })

    it('RFC 7662 §2.3: a request without a token is invalid_request', async () => {
      const answer = await app.post('/introspect', {})
      expect(answer.status).toBe(400)
      expect(answer.body.error).toBe('invalid_request')
    })
  })
})
