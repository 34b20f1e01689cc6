// The token endpoint: how it is called, what an answer and an error look like, what a code is good for, and what
// an access token says (RFC 6749 §3.2, RFC 6749 §5, RFC 9068).

import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, basic, getAnswer, readAnswer, TestApp } from '../support/test-app.ts'
import { API, OTHER_APP, SECOND_REDIRECT_URI, WEB_APP } from '../support/world.ts'

const FORM = 'application/x-www-form-urlencoded'

describe.each(STORES)('token endpoint on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let url: string

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
    url = `${server.issuer}/token`
  })
  afterAll(() => server?.stop())

  const authorization = basic(WEB_APP.id, WEB_APP.secret ?? '')

  async function send(body: string, contentType = FORM, query = ''): Promise<Answer> {
    const headers = { authorization, 'content-type': contentType }
    return readAnswer(await fetch(url + query, { method: 'POST', body, headers }))
  }

  describe('requests', () => {
    it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])(
      'RFC 6749 §3.2: %s is not served',
      async (method) => {
        const answer = await fetch(`${url}?grant_type=client_credentials`, {
          method,
          headers: { authorization },
        })
        expect(answer.status).toBe(405)
        expect(answer.headers.get('allow')).toBe('POST')
      },
    )

    it('RFC 6749 §3.2: a repeated parameter is refused, even with the same value', async () => {
      const { refresh_token } = await app.obtainTokens()
      const form = `grant_type=refresh_token&refresh_token=${refresh_token}`
      const answer = await send(`${form}&refresh_token=${refresh_token}`)
      expect(answer.status).toBe(400)
      expect(answer.body.error).toBe('invalid_request')
      expect((await send(form)).status).toBe(200)
    })

    it('RFC 6749 §3.2: a parameter without a value counts as left out', async () => {
      const { refresh_token } = await app.obtainTokens()
      const form = `grant_type=refresh_token&refresh_token=${refresh_token}&scope=&resource`
      expect((await send(form)).body.scope).toBe('contacts:read')
      expect((await send('grant_type=')).body.error).toBe('invalid_request')
    })

    it('RFC 6749 §3.2: an unknown parameter is ignored', async () => {
      const { refresh_token } = await app.obtainTokens()
      const answer = await app.refresh(refresh_token, { frobnicate: 'yes' })
      expect(answer.status).toBe(200)
    })

    it('RFC 6749 §2.3.1: parameters in the URL are refused', async () => {
      const answer = await send('grant_type=client_credentials', FORM, '?scope=contacts:read')
      expect(answer.status).toBe(400)
      expect(answer.body.error).toBe('invalid_request')
    })

    it.each([
      ['application/json', '{"grant_type":"client_credentials"}'],
      ['text/plain', 'grant_type=client_credentials'],
      ['multipart/form-data; boundary=x', '--x--'],
    ])('RFC 6749 §4.1.3: a body of type %s is refused', async (type, body) => {
      const answer = await send(body, type)
      expect(answer.status).toBe(400)
      expect(answer.body.error).toBe('invalid_request')
    })

    it('RFC 6749 §4.1.3: UTF-8 may be named', async () => {
      const { refresh_token } = await app.obtainTokens()
      const form = `grant_type=refresh_token&refresh_token=${refresh_token}`
      expect((await send(form, `${FORM};charset=UTF-8`)).status).toBe(200)
    })
  })

  describe('answers', () => {
    it('RFC 6749 §5.1: are JSON with access_token, token_type and expires_in', async () => {
      const { code, verifier } = await app.obtainCode()
      const answer = await app.redeem(code, verifier)
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(answer.body).toMatchObject({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 3600,
      })
    })

    it('RFC 6749 §5.1: are never cached, good or bad', async () => {
      const { code, verifier } = await app.obtainCode()
      for (const answer of [await app.redeem(code, verifier), await app.token({})]) {
        expect(answer.headers.get('cache-control')).toBe('no-store')
        expect(answer.headers.get('pragma')).toBe('no-cache')
      }
    })

    it('RFC 6749 §5.2: an error is JSON with status 400, a code and a description', async () => {
      const answer = await app.token({})
      expect(answer.status).toBe(400)
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(answer.body).toEqual({
        error: 'invalid_request',
        error_description: 'A required parameter is missing. (grant_type)',
      })
    })

    it.each(['unheard-of', 'implicit', 'AUTHORIZATION_CODE', '__proto__'])(
      'RFC 6749 §5.2: the grant type %s is unsupported_grant_type',
      async (grant_type) => {
        const answer = await app.token({ grant_type })
        expect(answer.status).toBe(400)
        expect(answer.body.error).toBe('unsupported_grant_type')
      },
    )

    it('RFC 9700 §2.4: the password grant is not offered', async () => {
      const fields = { grant_type: 'password', username: 'ada', password: 'anything' }
      expect((await app.token(fields)).body.error).toBe('unsupported_grant_type')
    })
  })

  describe('codes', () => {
    it('RFC 6749 §4.1.2: a code expires after 60 seconds', async () => {
      const inTime = await app.obtainCode()
      const late = await app.obtainCode()
      server.clock.advance(59)
      expect((await app.redeem(inTime.code, inTime.verifier)).status).toBe(200)
      server.clock.advance(1)
      const answer = await app.redeem(late.code, late.verifier)
      expect(answer.status).toBe(400)
      expect(answer.body.error).toBe('invalid_grant')
    })

    it('RFC 6749 §4.1.2: a later second use is refused and ends what the first one gave', async () => {
      const { code, verifier } = await app.obtainCode()
      const { body } = await app.redeem(code, verifier)
      server.clock.advance(10)
      expect((await app.redeem(code, verifier)).body.error).toBe('invalid_grant')
      expect((await app.introspect(body.access_token)).body).toEqual({ active: false })
      expect((await app.refresh(body.refresh_token)).body.error).toBe('invalid_grant')
    })

    it('RFC 6749 §4.1.3: a code is only for the app it was issued to', async () => {
      const { code, verifier } = await app.obtainCode()
      const other = new TestApp(server, OTHER_APP)
      const stolen = await other.redeem(code, verifier, { redirect_uri: WEB_APP.redirectUri })
      expect(stolen.body.error).toBe('invalid_grant')
      expect((await app.redeem(code, verifier)).status).toBe(200)
    })

    it.each([SECOND_REDIRECT_URI, `${WEB_APP.redirectUri}/`])(
      'RFC 6749 §4.1.3: the redirect URI must be as it was sent, not as %s',
      async (redirect_uri) => {
        const { code, verifier } = await app.obtainCode()
        const answer = await app.redeem(code, verifier, { redirect_uri })
        expect(answer.body.error).toBe('invalid_grant')
        expect((await app.redeem(code, verifier)).status).toBe(200)
      },
    )
  })

  describe('access tokens', () => {
    it('RFC 9068 §2.1: are signed, and typed at+jwt', async () => {
      const { access_token } = await app.obtainTokens()
      const jwks = await getAnswer(`${server.issuer}/jwks`)
      const { protectedHeader } = await jwtVerify(access_token, createLocalJWKSet(jwks.body), {
        issuer: server.issuer,
        audience: API,
        typ: 'at+jwt',
        currentDate: new Date(server.clock.nowSeconds() * 1000),
      })
      expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) })
    })

    it('RFC 9068 §2.2: have an id of their own', async () => {
      const { access_token, refresh_token } = await app.obtainTokens()
      const { body } = await app.refresh(refresh_token)
      expect(decodeJwt(body.access_token).jti).not.toBe(decodeJwt(access_token).jti)
    })

    it('RFC 9068 §2.2.1: auth_time stays the moment of the sign-in', async () => {
      const browser = new TestBrowser()
      const { access_token, refresh_token } = await app.obtainTokens({ browser })
      const signedInAt = server.clock.nowSeconds()
      expect(decodeJwt(access_token).auth_time).toBe(signedInAt)
      server.clock.advance(1000)
      const { body } = await app.refresh(refresh_token)
      expect(decodeJwt(body.access_token).auth_time).toBe(signedInAt)
    })

    it('RFC 9068 §2.2.3: scope is what was granted', async () => {
      const scope = 'projects:read contacts:read'
      const tokens = await app.obtainTokens({ fields: { scope } })
      expect(tokens.scope).toBe(scope)
      expect(decodeJwt(tokens.access_token).scope).toBe(scope)
    })
  })
})
