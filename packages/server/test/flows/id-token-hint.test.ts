// `id_token_hint` at the authorization endpoint: the answer is about the user whom the app means, or there is none.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorIn } from '../support/begin.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, newPkce, TestApp } from '../support/test-app.ts'
import { OTHER_APP, PASSWORD, type Username, userIdOf, WEB_APP } from '../support/world.ts'

const HOUR = 3600

describe.each(STORES)('id_token_hint on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  /** An ID token of this user, for this app. */
  async function hintOf(user: Username, asker = app): Promise<string> {
    return (await asker.obtainTokens({ user, fields: { scope: 'openid' } })).id_token ?? ''
  }
  /** A browser in which these users are signed in, the last one most recently, and have allowed the app. */
  async function browserOf(...users: Username[]): Promise<TestBrowser> {
    const browser = new TestBrowser()
    for (const user of users) {
      await app.obtainCode({ browser, user, fields: { scope: 'openid', prompt: 'login' } })
    }
    return browser
  }
  const { verifier, challenge } = newPkce()
  const open = (browser: TestBrowser, fields: Fields) =>
    browser.openAndFollow(
      app.authorizeUrl({ scope: 'openid', code_challenge: challenge, ...fields }),
    )
  /** Whom the app is told about. */
  async function subjectOf({ location = '' }: BrowserPage): Promise<string | undefined> {
    const code = new URL(location).searchParams.get('code') ?? ''
    const { body } = await app.redeem(code, verifier)
    return decodeJwt(body.id_token).sub
  }
  const signInAt = (browser: TestBrowser, page: BrowserPage, username: Username) =>
    browser.submitAndFollow(page, { username, password: PASSWORD })

  it('OIDC Core §3.1.2.1, security M10: prompt=none with another user signed in is login_required', async () => {
    const id_token_hint = await hintOf('ada')
    const browser = await browserOf('eve')
    expect(errorIn(await open(browser, { prompt: 'none', id_token_hint }))).toBe('login_required')
    const stranger = new TestBrowser()
    expect(errorIn(await open(stranger, { prompt: 'none', id_token_hint }))).toBe('login_required')
    const known = await open(browser, { prompt: 'none', id_token_hint: await hintOf('eve') })
    expect(await subjectOf(known)).toBe(userIdOf('eve'))
  })

  it('OIDC Core §3.1.2.1, security M10: of two who are signed in it picks the one whom it names', async () => {
    const browser = await browserOf('ada', 'eve')
    const id_token_hint = await hintOf('ada')
    for (const fields of [{}, { prompt: 'none' }, { login_hint: 'eve' }]) {
      const page = await open(browser, { id_token_hint, ...fields })
      expect(await subjectOf(page), JSON.stringify(fields)).toBe(userIdOf('ada'))
    }
  })

  it('OIDC Core §3.1.2.2, security M10: asks whom it names to sign in, and answers about nobody else', async () => {
    const id_token_hint = await hintOf('ada')
    const browser = await browserOf('eve')
    const page = await open(browser, { id_token_hint })
    expect(kindOf(page)).toBe('sign-in')
    // Who holds an ID token need not know the name that its user signs in with.
    expect(page.root.querySelector('[name=username]')?.getAttribute('value')).toBe('')
    expect(errorIn(await signInAt(browser, page, 'eve'))).toBe('login_required')
    const again = await open(browser, { id_token_hint })
    expect(await subjectOf(await signInAt(browser, again, 'ada'))).toBe(userIdOf('ada'))
  })

  it('OIDC Core §3.1.2.1: who is signed in as another hears that another is expected, and never whom', async () => {
    const id_token_hint = await hintOf('ada')
    const expects = (page: BrowserPage) => page.text.includes('The app expects another account')
    const page = await open(await browserOf('eve'), { id_token_hint })
    expect(expects(page)).toBe(true)
    expect(page.root.querySelector('main')?.text).not.toMatch(/\bada\b/i)
    expect(expects(await open(new TestBrowser(), { id_token_hint }))).toBe(false)
    const again = await open(await browserOf('ada'), { id_token_hint, prompt: 'login' })
    expect(kindOf(again)).toBe('sign-in')
    expect(expects(again)).toBe(false)
  })

  it('OIDC Core §3.1.2.2: choosing another account than it names is login_required', async () => {
    const browser = await browserOf('ada', 'eve')
    const fields = { id_token_hint: await hintOf('ada'), prompt: 'select_account' }
    const page = await open(browser, fields)
    const [eve, ada] = page.root
      .querySelectorAll('[name=account]')
      .map((button) => button.getAttribute('value') ?? '')
    expect(errorIn(await browser.submitAndFollow(page, { account: eve ?? '' }))).toBe(
      'login_required',
    )
    const chosen = await browser.submitAndFollow(page, { account: ada ?? '' })
    expect(await subjectOf(chosen)).toBe(userIdOf('ada'))
  })

  it('OIDC Core §3.1.2.1: max_age counts for whom it names', async () => {
    const id_token_hint = await hintOf('ada')
    const browser = await browserOf('ada')
    server.clock.advance(60)
    await app.obtainCode({ browser, user: 'eve', fields: { scope: 'openid', prompt: 'login' } })
    const page = await open(browser, { id_token_hint, max_age: '30' })
    expect(kindOf(page)).toBe('sign-in')
    expect(await subjectOf(await signInAt(browser, page, 'ada'))).toBe(userIdOf('ada'))
  })

  it('OIDC Core §3.1.2.1: one that has expired is as good, until its key has left', async () => {
    const id_token_hint = await hintOf('ada')
    server.clock.advance(2 * HOUR)
    const browser = await browserOf('ada')
    const page = await open(browser, { prompt: 'none', id_token_hint })
    expect(await subjectOf(page)).toBe(userIdOf('ada'))
  })

  it('OIDC Core §3.1.2.1, security M10: what does not verify is invalid_request, and never a code', async () => {
    const browser = await browserOf('ada')
    const good = await hintOf('ada')
    const [header = '', claims = '', signature = ''] = good.split('.')
    const other = new TestApp(server, OTHER_APP)
    const { access_token } = await app.obtainTokens({ fields: { scope: 'openid' } })
    const forged = { ...decodeJwt(good), sub: userIdOf('ada') }
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    for (const id_token_hint of [
      'nonsense',
      `${header}.${claims}.`,
      `${header}.${encode({ ...forged, sub: userIdOf('eve') })}.${signature}`,
      `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`,
      `${header}.${claims}.${signature}.x.y`,
      access_token,
      await hintOf('ada', other),
    ]) {
      for (const fields of [{}, { prompt: 'none' }]) {
        const page = await open(browser, { id_token_hint, ...fields })
        expect(errorIn(page), id_token_hint).toBe('invalid_request')
      }
    }
  })
})

describe('id_token_hint where the contract has no ID tokens', () => {
  it('is a parameter that nobody knows', async () => {
    const server = await startTestServer('sqlite', { contract: 'mister-james' })
    try {
      const app = new TestApp(server, server.apps.webApp)
      const { browser } = await app.obtainCode({ browser: new TestBrowser() })
      const page = await browser.open(app.authorizeUrl({ id_token_hint: 'nonsense' }))
      expect(page.location).toContain('code=')
    } finally {
      await server.stop()
    }
  })
})
