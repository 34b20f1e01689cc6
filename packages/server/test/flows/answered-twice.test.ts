// A button that is pressed twice, and a page that somebody goes back to: the first answer counts, and nobody gets stuck.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { begin, errorIn } from '../support/begin.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { newPkce, TestApp } from '../support/test-app.ts'
import { OTHER_APP, PASSWORD, type Username, userIdOf, WEB_APP } from '../support/world.ts'

describe.each(STORES)('an answer given twice, on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  const signIn = (browser: TestBrowser, page: BrowserPage) =>
    browser.submitAndFollow(page, { username: 'ada', password: PASSWORD })

  /** A browser in which this user is signed in, and has allowed the app. */
  async function browserOf(user: Username): Promise<TestBrowser> {
    const browser = new TestBrowser()
    await app.obtainCode({ browser, user, fields: { scope: 'openid' } })
    return browser
  }

  async function openConsent() {
    const browser = await browserOf('ada')
    const request = begin(app, { prompt: 'consent' })
    return { ...request, browser, page: await browser.open(request.url) }
  }

  /** Of an app that nothing was allowed before. */
  async function openNewConsent(name: string) {
    const credentials = { id: `${name}-${kind}`, secret: `${name}-secret-0123456789` }
    const client = await registerClient(server, credentials, {
      redirectUris: [WEB_APP.redirectUri],
      grantTypes: ['authorization_code'],
      scopes: ['openid'],
    })
    const request = begin(new TestApp(server, client))
    const browser = await browserOf('ada')
    const page = await browser.open(request.url)
    expect(kindOf(page)).toBe('consent')
    return { ...request, browser, page }
  }

  it('field 24: a double click leads to the app both times, with a code each', async () => {
    const { browser, page, claimsFor } = await openConsent()
    const both = await Promise.all([
      browser.submit(page, { decision: 'allow' }),
      browser.submit(page, { decision: 'allow' }),
    ])
    expect(new Set(both.map(({ location }) => location)).size).toBe(2)
    for (const each of both) expect((await claimsFor(each)).sub).toBe(userIdOf('ada'))
  })

  it('field 24: also with a box unticked, and gives no more than was ticked', async () => {
    const other = new TestApp(server, OTHER_APP)
    const browser = await browserOf('eve')
    const { verifier, challenge } = newPkce()
    const scope = 'contacts:read contacts:write'
    const page = await browser.open(other.authorizeUrl({ scope, code_challenge: challenge }))
    for (let time = 0; time < 2; time += 1) {
      const { location = '' } = await browser.submit(page, {
        decision: 'allow',
        scope: undefined,
      })
      const code = new URL(location).searchParams.get('code') ?? ''
      const { body } = await other.redeem(code, verifier)
      expect(body.scope).toBe('contacts:read')
    }
  })

  it('prompt=login: pressing Allow again asks for the password again', async () => {
    const browser = new TestBrowser()
    const first = await browser.openAndFollow(begin(app, { prompt: 'login consent' }).url)
    const page = await signIn(browser, first)
    expect(errorIn(await browser.submit(page, { decision: 'allow' }))).toBeNull()
    const again = await browser.submitAndFollow(page, { decision: 'allow' })
    expect(kindOf(again)).toBe('sign-in')
  })

  it('the page that the second answer to a refusal ends on leads to the app all the same', async () => {
    const { browser, page } = await openNewConsent('refused-first')
    await browser.submit(page, { decision: 'deny' })
    const second = await browser.submit(page, { decision: 'allow' })
    const link = second.root.querySelector('a.continue')?.getAttribute('href') ?? ''
    const next = await browser.openAndFollow(new URL(link, second.url).href)
    expect(kindOf(next)).toBe('consent')
    const done = await browser.submit(next, { decision: 'allow' })
    expect(new URL(done.location ?? '').searchParams.has('code')).toBe(true)
  })

  it('field 24: going back after Allow and pressing it again leads to the app, with a code of its own', async () => {
    const { browser, page, claimsFor } = await openNewConsent('pressed-twice')
    const first = await browser.submit(page, { decision: 'allow' })
    const second = await browser.submitAndFollow(page, { decision: 'allow' })
    expect((await claimsFor(second)).sub).toBe(userIdOf('ada'))
    expect(second.location).not.toBe(first.location)
    expect((await claimsFor(first)).sub).toBe(userIdOf('ada'))
  })

  it('going back after the answer and giving another changes nothing', async () => {
    const { browser, page } = await openNewConsent('refused')
    const denied = await browser.submit(page, { decision: 'deny' })
    expect(errorIn(denied)).toBe('access_denied')
    const changed = await browser.submit(page, { decision: 'allow' })
    expect(changed.status).toBe(403)
    expect(kindOf(changed)).toBe('error')
    expect(changed.text).toContain('You have already answered')
  })

  it('going back to the sign-in page and signing in again goes on', async () => {
    const browser = new TestBrowser()
    const { url, claimsFor } = begin(app)
    const page = await browser.openAndFollow(url)
    await app.answerPages(browser, await signIn(browser, page))
    const again = await app.answerPages(browser, await signIn(browser, page))
    expect((await claimsFor(again)).sub).toBe(userIdOf('ada'))
  })

  it('a sign-in sent twice signs in once', async () => {
    const browser = new TestBrowser()
    const page = await browser.openAndFollow(begin(app, { prompt: 'login' }).url)
    await signIn(browser, page)
    await signIn(browser, page)
    const accounts = await browser.open(begin(app, { prompt: 'select_account' }).url)
    expect(accounts.root.querySelectorAll('button[name=account]')).toHaveLength(2)
  })
})
