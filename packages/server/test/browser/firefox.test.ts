// The same as in Chromium, where browsers differ: what a page may open, where a form may lead, and whose cookies it has.

import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchFirefox } from '../support/firefox.ts'
import { JOURNEY } from '../support/journey.ts'
import { registerClient } from '../support/register-client.ts'
import { type Site, startSite } from '../support/site.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { PASSWORD } from '../support/world.ts'

const PATIENTLY = { timeout: 60_000 }

const OPENER = `<!doctype html><html lang="en"><title>Opener</title><h1>Opener</h1><script>
var messages = []
addEventListener('message', ({ data }) => messages.push(data))
</script>`
const CALLBACK = `<!doctype html><html lang="en"><title>Callback</title><h1>Back</h1><script>
if (opener) opener.postMessage(location.search, '*')
</script>`

describe('in Firefox', JOURNEY, () => {
  let server: TestServer
  let site: Site
  let elsewhere: Site
  let app: TestApp
  let firefox: Browser
  const visits: string[] = []

  beforeAll(async () => {
    firefox = await launchFirefox()
    server = await startTestServer(STORES[0])
    elsewhere = await startSite('localhost', ({ url }) => ({
      html: `<h1>Arrived ${url.search}</h1>`,
    }))
    site = await startSite('127.0.0.1', ({ url: { pathname, search } }) => {
      visits.push(pathname + search)
      if (pathname === '/moving') return { redirect: `${elsewhere.origin}/arrived${search}` }
      if (pathname === '/private') return { redirect: `claude://done${search}` }
      return { html: pathname === '/opener' ? OPENER : CALLBACK }
    })
    const redirectUris = ['/callback', '/moving', '/private'].map((path) => site.origin + path)
    const client = { redirectUris, grantTypes: ['authorization_code'], scopes: ['contacts:read'] }
    const credentials = { id: 'fox', secret: 'fox-secret-0123456789' }
    app = new TestApp(server, await registerClient(server, credentials, client))
  }, PATIENTLY.timeout)
  afterAll(async () => {
    await firefox?.close()
    await Promise.all([site?.stop(), elsewhere?.stop(), server?.stop()])
  })

  const authorizeUrl = (path: string, more = {}) =>
    app.authorizeUrl({ redirect_uri: site.origin + path, prompt: 'consent', ...more })
  const heading = (page: Page) => page.$eval('h1', (element) => element.textContent ?? '')
  const sees = (page: Page, expected: RegExp) =>
    expect.poll(() => heading(page).catch(String), PATIENTLY).toMatch(expected)

  async function signIn(page: Page): Promise<void> {
    await sees(page, /^Sign in/)
    await page.type('#username', 'ada')
    await page.type('#password', PASSWORD)
    await page.keyboard.press('Enter')
  }

  async function allow(page: Page): Promise<void> {
    await sees(page, /^Allow /)
    await page.click('button[value="allow"]')
  }

  /** Somebody with cookies of their own. */
  async function welcome(): Promise<Page> {
    return (await firefox.createBrowserContext()).newPage()
  }

  it('browsers F1: a callback that moves on arrives at another origin', PATIENTLY, async () => {
    const page = await welcome()
    await page.goto(authorizeUrl('/moving'))
    await signIn(page)
    await allow(page)
    await sees(page, /^Arrived \?code=ost_ac_/)
    expect(new URL(page.url()).origin).toBe(elsewhere.origin)
  })

  it('field 22: a callback that moves on to a private scheme is reached', PATIENTLY, async () => {
    const page = await welcome()
    await page.goto(authorizeUrl('/private'))
    await signIn(page)
    await allow(page)
    await expect.poll(() => visits.join(' '), PATIENTLY).toMatch(/\/private\?code=ost_ac_/)
  })

  it(
    'browsers F2: a window that the app opened keeps its opener up to the callback',
    PATIENTLY,
    async () => {
      const page = await welcome()
      await page.goto(`${site.origin}/opener`)
      const opened = new Promise<Page>((resolve) => {
        page.once('popup', (popup) => popup && resolve(popup))
      })
      await page.evaluate(`popup = window.open(${JSON.stringify(authorizeUrl('/callback'))}); 0`)
      const popup = await opened
      await signIn(popup)
      await allow(popup)
      await expect.poll(() => page.evaluate('messages.length'), PATIENTLY).toBe(1)
      expect(await page.evaluate('messages[0]')).toMatch(/^\?code=ost_ac_/)
    },
  )

  it('browsers F4: tabs that one user opened together all go through', PATIENTLY, async () => {
    const first = await welcome()
    const tabs = [
      first,
      await first.browserContext().newPage(),
      await first.browserContext().newPage(),
    ]
    for (const tab of tabs) await tab.goto(authorizeUrl('/callback'))
    for (const tab of tabs) {
      await tab.bringToFront()
      await signIn(tab)
      await allow(tab)
      await sees(tab, /^Back/)
    }
  })
})
