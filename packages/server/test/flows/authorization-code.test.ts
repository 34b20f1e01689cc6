// The authorization code flow, from the link in the app to the tokens (RFC 6749 §4.1, RFC 7636, OIDC Core §3.1).

import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { signedInBrowser } from '../support/signed-in-browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { API, OTHER_API, SPA, userIdOf, WEB_APP } from '../support/world.ts'

describe.each(STORES)('authorization code on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  it('RFC 6749 §4.1: sign-in and consent lead to a code, and the code to tokens', async () => {
    const { code, verifier, params } = await app.obtainCode({ fields: { state: 'a/b c' } })
    expect(params.get('state')).toBe('a/b c')
    expect(params.get('iss')).toBe(server.issuer)

    const answer = await app.redeem(code, verifier)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'contacts:read',
    })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('RFC 9068 §2: the access token says who, for whom, for which API and organisation', async () => {
    const { access_token } = await app.obtainTokens({ user: 'bob', organisation: 'globex' })
    expect(decodeProtectedHeader(access_token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    expect(decodeJwt(access_token)).toMatchObject({
      iss: server.issuer,
      sub: userIdOf('bob'),
      aud: API,
      client_id: WEB_APP.id,
      scope: 'contacts:read',
      org_id: 'globex',
      unit_id: 'globex-north',
      grant_id: expect.any(String),
      jti: expect.any(String),
      auth_time: server.clock.nowSeconds(),
      iat: server.clock.nowSeconds(),
      exp: server.clock.nowSeconds() + 3600,
    })
  })

  it('OIDC Core §3.1.3.3: openid brings an ID token with the nonce of the request', async () => {
    const { id_token = '' } = await app.obtainTokens({
      fields: { scope: 'openid contacts:read', nonce: 'nonce-1' },
    })
    expect(decodeJwt(id_token)).toEqual({
      iss: server.issuer,
      sub: userIdOf('ada'),
      aud: WEB_APP.id,
      nonce: 'nonce-1',
      auth_time: server.clock.nowSeconds(),
      iat: server.clock.nowSeconds(),
      exp: server.clock.nowSeconds() + 3600,
      at_hash: expect.stringMatching(/^[\w-]{22}$/),
    })
  })

  it('RFC 6749 §3.3: without a scope the default scopes of the app are meant', async () => {
    const tokens = await app.obtainTokens({ fields: { scope: undefined } })
    expect(tokens.scope).toBe('contacts:read')
  })

  it('RFC 6749 §3.3: the user may refuse an optional scope, and the answer says so', async () => {
    const browser = new TestBrowser()
    const url = app.authorizeUrl({ scope: 'contacts:read contacts:write' })
    const signIn = await browser.openAndFollow(url)
    const consent = await browser.submitAndFollow(signIn, {
      username: 'eve',
      password: 'correct horse battery staple',
    })
    expect(consent.root.querySelectorAll('input[name=scope]')).toHaveLength(1)
    const done = await browser.submit(consent, { decision: 'allow', scope: undefined })
    expect(done.status).toBe(200)

    // What was refused is not remembered as allowed.
    const again = await browser.openAndFollow(url)
    expect(again.root.querySelector('[name=decision]')).not.toBeNull()
  })

  it('OAuth 2.1 §10.2: with PKCE the redirect URI need not come back with the code', async () => {
    const { code, verifier } = await app.obtainCode()
    expect((await app.redeem(code, verifier, { redirect_uri: undefined })).status).toBe(200)
  })

  it('B20: a user gives access to an organisation of their own, or to none', async () => {
    const browser = new TestBrowser()
    const signIn = await browser.openAndFollow(app.authorizeUrl({ prompt: 'consent' }))
    const consent = await browser.submitAndFollow(signIn, {
      username: 'bob',
      password: 'correct horse battery staple',
    })
    for (const organisation of ['initech', '', undefined]) {
      const page = await browser.submit(consent, { decision: 'allow', organisation })
      expect([page.status, page.location]).toEqual([422, undefined])
    }
  })

  it('RFC 6749 §4.1.2.1: a user who denies sends access_denied with state and iss', async () => {
    const browser = new TestBrowser()
    const signIn = await browser.openAndFollow(
      app.authorizeUrl({ state: 'kept', prompt: 'consent' }),
    )
    const consent = await browser.submitAndFollow(signIn, {
      username: 'eve',
      password: 'correct horse battery staple',
    })
    const denied = await browser.submit(consent, { decision: 'deny' })
    const params = new URL(denied.location ?? '').searchParams
    expect(Object.fromEntries(params)).toEqual({
      error: 'access_denied',
      error_description: expect.any(String),
      state: 'kept',
      iss: server.issuer,
    })
  })

  it('asks a user of several organisations which one, and takes no answer for none', async () => {
    const browser = new TestBrowser()
    const signIn = await browser.openAndFollow(app.authorizeUrl({ prompt: 'consent' }))
    const consent = await browser.submitAndFollow(signIn, {
      username: 'bob',
      password: 'correct horse battery staple',
    })
    expect(consent.root.querySelectorAll('input[name=organisation][checked]')).toHaveLength(0)
    const unanswered = await browser.submit(consent, { decision: 'allow' })
    expect(unanswered.status).toBe(422)
    const foreign = await browser.submit(unanswered, { decision: 'allow', organisation: 'initech' })
    expect(foreign.status).toBe(422)
    const answered = await browser.submit(foreign, { decision: 'allow', organisation: 'acme' })
    expect(answered.location).toContain('code=')
  })

  it('remembers consent: the same request again is answered without a page', async () => {
    const { browser } = await app.obtainCode()
    const again = await browser.open(app.authorizeUrl())
    expect(again.status).toBe(303)
    expect(again.location).toContain('code=')
    const wider = await browser.open(app.authorizeUrl({ scope: 'contacts:read projects:read' }))
    expect(wider.status).toBe(200)
    expect(wider.root.querySelector('[name=decision]')).not.toBeNull()
  })

  describe('response modes', () => {
    it('OAuth 2.0 Multiple Response Types §2.1: fragment puts the answer behind the #', async () => {
      const { browser } = await app.obtainCode()
      const { location = '' } = await browser.open(app.authorizeUrl({ response_mode: 'fragment' }))
      expect(new URL(location).search).toBe('')
      expect(new URLSearchParams(new URL(location).hash.slice(1)).get('code')).toMatch(/^ost_ac_/)
    })

    it('OAuth 2.0 Form Post Response Mode §2: form_post is a form to the redirect URI', async () => {
      const { browser } = await app.obtainCode()
      const page = await browser.open(
        app.authorizeUrl({ response_mode: 'form_post', state: '"><b>' }),
      )
      const form = page.root.querySelector('form')
      expect(form?.getAttribute('action')).toBe(WEB_APP.redirectUri)
      expect(page.headers.get('content-security-policy')).toContain(
        "form-action 'self' https://app.example",
      )
      expect(page.text).not.toContain('"><b>')
      expect(form?.querySelector('[name=code]')?.getAttribute('value')).toMatch(/^ost_ac_/)
    })

    it('RFC 6749 §4.1.2.1: an unknown mode is told to the app in the query', async () => {
      const browser = await signedInBrowser(server)
      const url = app.authorizeUrl({ response_mode: 'carrier-pigeon' })
      const { location = '' } = await browser.open(url)
      expect(new URL(location).searchParams.get('error')).toBe('invalid_request')
    })
  })

  it('RFC 6749 §3.1.2: the query of a registered redirect URI is kept', async () => {
    const { browser } = await app.obtainCode()
    const { location } = await browser.open(
      app.authorizeUrl({ redirect_uri: 'https://app.example/second?kept=1' }),
    )
    expect(location).toMatch(/^https:\/\/app\.example\/second\?kept=1&code=/)
  })

  it('OIDC Core §3.1.2.1: a request may come by POST', async () => {
    const { browser } = await app.obtainCode()
    const url = new URL(app.authorizeUrl())
    const moved = await browser.open(`${server.issuer}/authorize`, {
      method: 'POST',
      body: url.search.slice(1),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'cross-site',
      },
    })
    expect(moved.status).toBe(303)
    expect((await browser.open(moved.location ?? '')).location).toContain('code=')
  })

  describe('resource indicators', () => {
    it('RFC 8707 §2: the requested API becomes the audience', async () => {
      const tokens = await app.obtainTokens({
        fields: { scope: 'reports:read', resource: OTHER_API },
      })
      expect(decodeJwt(tokens.access_token).aud).toBe(OTHER_API)
    })

    it('RFC 8707 §2.2: of several APIs the token request may pick one, with its scopes', async () => {
      const { code, verifier } = await app.obtainCode({
        fields: { scope: 'contacts:read reports:read', resource: [API, OTHER_API] },
      })
      const answer = await app.redeem(code, verifier, { resource: OTHER_API })
      expect(decodeJwt(answer.body.access_token)).toMatchObject({
        aud: OTHER_API,
        scope: 'reports:read',
      })
      // The refresh token still stands for both.
      const refreshed = await app.refresh(answer.body.refresh_token)
      expect(decodeJwt(refreshed.body.access_token).aud).toEqual([API, OTHER_API])
    })

    it('RFC 8707 §2: an unknown API, or a scope of another API, is refused', async () => {
      const browser = await signedInBrowser(server)
      const errorOf = async (fields: object) => {
        const { location = '' } = await browser.open(app.authorizeUrl({ ...fields }))
        return new URL(location).searchParams.get('error')
      }
      expect(await errorOf({ resource: 'https://unknown.example' })).toBe('invalid_target')
      expect(await errorOf({ resource: 'not a uri' })).toBe('invalid_target')
      expect(await errorOf({ resource: OTHER_API })).toBe('invalid_scope')
    })
  })

  it('RFC 6749 §2.1: a public client redeems its code without a secret', async () => {
    const spa = new TestApp(server, SPA)
    const tokens = await spa.obtainTokens()
    expect(tokens.refresh_token).toMatch(/^ost_rt_/)
  })

  it('RFC 6749 §4.4.3: an app that may not refresh gets no refresh token', async () => {
    const machine = await app.token({ grant_type: 'client_credentials' })
    expect(machine.body).toMatchObject({ error: 'unauthorized_client' })
  })
})
