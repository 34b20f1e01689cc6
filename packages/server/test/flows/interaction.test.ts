// When a user is asked what, and that every answer counts once (OIDC Core §3.1.2.1, RFC 8252 §8.6).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asUserId } from '../../src/protocol/ids.ts'
import { begin, errorIn } from '../support/begin.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { registerClient } from '../support/register-client.ts'
import { signedInBrowser } from '../support/signed-in-browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, TestApp } from '../support/test-app.ts'
import {
  NATIVE_APP,
  PASSWORD,
  SPA,
  TENANT,
  type Username,
  userIdOf,
  WEB_APP,
} from '../support/world.ts'

describe.each(STORES)('interaction on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  const signIn = (browser: TestBrowser, page: BrowserPage, username: Username = 'ada') =>
    browser.submitAndFollow(page, { username, password: PASSWORD })

  /** A browser in which these users are signed in, the last one most recently, and have allowed the app. */
  async function browserOf(...users: Username[]): Promise<TestBrowser> {
    const browser = new TestBrowser()
    for (const user of users) {
      const fields = { scope: 'openid', prompt: 'login' }
      await app.obtainCode({ browser, user, fields })
    }
    return browser
  }

  describe('prompt', () => {
    it('OIDC Core §3.1.2.6: none without a session is login_required', async () => {
      const page = await new TestBrowser().open(begin(app, { prompt: 'none', state: 'kept' }).url)
      expect(kindOf(page)).toBe('redirect')
      const answer = Object.fromEntries(new URL(page.location ?? '').searchParams)
      expect(answer).toMatchObject({ error: 'login_required', state: 'kept', iss: server.issuer })
    })

    it('OIDC Core §3.1.2.6: none without consent is consent_required', async () => {
      const browser = await browserOf('ada')
      const { url } = begin(app, { prompt: 'none', scope: 'openid email' })
      expect(errorIn(await browser.open(url))).toBe('consent_required')
    })

    it('OIDC Core §3.1.2.1: none with session and consent is answered without a page', async () => {
      const browser = await browserOf('ada')
      const { url, claimsFor } = begin(app, { prompt: 'none' })
      expect((await claimsFor(await browser.open(url))).sub).toBe(userIdOf('ada'))
    })

    it.each(['none login', 'none consent', 'none select_account', 'login unheard', 'NONE'])(
      'OIDC Core §3.1.2.1: "%s" is invalid_request',
      async (prompt) => {
        const browser = await browserOf('ada')
        expect(errorIn(await browser.open(begin(app, { prompt }).url))).toBe('invalid_request')
      },
    )

    it('OIDC Core §3.1.2.3: login asks a signed-in user to prove it again, once', async () => {
      const browser = await browserOf('ada')
      server.clock.advance(100)
      const { url, claimsFor } = begin(app, { prompt: 'login' })
      const page = await browser.openAndFollow(url)
      expect(kindOf(page)).toBe('sign-in')
      const done = await signIn(browser, page)
      expect((await claimsFor(done)).auth_time).toBe(server.clock.nowSeconds())
    })

    it('OIDC Core §3.1.2.4: consent asks again what was allowed before', async () => {
      const browser = await browserOf('ada')
      const { url, claimsFor } = begin(app, { prompt: 'consent' })
      const page = await browser.openAndFollow(url)
      expect(kindOf(page)).toBe('consent')
      const done = await browser.submit(page, { decision: 'allow' })
      expect((await claimsFor(done)).sub).toBe(userIdOf('ada'))
    })

    it('OIDC Core §3.1.2.1: "login consent" asks both, one after the other', async () => {
      const browser = await browserOf('ada')
      const { url } = begin(app, { prompt: 'login consent' })
      const consent = await signIn(browser, await browser.openAndFollow(url))
      expect(kindOf(consent)).toBe('consent')
      expect((await browser.submit(consent, { decision: 'allow' })).location).toContain('code=')
    })
  })

  describe('max_age', () => {
    it('OIDC Core §3.1.2.1: an older session signs in again, one of that age does not', async () => {
      const browser = await browserOf('ada')
      server.clock.advance(60)
      const inTime = await browser.open(begin(app, { max_age: '60' }).url)
      expect(inTime.location).toContain('code=')
      server.clock.advance(1)
      const { url, claimsFor } = begin(app, { max_age: '60' })
      const page = await browser.openAndFollow(url)
      expect(kindOf(page)).toBe('sign-in')
      const { auth_time } = await claimsFor(await signIn(browser, page))
      expect(auth_time).toBe(server.clock.nowSeconds())
    })

    it('OIDC Core §3.1.2.1: 0 always signs in again, be it in the same second', async () => {
      const browser = await browserOf('ada')
      const { url } = begin(app, { max_age: '0' })
      const page = await browser.openAndFollow(url)
      expect(kindOf(page)).toBe('sign-in')
      expect((await signIn(browser, page)).location).toContain('code=')
    })

    it('OIDC Core §3.1.2.6: too old and prompt=none is login_required', async () => {
      const browser = await browserOf('ada')
      server.clock.advance(61)
      const { url } = begin(app, { max_age: '60', prompt: 'none' })
      expect(errorIn(await browser.open(url))).toBe('login_required')
    })

    it.each(['-1', '1.5', 'soon', '99999999999'])(
      'OIDC Core §3.1.2.6: max_age=%s is invalid_request',
      async (max_age) => {
        const page = await (await signedInBrowser(server)).open(begin(app, { max_age }).url)
        expect(errorIn(page)).toBe('invalid_request')
      },
    )
  })

  describe('login_hint', () => {
    const usernameOn = (page: BrowserPage) =>
      page.root.querySelector('[name=username]')?.getAttribute('value')

    it('OIDC Core §3.1.2.1: fills in the user name', async () => {
      const page = await new TestBrowser().open(begin(app, { login_hint: 'bob' }).url)
      expect(usernameOn(page)).toBe('bob')
    })

    it.each(['ada', 'ADA ', 'ada@example.com'])(
      'OIDC Core §3.1.2.1: "%s" picks among the accounts that are signed in',
      async (login_hint) => {
        const browser = await browserOf('ada', 'eve')
        const plain = begin(app)
        const { sub } = await plain.claimsFor(await browser.open(plain.url))
        expect(sub).toBe(userIdOf('eve'))
        const hinted = begin(app, { login_hint })
        const claims = await hinted.claimsFor(await browser.open(hinted.url))
        expect(claims.sub).toBe(userIdOf('ada'))
      },
    )

    it('OIDC Core §3.1.2.1: of somebody who is not signed in asks that person', async () => {
      const browser = await browserOf('ada')
      const page = await browser.open(begin(app, { login_hint: 'eve' }).url)
      expect(kindOf(page)).toBe('sign-in')
      expect(usernameOn(page)).toBe('eve')
      const silent = begin(app, { login_hint: 'eve', prompt: 'none' })
      expect(errorIn(await browser.open(silent.url))).toBe('login_required')
    })
  })

  describe('ui_locales', () => {
    const languageOf = ({ root, headers }: BrowserPage) => {
      const language = root.querySelector('html')?.getAttribute('lang')
      expect(headers.get('content-language')).toBe(language)
      return language
    }

    it('OIDC Core §3.1.2.1: chooses the language of every page of the request', async () => {
      const browser = new TestBrowser()
      const { url } = begin(app, { ui_locales: 'de', prompt: 'consent' })
      const page = await browser.openAndFollow(url)
      expect(languageOf(page)).toBe('de')
      const wrong = await browser.submit(page, { username: 'ada', password: 'wrong' })
      expect(languageOf(wrong)).toBe('de')
      const consent = await signIn(browser, wrong)
      expect(kindOf(consent)).toBe('consent')
      expect(languageOf(consent)).toBe('de')
    })

    it('speaks the language that the user has set, once the user is known', async () => {
      const ada = await server.store.findUser(TENANT, userIdOf('ada'))
      if (!ada) throw new Error('the world has no ada')
      const greta = { ...ada, id: asUserId('user-greta'), username: 'greta', locale: 'de' }
      await server.store.createUser(greta, [])
      const consentFor = async (fields: Fields) => {
        const browser = new TestBrowser()
        const page = await browser.openAndFollow(begin(app, fields).url)
        return browser.submitAndFollow(page, { username: 'greta', password: PASSWORD })
      }
      expect(languageOf(await consentFor({}))).toBe('de')
      expect(languageOf(await consentFor({ ui_locales: 'tlh' }))).toBe('de')
      expect(languageOf(await consentFor({ ui_locales: 'en' }))).toBe('en')
    })

    it('OIDC Core §3.1.2.1: chooses the language of the page about a bad request, too', async () => {
      const url = app.authorizeUrl({ ui_locales: 'de', redirect_uri: 'https://elsewhere.example/' })
      expect(languageOf(await new TestBrowser().open(url))).toBe('de')
    })

    it.each([
      ['tlh de', 'en', 'de'],
      ['de-AT', 'en', 'de'],
      ['tlh', 'de-CH, en;q=0.5', 'de'],
      ['tlh', 'tlh', 'en'],
      ['!!', 'en', 'en'],
    ])(
      'OIDC Core §3.1.2.1: "%s" from a reader of "%s" is "%s"',
      async (asked, reader, language) => {
        const page = await new TestBrowser().open(begin(app, { ui_locales: asked }).url, {
          headers: { 'accept-language': reader },
        })
        expect(languageOf(page)).toBe(language)
      },
    )
  })

  describe('account switcher', () => {
    const choices = ({ root }: BrowserPage) =>
      root.querySelectorAll('button[name=account]').map((button) => ({
        id: button.getAttribute('value') ?? '',
        text: button.textContent,
      }))

    it('OIDC Core §3.1.2.1: select_account offers everybody who is signed in', async () => {
      const browser = await browserOf('ada', 'eve')
      const { url, claimsFor } = begin(app, { prompt: 'select_account' })
      const page = await browser.open(url)
      expect(kindOf(page)).toBe('select-account')
      const [eve, ada, other] = choices(page)
      expect(eve?.text).toContain('Eve Example')
      expect(ada?.text).toContain('Ada Example')
      expect(other?.id).toBe('')

      const done = await browser.submitAndFollow(page, { account: ada?.id })
      expect((await claimsFor(done)).sub).toBe(userIdOf('ada'))
      // Who was chosen last is who the next request is for.
      const next = begin(app)
      expect((await next.claimsFor(await browser.open(next.url))).sub).toBe(userIdOf('ada'))
    })

    it('OIDC Core §3.1.2.1: select_account lets another one sign in beside them', async () => {
      const browser = await browserOf('ada')
      const { url, claimsFor } = begin(app, { prompt: 'select_account' })
      const signInPage = await browser.submitAndFollow(await browser.open(url), { account: '' })
      expect(kindOf(signInPage)).toBe('sign-in')
      expect(signInPage.text).toContain('Your other accounts stay signed in.')
      const consent = await signIn(browser, signInPage, 'eve')
      const done = await new TestApp(server, WEB_APP).answerPages(browser, consent)
      expect((await claimsFor(done)).sub).toBe(userIdOf('eve'))
      expect(choices(await browser.open(url))).toHaveLength(3)
    })

    it('OIDC Core §3.1.2.1: select_account with nobody signed in is a sign-in', async () => {
      const page = await new TestBrowser().open(begin(app, { prompt: 'select_account' }).url)
      expect(kindOf(page)).toBe('sign-in')
    })

    it('the consent page names the account and lets the user change it', async () => {
      const browser = await browserOf('ada')
      const { url, claimsFor } = begin(app, { prompt: 'consent' })
      const page = await browser.open(url)
      expect(page.text).toContain('Ada Example')
      const signInPage = await browser.submitAndFollow(page, { account: '' })
      const consent = await signIn(browser, signInPage, 'eve')
      expect(consent.text).toContain('Eve Example')
      const done = await browser.submit(consent, { decision: 'allow' })
      expect((await claimsFor(done)).sub).toBe(userIdOf('eve'))
    })

    it('the answer counts for the account that the page names, whoever signs in meanwhile', async () => {
      const browser = await browserOf('ada')
      const { url, claimsFor } = begin(app, { prompt: 'consent' })
      const page = await browser.open(url)
      const elsewhere = await browser.openAndFollow(begin(app, { prompt: 'login' }).url)
      await signIn(browser, elsewhere, 'eve')
      const done = await browser.submit(page, { decision: 'allow' })
      expect((await claimsFor(done)).sub).toBe(userIdOf('ada'))
    })

    it('nothing is allowed for who has signed out meanwhile', async () => {
      const browser = await browserOf('ada')
      const page = await browser.open(begin(app, { prompt: 'consent' }).url)
      await browser.submit(await browser.open(`${server.issuer}/sign-out`), {})
      const next = await browser.submitAndFollow(page, { decision: 'allow' })
      expect(kindOf(next)).toBe('sign-in')
    })
  })

  describe('who is not asked, and who always is', () => {
    it('a first-party app needs no consent', async () => {
      const client = await registerClient(
        server,
        { id: 'own-app', secret: 'own-app-secret-0123456789' },
        {
          party: 'first',
          redirectUris: ['https://own.example/callback'],
          grantTypes: ['authorization_code'],
          scopes: ['openid'],
        },
      )
      const own = new TestApp(server, client)
      const browser = new TestBrowser()
      const { url, claimsFor } = begin(own)
      const done = await signIn(browser, await browser.openAndFollow(url))
      expect((await claimsFor(done)).sub).toBe(userIdOf('ada'))

      // Which organisation it is for, nobody but the user can know.
      const other = new TestBrowser()
      const page = await signIn(other, await other.openAndFollow(begin(own).url), 'bob')
      expect(kindOf(page)).toBe('consent')
      const silent = begin(own, { prompt: 'none' })
      expect(errorIn(await other.open(silent.url))).toBe('consent_required')

      const asked = await browser.open(begin(own, { prompt: 'consent' }).url)
      expect(kindOf(asked)).toBe('consent')
    })

    it.each([
      'http://127.0.0.1:49152/callback',
      'http://[::1]:7/callback',
      'com.example.app:/callback',
    ])('RFC 8252 §8.6: an app at %s is allowed by the user each time', async (redirect_uri) => {
      const native = new TestApp(server, NATIVE_APP)
      const fields = { redirect_uri, scope: 'openid' }
      const { browser, code } = await native.obtainCode({ fields })
      expect(code).toMatch(/^ost_ac_/)
      expect(kindOf(await browser.open(begin(native, fields).url))).toBe('consent')
      const silent = begin(native, { ...fields, prompt: 'none' })
      expect(errorIn(await browser.open(silent.url))).toBe('consent_required')
    })

    it('RFC 8252 §8.6: an app in the browser, known by its https address, is remembered', async () => {
      const spa = new TestApp(server, SPA)
      const { browser } = await spa.obtainCode({ fields: { scope: 'openid' } })
      expect((await browser.open(begin(spa).url)).location).toContain('code=')
    })
  })

  describe('pages that were left open', () => {
    it('a sign-in page of more than an hour ago says so and starts again', async () => {
      const browser = new TestBrowser()
      const { url, claimsFor } = begin(app, { login_hint: 'ada', prompt: 'login' })
      const page = await browser.openAndFollow(url)
      server.clock.advance(3601)
      const again = await signIn(browser, page)
      expect(kindOf(again)).toBe('sign-in')
      expect(again.status).toBe(200)
      expect(again.text).toContain('This page was open for a long time')

      const done = await app.answerPages(browser, again)
      expect((await claimsFor(done)).sub).toBe(userIdOf('ada'))
    })

    it('a consent page of more than an hour ago asks once more', async () => {
      const browser = await browserOf('ada')
      const { url, claimsFor } = begin(app, { prompt: 'consent' })
      const page = await browser.open(url)
      server.clock.advance(3601)
      const again = await browser.submitAndFollow(page, { decision: 'allow' })
      expect(kindOf(again)).toBe('consent')
      const done = await browser.submit(again, { decision: 'allow' })
      expect((await claimsFor(done)).sub).toBe(userIdOf('ada'))
    })

    it('what was proven for it an hour ago no longer counts', async () => {
      const browser = new TestBrowser()
      const page = await browser.openAndFollow(begin(app, { prompt: 'login consent' }).url)
      const consent = await signIn(browser, page)
      server.clock.advance(3601)
      const again = await browser.submitAndFollow(consent, { decision: 'allow' })
      expect(kindOf(again)).toBe('sign-in')
    })
  })
})
