// Errors that would be redirected wait until somebody has signed in: whoever registers an app can make up a link to our
// host that is refused, and must not get people from it to a page of theirs (RFC 9700 §4.11.2).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CODE_CONTRACTS, startContract } from '../support/any-contract.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { signedInBrowser } from '../support/signed-in-browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, TestApp } from '../support/test-app.ts'
import { PASSWORD, WEB_APP } from '../support/world.ts'

/** Requests that are refused, and the error that their app is told. */
const REFUSED: readonly [Fields, string][] = [
  [{ response_type: undefined }, 'invalid_request'],
  [{ response_type: 'id_token' }, 'unsupported_response_type'],
  [{ response_mode: 'pigeon' }, 'invalid_request'],
  [{ scope: 'unheard:of' }, 'invalid_scope'],
  [{ resource: 'https://unknown.example' }, 'invalid_target'],
  [{ request: 'e30.e30.' }, 'request_not_supported'],
  [{ max_age: 'soon' }, 'invalid_request'],
  [{ prompt: 'none login' }, 'invalid_request'],
  [{ prompt: 'nonesuch' }, 'invalid_request'],
]

const signInAt = (browser: TestBrowser, page: BrowserPage, password = PASSWORD) =>
  browser.submitAndFollow(page, { username: 'ada', password })

describe.each(STORES)('held refusals on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  it.each(REFUSED)(
    'RFC 9700 §4.11.2, security M7: %j leads nowhere before a sign-in',
    async (fields, error) => {
      const browser = new TestBrowser()
      const page = await browser.open(app.authorizeUrl(fields))
      expect([page.status, kindOf(page)]).toEqual([200, 'sign-in'])
      expect(page.root.querySelector('.notice')?.textContent).toContain('app.example')
      const told = await signInAt(browser, page)
      const { origin, searchParams } = new URL(told.location ?? '')
      expect(origin).toBe('https://app.example')
      expect(searchParams.get('error')).toBe(error)
      expect(searchParams.get('state')).toBe('state-1')
      expect(searchParams.has('code')).toBe(false)
    },
  )

  it('RFC 9700 §4.11.2, security M7: a wrong password leads nowhere either, and the page says again where it leads', async () => {
    const browser = new TestBrowser()
    const page = await browser.open(app.authorizeUrl({ scope: 'unheard:of' }))
    const again = await signInAt(browser, page, 'not her password')
    expect([again.status, kindOf(again), again.location]).toEqual([422, 'sign-in', undefined])
    expect(again.root.querySelector('.notice')?.textContent).toContain('app.example')
    expect((await signInAt(browser, again)).location).toContain('error=invalid_scope')
  })

  it.each([
    ['fragment', /^https:\/\/app\.example\/[^?]*#error=invalid_scope/],
    ['form_post', undefined],
  ])(
    'RFC 9700 §4.11.2, security M7: is told by %s, if the app asked for that',
    async (response_mode, location) => {
      const browser = new TestBrowser()
      const fields = { scope: 'unheard:of', response_mode }
      const told = await signInAt(browser, await browser.open(app.authorizeUrl(fields)))
      if (location) expect(told.location).toMatch(location)
      else {
        const field = told.root.querySelector('form [name=error]')
        expect(field?.getAttribute('value')).toBe('invalid_scope')
      }
    },
  )

  it('RFC 9700 §4.11.2, security M7: the request is checked anew after the sign-in', async () => {
    const browser = new TestBrowser()
    const page = await browser.open(app.authorizeUrl({ scope: 'unheard:of' }))
    // What is opened next is another request of this browser, and is not refused for the first one.
    expect(kindOf(await browser.open(app.authorizeUrl()))).toBe('sign-in')
    const told = await signInAt(browser, page)
    expect(told.location).toContain('error=invalid_scope')
    expect(kindOf(await browser.open(app.authorizeUrl({ prompt: 'consent' })))).toBe('consent')
  })

  it('RFC 9700 §4.11.2, security M7: prompt=none is told at once, and so is who is signed in', async () => {
    const silent = await new TestBrowser().open(app.authorizeUrl({ prompt: 'none', scope: 'x:y' }))
    expect(silent.location).toContain('error=invalid_scope')
    const browser = await signedInBrowser(server)
    const known = await browser.open(app.authorizeUrl({ scope: 'x:y', prompt: 'login' }))
    expect(known.location).toContain('error=invalid_scope')
  })

  it('RFC 9700 §4.11.2, security M7: a page whose user has signed out meanwhile leads nowhere', async () => {
    const { browser } = await app.obtainCode({ browser: new TestBrowser() })
    const url = new URL(app.authorizeUrl({ prompt: 'consent' }))
    const page = await browser.open(url.href)
    for (const name of browser.cookies.keys()) {
      if (name.endsWith('-session')) browser.cookies.delete(name)
    }
    for (const decision of ['allow', 'deny']) {
      const answer = await browser.submitAndFollow(page, { decision })
      expect([kindOf(answer), answer.location]).toEqual(['sign-in', undefined])
    }
  })
})

describe.each(CODE_CONTRACTS)('held refusals of %s', (contract) => {
  it('RFC 9700 §4.11.2, security M7: no error leads away before a sign-in', async () => {
    const server = await startContract('sqlite', contract)
    try {
      const client = server.apps.webApp
      const app = new TestApp(server, client)
      for (const fields of [{ response_type: 'id_token' }, { scope: 'unheard:of' }]) {
        const browser = new TestBrowser()
        const page = await browser.open(app.authorizeUrl(fields))
        expect([page.status, kindOf(page)], JSON.stringify(fields)).toEqual([200, 'sign-in'])
        const told = await app.answerPages(browser, page)
        expect(told.location, JSON.stringify(fields)).toMatch(/[?#]error=/)
      }
    } finally {
      await server.stop()
    }
  })
})
