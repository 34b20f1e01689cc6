// What a user does for one request (signing in again, choosing an account) is good for one answer.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, TestApp } from '../support/test-app.ts'
import { PASSWORD, WEB_APP } from '../support/world.ts'

describe.each(STORES)('proven once on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  /** A browser in which ada is signed in and has allowed the app. */
  const browserOfAda = async () => (await app.obtainCode({ browser: new TestBrowser() })).browser

  /** Where the form of a page leads back to the request. */
  const resumed = async (browser: TestBrowser, page: BrowserPage, fields: Fields) => {
    const { location } = await browser.submit(page, fields as Record<string, string>)
    return location ?? ''
  }

  it.each([
    ['prompt=login', { prompt: 'login' }, { username: 'ada', password: PASSWORD }, 'sign-in'],
    ['max_age=0', { max_age: '0' }, { username: 'ada', password: PASSWORD }, 'sign-in'],
    ['select_account', { prompt: 'select_account' }, undefined, 'select-account'],
  ] as const)('security L2: is good for one code, with %s', async (_name, fields, form, kind) => {
    const browser = await browserOfAda()
    const asked = await browser.open(app.authorizeUrl(fields))
    expect(kindOf(asked)).toBe(kind)
    const account = asked.root.querySelector('[name=account]')?.getAttribute('value') ?? ''
    const next = await resumed(browser, asked, form ?? { account })
    expect((await browser.open(next)).location).toContain('code=')
    for (const _time of [2, 3]) {
      const again = await browser.openAndFollow(next)
      expect(kindOf(again)).toBe(kind)
    }
    // Doing it again is good for one code again.
    const page = await browser.openAndFollow(next)
    const anew = await resumed(browser, page, form ?? { account })
    expect((await browser.open(anew)).location).toContain('code=')
  })

  it('security L2: is spent by the answer to a page, too', async () => {
    const browser = await browserOfAda()
    const form = { username: 'ada', password: PASSWORD }
    const next = await resumed(
      browser,
      await browser.open(app.authorizeUrl({ prompt: 'login consent' })),
      form,
    )
    const consent = await browser.open(next)
    const allowed = await browser.submit(consent, { decision: 'allow' })
    expect(allowed.location).toContain('code=')
    const again = await browser.submitAndFollow(await browser.open(next), { decision: 'allow' })
    expect(kindOf(again)).toBe('sign-in')
  })
})
