// Tabs of one browser that are open at the same time: a restored session, a page with a hidden frame, a popup.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { PASSWORD, WEB_APP } from '../support/world.ts'

describe.each(STORES)('several tabs on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  const openTogether = (browser: TestBrowser, count: number) => {
    const tabs = Array.from({ length: count }, (_, tab) => `tab ${tab}`)
    return Promise.all(
      tabs.map((state) => browser.open(app.authorizeUrl({ state, prompt: 'consent' }))),
    )
  }
  const signIn = (browser: TestBrowser, page: BrowserPage, username = 'ada') =>
    browser.submitAndFollow(page, { username, password: PASSWORD })

  it.each([2, 3, 12])(
    'field 20: all of %i go through that a browser without cookies opens together',
    async (count) => {
      const browser = new TestBrowser()
      for (const [tab, page] of (await openTogether(browser, count)).entries()) {
        const consent = await signIn(browser, page)
        expect(kindOf(consent), consent.text).toBe('consent')
        const { location = '' } = await browser.submit(consent, { decision: 'allow' })
        const { searchParams } = new URL(location)
        expect(searchParams.get('code')).toMatch(/^ost_ac_/)
        expect(searchParams.get('state')).toBe(`tab ${tab}`)
      }
    },
  )

  it('field 20: a browser that is known is given no further cookie', async () => {
    const browser = new TestBrowser()
    await openTogether(browser, 2)
    const names = [...browser.cookies.keys()]
    expect(names).toHaveLength(2)
    for (const page of await openTogether(browser, 2)) {
      expect(page.headers.getSetCookie()).toEqual([])
    }
  })

  it('RFC 9700 §4.7: a page that another browser was given is refused, whatever tabs are open', async () => {
    const [victim, attacker] = [new TestBrowser(), new TestBrowser()]
    await openTogether(victim, 3)
    const [page] = await openTogether(attacker, 3)
    if (!page) throw new Error('no page')
    expect((await signIn(victim, page, 'eve')).status).toBe(403)
  })

  it('browsers F4: the same user, signed in in both tabs, goes on in the first', async () => {
    const browser = new TestBrowser()
    const [first, second] = await openTogether(browser, 2)
    if (!first || !second) throw new Error('no pages')
    const consents = [await signIn(browser, first), await signIn(browser, second)]
    for (const consent of consents) {
      expect(kindOf(consent)).toBe('consent')
      const { location } = await browser.submitAndFollow(consent, { decision: 'allow' })
      expect(location).toContain('code=')
    }
  })

  it('browsers F4: whoever else signs in in the other tab does not answer for the user of the first', async () => {
    const browser = new TestBrowser()
    const [first, second] = await openTogether(browser, 2)
    if (!first || !second) throw new Error('no pages')
    const consent = await signIn(browser, first, 'ada')
    // The first user signs out, and another one comes.
    const signOut = await browser.open(`${server.issuer}/sign-out`)
    await browser.submit(signOut, {})
    await signIn(browser, second, 'eve')
    const answered = await browser.submitAndFollow(consent, { decision: 'allow' })
    expect(kindOf(answered)).toBe('select-account')
  })
})
