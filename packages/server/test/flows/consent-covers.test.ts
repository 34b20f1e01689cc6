// What a yes covers: the redirect URIs that the app had when it was given, and nothing that came later.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { updateClient } from '../../src/operations/client-update.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'

const FIRST = 'https://app.ledgerly.example/callback'
const SECOND = 'https://app.ledgerly.example/silent'
const LATER = 'https://evil.example/cb'

const USUAL = { grantTypes: ['authorization_code'], scopes: ['contacts:read'] }

const isCode = ({ location = '' }: BrowserPage) => location.includes('code=')

describe.each(STORES)('what a consent covers on %s', (kind) => {
  let server: TestServer
  let apps = 0

  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  async function newApp(fields: Parameters<typeof registerClient>[2] = {}): Promise<TestApp> {
    apps += 1
    const client = { id: `covered-${apps}`, secret: `covered-secret-${apps}-0123456789` }
    const registration = { ...USUAL, redirectUris: [FIRST, SECOND], ...fields }
    return new TestApp(server, await registerClient(server, client, registration))
  }
  const register = (app: TestApp, redirectUris: readonly string[]) =>
    updateClient({ clientId: app.client.id, redirectUris }, server.context)
  const openAt = (app: TestApp, browser: TestBrowser, redirect_uri: string) =>
    browser.openAndFollow(app.authorizeUrl({ redirect_uri }))
  /** Says yes to a page that the app asks for, at this redirect URI. */
  async function allowAt(app: TestApp, browser: TestBrowser, redirect_uri: string): Promise<void> {
    const page = await browser.open(app.authorizeUrl({ redirect_uri, prompt: 'consent' }))
    await browser.submit(page, { decision: 'allow' })
  }

  it('security H5: covers every redirect URI that was registered at the first yes', async () => {
    const app = await newApp()
    const { browser } = await app.obtainCode({ browser: new TestBrowser() })
    expect(isCode(await openAt(app, browser, SECOND))).toBe(true)
  })

  it('security H5: a later yes covers the one that its page named, and none that was slipped in', async () => {
    const app = await newApp({ redirectUris: [FIRST] })
    const { browser } = await app.obtainCode({ browser: new TestBrowser() })
    await register(app, [FIRST, SECOND, LATER])
    const asked = await openAt(app, browser, SECOND)
    await browser.submit(asked, { decision: 'allow' })
    expect(isCode(await openAt(app, browser, SECOND))).toBe(true)
    await allowAt(app, browser, FIRST)
    expect(kindOf(await openAt(app, browser, LATER))).toBe('consent')
  })

  it('security H5: what was removed and asked for again in between is asked once more', async () => {
    const app = await newApp()
    const { browser } = await app.obtainCode({ browser: new TestBrowser() })
    await register(app, [FIRST])
    await allowAt(app, browser, FIRST)
    await register(app, [FIRST, SECOND])
    expect(kindOf(await openAt(app, browser, SECOND))).toBe('consent')
  })

  it('field report 38: of very many, it covers the first fifty and the one that its page named', async () => {
    const redirectUris = Array.from({ length: 60 }, (_, at) => `https://c${at}.example/cb`)
    const terms = { owner: 'ops', reason: 'one for each customer' }
    const endsAtSeconds = server.clock.nowSeconds() + 3600
    const allowances = [{ name: 'many-redirect-uris', ...terms, endsAtSeconds }] as const
    const app = await newApp({ redirectUris, allowances })
    const { browser } = await app.obtainCode({ browser: new TestBrowser() })
    await allowAt(app, browser, redirectUris[55] ?? '')
    for (const at of [0, 49, 55]) {
      expect(isCode(await openAt(app, browser, redirectUris[at] ?? '')), `${at}`).toBe(true)
    }
    expect(kindOf(await openAt(app, browser, redirectUris[56] ?? ''))).toBe('consent')
  })

  it('security H5: an app of our own is changed by the operator alone, and asks nobody', async () => {
    const app = await newApp({ party: 'first', redirectUris: [FIRST] })
    const { browser } = await app.obtainCode({ browser: new TestBrowser(), user: 'eve' })
    await register(app, [FIRST, SECOND])
    expect(isCode(await openAt(app, browser, SECOND))).toBe(true)
  })

  it('RFC 6749 §3.1.2.3, security H5: the only redirect URI need not be sent to be asked about', async () => {
    const versioned = await startTestServer(kind, { policy: { redirectUriOptional: true } })
    try {
      const client = { id: 'sole', secret: 'sole-secret-0123456789' }
      const registered = await registerClient(versioned, client, {
        ...USUAL,
        redirectUris: [FIRST],
      })
      const app = new TestApp(versioned, registered)
      const fields = { redirect_uri: undefined }
      const { browser } = await app.obtainCode({ browser: new TestBrowser(), fields })
      expect(isCode(await browser.open(app.authorizeUrl(fields)))).toBe(true)
      await updateClient({ clientId: client.id, redirectUris: [LATER] }, versioned.context)
      expect(kindOf(await browser.open(app.authorizeUrl(fields)))).toBe('consent')
    } finally {
      await versioned.stop()
    }
  })
})
