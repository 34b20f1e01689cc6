// The road from an app's link back to the app on every contract that has pages, in a real browser that speaks one of
// our languages: with the parameters that a vendor's documentation has, with scripts and without.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { answerForHttpsApps } from '../support/https-apps.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, newPkce, TestApp } from '../support/test-app.ts'
import { Visitor } from '../support/visitor.ts'

/** Without PKCE, as documentation that is older than it. */
const BARE: Fields = { code_challenge: undefined, code_challenge_method: undefined }

interface Road {
  readonly contract: string
  readonly language: string
  readonly javaScriptEnabled: boolean
  /** Heading of the sign-in page, and the button that consents. */
  readonly words: readonly [string, string]
  /** Which app asks. */
  readonly app: 'webApp' | 'otherApp'
  /** Of the authorization request, beside those that all have. */
  readonly fields: Fields
  readonly verifier: string | undefined
}

const { verifier, challenge } = newPkce()

const ROADS: readonly Road[] = [
  {
    contract: 'standard',
    language: 'en',
    javaScriptEnabled: true,
    words: ['Sign in', 'Allow'],
    app: 'webApp',
    fields: { code_challenge: challenge },
    verifier,
  },
  {
    contract: 'mister-james',
    language: 'de',
    javaScriptEnabled: true,
    words: ['Anmelden', 'Erlauben'],
    app: 'webApp',
    fields: { code_challenge: challenge, scope: 'read write' },
    verifier,
  },
  {
    contract: 'json-api',
    language: 'nl',
    javaScriptEnabled: false,
    words: ['Inloggen', 'Toestaan'],
    app: 'webApp',
    fields: { ...BARE, scope: '' },
    verifier: undefined,
  },
  {
    contract: 'financial-cents',
    language: 'fr',
    javaScriptEnabled: true,
    words: ['Connexion', 'Autoriser'],
    app: 'webApp',
    fields: { ...BARE, prompt: 'consent' },
    verifier: undefined,
  },
  {
    contract: 'versioned',
    language: 'el',
    javaScriptEnabled: false,
    words: ['Σύνδεση', 'Να επιτραπεί'],
    // It has a single redirect URI, which need not be sent.
    app: 'otherApp',
    // Without a method it is plain: the verifier itself.
    fields: { redirect_uri: undefined, code_challenge: verifier, code_challenge_method: undefined },
    verifier,
  },
]

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

describe.each(ROADS)('$contract in $language', (road) => {
  let server: TestServer
  let visitor: Visitor

  beforeAll(async () => {
    const { contract, language, javaScriptEnabled } = road
    const options = contract === 'standard' ? {} : { contract }
    server = await startTestServer('sqlite', options)
    const context = await browser.newContext({ locale: language, javaScriptEnabled })
    visitor = await Visitor.in(context)
    await answerForHttpsApps(visitor.page)
  })
  afterAll(() => server?.stop())

  it('the user signs in, allows, and is back in the app with a code that is good for tokens', async () => {
    const { page } = visitor
    const [signIn, allow] = road.words
    const app = new TestApp(server, server.apps[road.app])
    await visitor.open(app.authorizeUrl(road.fields))
    await visitor.sees(signIn)
    expect(await page.locator('html').getAttribute('lang')).toBe(road.language)
    await visitor.signIn('ada')
    await page.getByRole('button', { name: allow, exact: true }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe(road.language)
    await visitor.press(allow)

    const received = await visitor.arrivesAtApp()
    expect(received).toEqual({
      method: 'GET',
      code: expect.any(String),
      state: 'state-1',
      ...(road.contract === 'standard' && { iss: server.issuer }),
    })
    const { status, body } = await app.redeem(received.code ?? '', road.verifier)
    expect([status, typeof body.access_token]).toEqual([200, 'string'])
    expect(visitor.alarms).toEqual([])
  })
})
