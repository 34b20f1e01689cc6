// Attacks on the people who sign in: forged forms, swapped and fixed sessions, forced sign-out, skipped questions.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { cookieName } from '../support/cookie-name.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, getAnswer, newPkce, TestApp } from '../support/test-app.ts'
import { NATIVE_APP, OTHER_APP, PASSWORD, SPA, userIdOf, WEB_APP } from '../support/world.ts'

/** What tells the server that a form is not from one of its own pages. */
const FOREIGN: [string, Record<string, string>][] = [
  ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }],
  ['Sec-Fetch-Site: same-site', { 'sec-fetch-site': 'same-site' }],
  ['Sec-Fetch-Site: none', { 'sec-fetch-site': 'none' }],
  ['Sec-Fetch-Site: same-origin twice', { 'sec-fetch-site': 'same-origin, cross-site' }],
  ['Origin: null', { origin: 'null' }],
  ['Origin of another site', { origin: 'https://evil.example' }],
]

describe.each(STORES)('attacks on sessions on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let sessionCookie: string

  beforeAll(async () => {
    server = await startTestServer(kind, { rateLimits: { failedSignInsPerMinute: 10_000 } })
    sessionCookie = cookieName(server.issuer, 'session')
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  /** A session of its own: the tests spoil it. */
  const signedIn = async () => (await app.obtainCode({ browser: new TestBrowser() })).browser

  /** Sends a form from one of our own pages, unless the headers say otherwise. */
  function post(
    browser: TestBrowser,
    path: string,
    form: { fields: Record<string, string>; headers?: Record<string, string> },
  ): Promise<BrowserPage> {
    const { fields, headers = { 'sec-fetch-site': 'same-origin' } } = form
    return browser.open(server.issuer + path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })
  }

  /** What a request that may not ask the user anything is told. */
  async function askSilently(browser: TestBrowser, fields: Fields = {}): Promise<string> {
    const page = await browser.open(app.authorizeUrl({ prompt: 'none', ...fields }))
    expect(page.status).toBe(303)
    const { searchParams } = new URL(page.location ?? '')
    return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : 'nothing')
  }

  /** A page with a form, and how to fill it in so that something changes. */
  const forms = {
    'sign-in': {
      path: '/authorize/sign-in',
      token: 'interaction',
      open: async () => {
        const browser = new TestBrowser()
        return { browser, page: await browser.open(app.authorizeUrl()) }
      },
      answer: { username: 'ada', password: PASSWORD },
      hasChanged: async (browser: TestBrowser) => browser.cookies.has(sessionCookie),
    },
    consent: {
      path: '/authorize/consent',
      token: 'interaction',
      open: async () => {
        const browser = await signedIn()
        return { browser, page: await browser.open(app.authorizeUrl({ scope: 'projects:read' })) }
      },
      answer: { decision: 'allow' },
      hasChanged: async (browser: TestBrowser) =>
        (await askSilently(browser, { scope: 'projects:read' })) === 'code',
    },
    'sign-out': {
      path: '/sign-out/confirm',
      token: 'token',
      open: async () => {
        const browser = await signedIn()
        return { browser, page: await browser.open(`${server.issuer}/sign-out`) }
      },
      answer: {},
      hasChanged: async (browser: TestBrowser) => (await askSilently(browser)) === 'login_required',
    },
  }

  describe.each(Object.entries(forms))('forged forms: %s', (_, form) => {
    const tokenOf = (page: BrowserPage) =>
      page.root.querySelector(`[name=${form.token}]`)?.getAttribute('value') ?? ''

    async function expectRefused(browser: TestBrowser, answer: BrowserPage): Promise<void> {
      expect(answer.status).toBe(403)
      expect(answer.location).toBeUndefined()
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(await form.hasChanged(browser)).toBe(false)
    }

    it.each(FOREIGN)('D2: is refused from elsewhere: %s', async (__, headers) => {
      const { browser, page } = await form.open()
      const fields = { [form.token]: tokenOf(page), ...form.answer }
      await expectRefused(browser, await post(browser, form.path, { fields, headers }))
    })

    it('D2: is refused without its token, or with one that we never made', async () => {
      const { browser, page } = await form.open()
      const token = tokenOf(page)
      const changed = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`
      for (const forged of [
        '',
        'x',
        changed,
        token.slice(1),
        token.slice(0, -4),
        'A'.repeat(200),
      ]) {
        const fields = { [form.token]: forged, ...form.answer }
        await expectRefused(browser, await post(browser, form.path, { fields }))
      }
    })

    it("D2: is refused with the token of somebody else's page", async () => {
      const attacker = await form.open()
      const victim = await form.open()
      const fields = { [form.token]: tokenOf(attacker.page), ...form.answer }
      await expectRefused(victim.browser, await post(victim.browser, form.path, { fields }))
    })

    it('D2: a token for one purpose does not serve another', async () => {
      const { browser, page } = await form.open()
      const token = tokenOf(page)
      const other = form.token === 'token' ? '/authorize/consent' : '/sign-out/confirm'
      const name = form.token === 'token' ? 'interaction' : 'token'
      const answer = await post(browser, other, { fields: { [name]: token, decision: 'allow' } })
      await expectRefused(browser, answer)
    })

    it('D2: is not sent by following a link', async () => {
      const { browser, page } = await form.open()
      const query = new URLSearchParams({ [form.token]: tokenOf(page), ...form.answer })
      const answer = await browser.open(`${server.issuer}${form.path}?${query}`)
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('POST')
      expect(await form.hasChanged(browser)).toBe(false)
    })

    it('D2: works from its own page', async () => {
      const { browser, page } = await form.open()
      await browser.submitAndFollow(page, form.answer)
      expect(await form.hasChanged(browser)).toBe(true)
    })
  })

  it('D2: 20 parallel decisions on one page repeat no code', async () => {
    const browser = await signedIn()
    const consent = await browser.open(app.authorizeUrl({ prompt: 'consent' }))
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => browser.submit(consent, { decision: 'allow' })),
    )
    const codes = answers.map(({ location = '' }) => new URL(location).searchParams.get('code'))
    expect(codes).not.toContain(null)
    expect(new Set(codes).size).toBe(20)
  })

  it('D2: the choice of an account cannot be forged', async () => {
    const browser = await signedIn()
    const page = await browser.open(app.authorizeUrl({ prompt: 'select_account' }))
    const interaction = page.root.querySelector('[name=interaction]')?.getAttribute('value') ?? ''
    for (const [, headers] of FOREIGN) {
      const fields = { interaction, account: '' }
      expect((await post(browser, '/authorize/account', { fields, headers })).status).toBe(403)
    }
    const missing = await post(browser, '/authorize/account', { fields: { account: '' } })
    expect(missing.status).toBe(403)
  })

  it('D2: device codes and a portal, whose forms could be forged too, are not offered', async () => {
    const { body } = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
    expect(body).not.toHaveProperty('device_authorization_endpoint')
    for (const path of ['/device', '/device_authorization', '/portal', '/account', '/console']) {
      expect((await getAnswer(server.issuer + path)).status).toBe(404)
    }
  })

  describe('swapped sessions', () => {
    it("D3: the attacker's pages do not open in the victim's browser", async () => {
      const attacker = new TestBrowser()
      const signIn = await attacker.open(app.authorizeUrl())
      const proven = await attacker.submit(signIn, { username: 'eve', password: PASSWORD })
      const victim = await signedIn()
      const answer = await victim.open(proven.location ?? '')
      expect(answer.status).toBe(403)
      expect(answer.location).toBeUndefined()
      expect((await new TestBrowser().open(proven.location ?? '')).status).toBe(403)
    })

    it("D3: the victim's browser is not signed in to the attacker's account by a form", async () => {
      const attacker = new TestBrowser()
      const signIn = await attacker.open(app.authorizeUrl())
      const credentials = { username: 'eve', password: PASSWORD }
      for (const victim of [new TestBrowser(), await signedIn()]) {
        const before = victim.cookies.get(sessionCookie)
        expect((await victim.submit(signIn, credentials)).status).toBe(403)
        expect(victim.cookies.get(sessionCookie)).toBe(before)
      }
    })

    it('D3: a consent page counts for the account it names, whoever signed in meanwhile', async () => {
      const browser = await signedIn()
      const { verifier, challenge } = newPkce()
      const url = app.authorizeUrl({ prompt: 'consent', code_challenge: challenge })
      const consent = await browser.open(url)
      const other = await browser.open(app.authorizeUrl({ prompt: 'login' }))
      await browser.submit(other, { username: 'eve', password: PASSWORD })
      const decided = await browser.submit(consent, { decision: 'allow' })
      const code = new URL(decided.location ?? '').searchParams.get('code') ?? ''
      const { body } = await app.redeem(code, verifier)
      expect(decodeJwt(body.access_token).sub).toBe(userIdOf('ada'))
    })
  })

  describe('fixed sessions', () => {
    it.each([
      'planted',
      `ost_ss_${'A'.repeat(43)}AAAAAA`,
      '.',
      '....................',
      `'; drop table sessions; --`,
    ])('D4: a planted cookie (%j) is not taken on', async (planted) => {
      const browser = new TestBrowser()
      browser.cookies.set(sessionCookie, encodeURIComponent(planted))
      expect(await askSilently(browser)).toBe('login_required')
      await app.obtainCode({ browser })
      expect(browser.cookies.get(sessionCookie)).toMatch(/^ost_ss_[\w-]{49}$/)
      expect(browser.cookies.get(sessionCookie)).not.toContain(planted)
    })

    it("D4: the attacker's own session, planted, does not become the victim's", async () => {
      const { browser: attacker } = await app.obtainCode({ user: 'eve' })
      const planted = attacker.cookies.get(sessionCookie) ?? ''
      const victim = new TestBrowser()
      victim.cookies.set(sessionCookie, planted)
      const page = await victim.open(app.authorizeUrl({ prompt: 'login' }))
      await victim.submitAndFollow(page, { username: 'ada', password: PASSWORD })

      expect(victim.cookies.get(sessionCookie)?.split('.')[0]).not.toBe(planted)
      // What the attacker kept still stands for the attacker's account alone.
      expect(await askSilently(attacker, { login_hint: 'ada' })).toBe('login_required')
    })

    it('D4: the cookie is for this host, out of reach of scripts, and for https', async () => {
      const browser = new TestBrowser()
      const page = await browser.open(app.authorizeUrl())
      const signInAnswer = await browser.submit(page, { username: 'ada', password: PASSWORD })
      for (const answer of [page, signInAnswer]) {
        const cookies = answer.headers.getSetCookie()
        expect(cookies).toHaveLength(answer === page ? 1 : 2)
        for (const cookie of cookies) {
          expect(cookie).toMatch(/^__Host-/)
          expect(cookie).toMatch(/; Path=\/;/)
          expect(cookie).toMatch(/; HttpOnly/)
          expect(cookie).toMatch(/; Secure/)
          expect(cookie).toMatch(/; SameSite=Lax/)
          expect(cookie).not.toMatch(/domain=/i)
        }
      }
    })
  })

  describe('forced sign-out', () => {
    it('D5: a link or a foreign form only gets the question', async () => {
      const browser = await signedIn()
      for (const query of ['', `?client_id=${WEB_APP.id}`, '?state=x']) {
        const question = await browser.open(`${server.issuer}/sign-out${query}`)
        expect(question.status).toBe(200)
        expect(question.root.querySelector('form [name=token]')).not.toBeNull()
        expect(question.headers.getSetCookie()).toEqual([])
      }
      const posted = await post(browser, '/sign-out', {
        fields: {},
        headers: { 'sec-fetch-site': 'cross-site' },
      })
      expect([200, 303]).toContain(posted.status)
      expect(posted.headers.getSetCookie()).toEqual([])
      expect(await askSilently(browser)).toBe('code')
    })

    it('D5: even a valid hint only gets the question', async () => {
      const { browser, code, verifier } = await app.obtainCode({
        fields: { scope: 'openid contacts:read' },
      })
      const { id_token: hint = '' } = (await app.redeem(code, verifier)).body
      for (const seconds of [0, 7200]) {
        server.clock.advance(seconds)
        const question = await browser.open(`${server.issuer}/sign-out?id_token_hint=${hint}`)
        expect(question.status).toBe(200)
        expect(question.root.querySelector('form [name=token]')).not.toBeNull()
      }
      expect(await askSilently(browser)).toBe('code')
    })

    it('D5: a hint that is changed, unsigned, of another kind or of another app gets a page', async () => {
      const { browser, code, verifier } = await app.obtainCode({
        fields: { scope: 'openid contacts:read' },
      })
      const { body } = await app.redeem(code, verifier)
      const [header, payload = '', signature] = body.id_token.split('.')
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
      const forged = Buffer.from(JSON.stringify({ ...claims, aud: OTHER_APP.id }))
      const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
      const goodbye = 'https://app.example/goodbye'
      const hints = {
        changed: `${header}.${forged.toString('base64url')}.${signature}`,
        unsigned: `${none}.${payload}.`,
        'an access token': body.access_token,
        'a refresh token': body.refresh_token,
        garbage: 'x.y.z',
      }
      for (const [name, hint] of Object.entries(hints)) {
        const query = new URLSearchParams({
          id_token_hint: hint,
          post_logout_redirect_uri: goodbye,
        })
        const answer = await browser.open(`${server.issuer}/sign-out?${query}`)
        expect(answer.status, name).toBe(400)
        expect(answer.location, name).toBeUndefined()
      }
      const other = `id_token_hint=${body.id_token}&client_id=${OTHER_APP.id}`
      expect((await browser.open(`${server.issuer}/sign-out?${other}`)).status).toBe(400)
      expect(await askSilently(browser)).toBe('code')
    })

    it('D5: an address that is not registered for leaving gets a page', async () => {
      for (const uri of [
        'https://evil.example/',
        WEB_APP.redirectUri,
        'https://app.example/goodbye/',
      ]) {
        const browser = await signedIn()
        const query = new URLSearchParams({ client_id: WEB_APP.id, post_logout_redirect_uri: uri })
        const answer = await browser.open(`${server.issuer}/sign-out?${query}`)
        expect(answer.status).toBe(200)
        expect((await browser.submit(answer, {})).location).toBeUndefined()
      }
    })
  })

  describe('questions that must not be skipped', () => {
    it('D9: prompt=none asks nothing: not who is there, not for consent, not which account', async () => {
      expect(await askSilently(new TestBrowser())).toBe('login_required')
      const browser = await signedIn()
      expect(await askSilently(browser)).toBe('code')
      expect(await askSilently(browser, { scope: 'contacts:write' })).toBe('consent_required')
      expect(await askSilently(browser, { login_hint: 'eve' })).toBe('login_required')
    })

    it('D9: prompt=none goes with no other, and never shows a page', async () => {
      const browser = await signedIn()
      for (const prompt of [
        'none login',
        'none consent',
        'login none',
        'none none login',
        'NONE',
      ]) {
        const page = await browser.open(app.authorizeUrl({ prompt }))
        expect(page.status).toBe(303)
        expect(page.location).toContain('error=invalid_request')
      }
    })

    it('D9: a public app on the device is not answered without a page, even after consent', async () => {
      const silently = { prompt: 'none' }
      const spa = new TestApp(server, SPA)
      const native = new TestApp(server, NATIVE_APP)
      const { browser } = await spa.obtainCode()
      expect((await browser.open(spa.authorizeUrl(silently))).location).toContain('code=')
      await native.obtainCode({ browser })
      const { location } = await browser.open(native.authorizeUrl(silently))
      expect(location).toContain('error=consent_required')
    })

    it('D9: max_age asks an older session to sign in, and silence is no way around', async () => {
      const browser = await signedIn()
      server.clock.advance(600)
      expect(await askSilently(browser, { max_age: '600' })).toBe('code')
      expect(await askSilently(browser, { max_age: '599' })).toBe('login_required')
      expect(await askSilently(browser, { max_age: '0' })).toBe('login_required')
      const page = await browser.open(app.authorizeUrl({ max_age: '599' }))
      expect(page.root.querySelector('[name=password]')).not.toBeNull()
    })

    it.each(['-1', '1e9', '0x10', ' 1', 'abc', '99999999999999999999'])(
      'D9: max_age=%j is refused, not read as "any age"',
      async (maxAge) => {
        const page = await (await signedIn()).open(app.authorizeUrl({ max_age: maxAge }))
        expect(page.location).toContain('error=invalid_request')
      },
    )

    it('D9: a fresh sign-in moves auth_time, so that an app can check what it asked for', async () => {
      const fields = { scope: 'openid contacts:read' }
      const { browser } = await app.obtainCode({ fields })
      server.clock.advance(600)
      const again = await app.obtainCode({ browser, fields: { ...fields, max_age: '60' } })
      const { body } = await app.redeem(again.code, again.verifier)
      expect(decodeJwt(body.id_token).auth_time).toBe(server.clock.nowSeconds())
    })

    it('D9: prompt=login wants the password of this request, not the session', async () => {
      const browser = await signedIn()
      const page = await browser.open(app.authorizeUrl({ prompt: 'login' }))
      expect(page.root.querySelector('[name=password]')).not.toBeNull()
      const interaction = page.root.querySelector('[name=interaction]')?.getAttribute('value') ?? ''
      const skipped = await browser.open(`${server.issuer}/authorize?interaction=${interaction}`)
      expect(skipped.root.querySelector('[name=password]')).not.toBeNull()
      const allowed = await post(browser, '/authorize/consent', {
        fields: { interaction, decision: 'allow' },
      })
      expect(allowed.location ?? '').not.toContain('code=')
    })

    it('D9: choosing an account is no sign-in', async () => {
      const browser = await signedIn()
      const page = await browser.open(app.authorizeUrl({ prompt: 'select_account login' }))
      const account = page.root.querySelector('button[name=account]')?.getAttribute('value') ?? ''
      expect(account).not.toBe('')
      const chosen = await browser.submitAndFollow(page, { account })
      expect(chosen.root.querySelector('[name=password]')).not.toBeNull()
    })

    it('D9: an acr that was asked for is not claimed: no level is offered', async () => {
      const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['high'] } } })
      const fields = { scope: 'openid contacts:read', acr_values: 'high', claims }
      const { code, verifier } = await app.obtainCode({ fields })
      const { body } = await app.redeem(code, verifier)
      expect(decodeJwt(body.id_token)).not.toHaveProperty('acr')
      const metadata = await getAnswer(`${server.issuer}/.well-known/openid-configuration`)
      expect(metadata.body).not.toHaveProperty('acr_values_supported')
      expect(metadata.body.claims_parameter_supported).toBe(false)
    })
  })
})
