// Sessions of browsers: their cookies, how long they last, several accounts at a time, and their end
// (OIDC RP-Initiated Logout, RFC 6265).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { cookieName } from '../support/cookie-name.ts'
import { kindOf } from '../support/page-kind.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { OTHER_APP, PASSWORD, TENANT, type Username, userIdOf, WEB_APP } from '../support/world.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const GOODBYE = 'https://app.example/goodbye'

describe.each(STORES)('sessions on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let sessionCookie: string

  beforeAll(async () => {
    server = await startTestServer(kind)
    sessionCookie = cookieName(server.issuer, 'session')
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  async function signIn(browser: TestBrowser, username: Username = 'ada'): Promise<BrowserPage> {
    const page = await browser.openAndFollow(app.authorizeUrl({ prompt: 'login' }))
    return browser.submit(page, { username, password: PASSWORD })
  }

  async function browserOf(...users: Username[]): Promise<TestBrowser> {
    const browser = new TestBrowser()
    for (const user of users) await signIn(browser, user)
    return browser
  }

  /** The names that the account chooser offers: those who are signed in. */
  async function signedInUsers(browser: TestBrowser): Promise<string[]> {
    const page = await browser.open(app.authorizeUrl({ prompt: 'select_account' }))
    const buttons = page.root.querySelectorAll('button[name=account]')
    const accounts = buttons.filter((button) => button.getAttribute('value') !== '')
    return accounts.map((button) => button.querySelector('.username')?.textContent ?? '')
  }

  describe('cookies', () => {
    const cookieIn = ({ headers }: BrowserPage, name: string) => {
      const line = headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`)) ?? ''
      const [pair = '', ...attributes] = line.split('; ')
      return { value: pair.slice(name.length + 1), attributes: attributes.toSorted() }
    }

    it('ASVS 3.3.1: the session cookie is for this host, this protocol and no script', async () => {
      const { value, attributes } = cookieIn(await signIn(new TestBrowser()), sessionCookie)
      expect(value).toMatch(/^ost_ss_[\w-]{49}$/)
      expect(attributes).toEqual([
        'HttpOnly',
        `Max-Age=${14 * DAY}`,
        'Path=/',
        'SameSite=Lax',
        'Secure',
      ])
    })

    it('ASVS 3.3.1: so is the one that tells browsers apart, which ends with the browser', async () => {
      const page = await new TestBrowser().open(app.authorizeUrl())
      const [line = ''] = page.headers.getSetCookie()
      const [name = ''] = line.split('=')
      const { value, attributes } = cookieIn(page, name)
      expect(value).toMatch(/^[0-9a-f]{32}$/)
      expect(name).toBe(cookieName(server.issuer, 'browser-') + value.slice(0, 8))
      expect(attributes).toEqual(['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure'])
    })

    it('field 29: servers at two ports of a host leave each other alone', async () => {
      const neighbour = await startTestServer('sqlite')
      try {
        const browser = await browserOf('ada')
        const there = new TestApp(neighbour, WEB_APP)
        await there.obtainCode({ browser, user: 'eve' })
        expect(await signedInUsers(browser)).toEqual(['ada'])
        const url = there.authorizeUrl({ prompt: 'none' })
        expect((await browser.open(url)).location).toContain('code=')
      } finally {
        await neighbour.stop()
      }
    })

    it('ASVS 7.2.4: every sign-in gives a new session', async () => {
      const browser = new TestBrowser()
      const first = cookieIn(await signIn(browser), sessionCookie).value
      const second = cookieIn(await signIn(browser), sessionCookie).value
      expect(second).not.toContain(first)
      const thief = new TestBrowser()
      thief.cookies.set(sessionCookie, first)
      expect(await signedInUsers(thief)).toEqual([])
    })

    it.each(['', 'rubbish', 'ost_ss_short', '.'.repeat(200), '%00'])(
      'RFC 6265 §8.4: a cookie "%s" that is not ours signs nobody in',
      async (value) => {
        const browser = new TestBrowser()
        browser.cookies.set(sessionCookie, value)
        const page = await browser.open(app.authorizeUrl())
        expect(page.status).toBe(200)
        expect(kindOf(page)).toBe('sign-in')
      },
    )
  })

  describe('expiry', () => {
    it('ASVS 7.3.1: a session that was not used for a day has ended', async () => {
      const browser = await browserOf('ada')
      server.clock.advance(DAY - 1)
      expect(await signedInUsers(browser)).toEqual(['ada'])
      server.clock.advance(DAY)
      expect(await signedInUsers(browser)).toEqual([])
    })

    it('ASVS 7.3.2: however much it is used, it ends after 14 days', async () => {
      const browser = await browserOf('ada')
      for (let hours = 0; hours < 14 * 24 - 12; hours += 12) {
        server.clock.advance(12 * HOUR)
        expect(await signedInUsers(browser), `after ${hours} hours`).toEqual(['ada'])
      }
      server.clock.advance(12 * HOUR)
      expect(await signedInUsers(browser)).toEqual([])
    })

    it('ASVS 7.4.2: the sessions of a disabled user end at once', async () => {
      const browser = await browserOf('eve', 'ada')
      const ending = { ...holderEndingNow(server), userId: userIdOf('eve') }
      await server.store.disableUser(ending)
      expect(await signedInUsers(browser)).toEqual(['ada'])
    })
  })

  describe('several accounts', () => {
    it('one browser holds several, the one used last first', async () => {
      const browser = await browserOf('ada', 'bob')
      expect(await signedInUsers(browser)).toEqual(['bob', 'ada'])
      await signIn(browser, 'ada')
      expect(await signedInUsers(browser)).toEqual(['ada', 'bob'])
    })

    it('each ends by its own time', async () => {
      const browser = await browserOf('ada')
      for (let days = 0; days < 13; days += 0.5) {
        server.clock.advance(12 * HOUR)
        await signedInUsers(browser)
      }
      await signIn(browser, 'bob')
      server.clock.advance(23 * HOUR)
      expect(await signedInUsers(browser)).toEqual(['bob', 'ada'])
      server.clock.advance(2 * HOUR)
      expect(await signedInUsers(browser)).toEqual(['bob'])
    })

    it('ASVS 7.5.2: each is listed with where it came from, and can be ended alone', async () => {
      const browser = new TestBrowser()
      const page = await browser.open(app.authorizeUrl())
      const headers = { 'user-agent': 'Test/1.0 (a browser)' }
      await browser.submit(page, { username: 'bob', password: PASSWORD }, headers)
      const id = userIdOf('bob')
      const list = () =>
        server.store.listSessions({
          tenant: TENANT,
          userId: id,
          nowSeconds: server.clock.nowSeconds(),
        })
      const mine = (await list()).find(({ userAgent }) => userAgent === 'Test/1.0 (a browser)')
      expect(mine?.address).toMatch(/^(127\.0\.0\.1|::1)$/)

      await server.store.endSessionById({ tenant: TENANT, userId: id, id: mine?.id ?? '' })
      expect(await signedInUsers(browser)).toEqual([])
    })
  })

  describe('sign-out', () => {
    const signOutUrl = (fields: Record<string, string> = {}) =>
      `${server.issuer}/sign-out?${new URLSearchParams(fields)}`

    it('OIDC RP-Initiated Logout §2: asks first, and until then changes nothing', async () => {
      const browser = await browserOf('bob', 'ada')
      const page = await browser.open(signOutUrl())
      expect(kindOf(page)).toBe('sign-out')
      expect(page.text).toContain('Ada Example')
      expect(page.text).toContain('Bob Example')
      expect(await signedInUsers(browser)).toEqual(['ada', 'bob'])
    })

    it('OIDC RP-Initiated Logout §2: ends all sessions of the browser, not only its cookie', async () => {
      const browser = await browserOf('bob', 'ada')
      const copy = new TestBrowser()
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
      const done = await browser.submit(await browser.open(signOutUrl()), {})
      expect(kindOf(done)).toBe('signed-out')
      expect(browser.cookies.has(sessionCookie)).toBe(false)
      expect(await signedInUsers(copy)).toEqual([])
    })

    it('OIDC RP-Initiated Logout §2: with nobody signed in there is nothing to ask', async () => {
      const page = await new TestBrowser().open(signOutUrl())
      expect(page.status).toBe(200)
      expect(kindOf(page)).toBe('signed-out')
    })

    it('OIDC RP-Initiated Logout §2: an app may send the request by POST', async () => {
      const browser = await browserOf('ada')
      const moved = await browser.open(`${server.issuer}/sign-out`, {
        method: 'POST',
        body: new URLSearchParams({ client_id: WEB_APP.id, state: 'kept' }).toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'cross-site',
        },
      })
      expect(moved.status).toBe(303)
      expect(kindOf(await browser.open(moved.location ?? ''))).toBe('sign-out')
      expect(await signedInUsers(browser)).toEqual(['ada'])
    })

    it('OIDC RP-Initiated Logout §2: speaks the language that was asked for, to the end', async () => {
      const browser = await browserOf('ada')
      const page = await browser.open(signOutUrl({ ui_locales: 'de' }))
      expect(page.headers.get('content-language')).toBe('de')
      const done = await browser.submit(page, {})
      expect(done.headers.get('content-language')).toBe('de')
    })

    it('leaves the tokens of apps alone: they work while nobody is at a screen', async () => {
      const browser = new TestBrowser()
      const { refresh_token } = await app.obtainTokens({ browser })
      await browser.submit(await browser.open(signOutUrl()), {})
      expect((await app.refresh(refresh_token)).status).toBe(200)
    })

    it('OIDC RP-Initiated Logout §3: then returns to the registered address, with state', async () => {
      const browser = await browserOf('ada')
      const page = await browser.open(
        signOutUrl({
          client_id: WEB_APP.id,
          post_logout_redirect_uri: GOODBYE,
          state: 'a/b c',
        }),
      )
      expect(kindOf(page)).toBe('sign-out')
      expect(page.headers.get('content-security-policy')).toMatch(/form-action 'self'$/)
      const done = await browser.submit(page, {})
      expect(done.status).toBe(200)
      const { origin, pathname, searchParams } = new URL(done.location ?? '')
      expect(origin + pathname).toBe(GOODBYE)
      expect(Object.fromEntries(searchParams)).toEqual({ state: 'a/b c' })
      expect(await signedInUsers(browser)).toEqual([])
    })

    it.each([
      ['an address that is not registered', { client_id: WEB_APP.id }, 'https://evil.example/'],
      ['a redirect URI for codes', { client_id: WEB_APP.id }, WEB_APP.redirectUri],
      ['the address of another app', { client_id: OTHER_APP.id }, GOODBYE],
      ['an unknown app', { client_id: 'nobody' }, GOODBYE],
      ['no app at all', {}, GOODBYE],
    ])(
      'OIDC RP-Initiated Logout §3, clients F11: %s leads nowhere, and does not keep anybody signed in',
      async (_, fields, uri) => {
        const url = signOutUrl({ ...fields, post_logout_redirect_uri: uri })
        expect(kindOf(await new TestBrowser().open(url))).toBe('signed-out')
        const browser = await browserOf('ada')
        const page = await browser.open(url)
        expect(kindOf(page)).toBe('sign-out')
        expect(kindOf(await browser.submit(page, {}))).toBe('signed-out')
        expect(await signedInUsers(browser)).toEqual([])
      },
    )

    it('OIDC RP-Initiated Logout §3: a disabled app gets nobody back', async () => {
      await registerClient(
        server,
        { id: 'former-app', secret: undefined },
        {
          postLogoutRedirectUris: [GOODBYE],
          disabledAtSeconds: server.clock.nowSeconds(),
        },
      )
      const page = await new TestBrowser().open(
        signOutUrl({ client_id: 'former-app', post_logout_redirect_uri: GOODBYE }),
      )
      expect(kindOf(page)).toBe('signed-out')
    })

    describe('id_token_hint', () => {
      const idTokenOf = (client = WEB_APP) =>
        new TestApp(server, client).obtainTokens({ fields: { scope: 'openid' } })
      const open = (fields: Record<string, string>) =>
        new TestBrowser().open(signOutUrl({ post_logout_redirect_uri: GOODBYE, ...fields }))

      it('OIDC RP-Initiated Logout §2: names the app in place of client_id', async () => {
        const { id_token = '' } = await idTokenOf()
        expect((await open({ id_token_hint: id_token })).location).toBe(GOODBYE)
        const both = await open({ id_token_hint: id_token, client_id: WEB_APP.id })
        expect(both.location).toBe(GOODBYE)
      })

      it('OIDC RP-Initiated Logout §2: still asks, for the hint may be an old one', async () => {
        const browser = new TestBrowser()
        const tokens = await app.obtainTokens({ browser, fields: { scope: 'openid' } })
        const page = await browser.open(signOutUrl({ id_token_hint: tokens.id_token ?? '' }))
        expect(kindOf(page)).toBe('sign-out')
      })

      it('OIDC RP-Initiated Logout §4: is taken after its expiry', async () => {
        const { id_token = '' } = await idTokenOf()
        server.clock.advance(2 * HOUR)
        expect((await open({ id_token_hint: id_token })).location).toBe(GOODBYE)
      })

      it('OIDC RP-Initiated Logout §4: of another app does not open this app', async () => {
        const { id_token = '' } = await idTokenOf(OTHER_APP)
        const foreign = await open({ id_token_hint: id_token })
        expect([kindOf(foreign), foreign.location]).toEqual(['signed-out', undefined])
        const mixed = await open({ id_token_hint: id_token, client_id: WEB_APP.id })
        expect(kindOf(mixed)).toBe('error')
      })

      it('OIDC RP-Initiated Logout §4: that is forged, altered or no ID token is refused', async () => {
        const { id_token = '', access_token } = await idTokenOf()
        const [header = '', payload = '', signature] = id_token.split('.')
        const altered = payload.replace(/^..../, 'eyJh')
        const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
        const forged = ['rubbish', access_token, `${none}.${payload}.`]
        for (const hint of [...forged, `${header}.${altered}.${signature}`]) {
          const page = await open({ id_token_hint: hint, client_id: WEB_APP.id })
          expect(kindOf(page), hint).toBe('error')
        }
      })
    })
  })
})
