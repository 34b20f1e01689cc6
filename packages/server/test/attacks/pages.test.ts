// Attacks on the pages: framing, and text that wants to be markup. What stays out here never reaches a browser.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashPassword } from '../../src/identity/passwords.ts'
import { newRevocationTag } from '../../src/platform/random.ts'
import { asUserId } from '../../src/protocol/ids.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { sendRequest } from '../support/http-request.ts'
import { registerClient } from '../support/register-client.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { PASSWORD, TENANT, WEB_APP } from '../support/world.ts'

const PAYLOADS = [
  '<xss-probe>',
  '"><xss-probe onload="alert(1)">',
  "'><xss-probe onload='alert(1)'>",
  '" onfocus="alert(1)" autofocus x="',
  "' onfocus='alert(1)' autofocus x='",
  '</title></textarea></script><xss-probe>',
  '--><xss-probe><!--',
  '&lt;xss-probe&gt;&#60;xss-probe&#62;',
  'javascript:alert(1)',
  '{app}{company}{count, plural, other {#}}<b>b</b>',
  '{{7*7}}<%= 7*7 %>#{7*7}[[7*7]]@(7*7)',
]

describe('attacks on pages', () => {
  let server: TestServer
  let app: TestApp
  let browser: TestBrowser

  beforeAll(async () => {
    server = await startTestServer('sqlite', { rateLimits: { failedSignInsPerMinute: 10_000 } })
    app = new TestApp(server, WEB_APP)
    browser = (await app.obtainCode()).browser
  })
  afterAll(() => server?.stop())

  const tokenOf = (page: BrowserPage) =>
    page.root.querySelector('[name=interaction]')?.getAttribute('value') ?? ''

  describe('framing', () => {
    const answers: [string, number, () => Promise<BrowserPage>][] = [
      ['sign-in', 200, () => new TestBrowser().open(app.authorizeUrl())],
      ['consent', 200, () => browser.open(app.authorizeUrl({ prompt: 'consent' }))],
      ['account choice', 200, () => browser.open(app.authorizeUrl({ prompt: 'select_account' }))],
      ['form_post', 200, () => browser.open(app.authorizeUrl({ response_mode: 'form_post' }))],
      ['sign-out question', 200, () => browser.open(`${server.issuer}/sign-out`)],
      ['signed out', 200, () => new TestBrowser().open(`${server.issuer}/sign-out`)],
      ['a code by redirect', 303, () => browser.open(app.authorizeUrl())],
      ['bad client', 400, () => browser.open(app.authorizeUrl({ client_id: 'unknown' }))],
      ['bad redirect URI', 400, () => browser.open(app.authorizeUrl({ redirect_uri: 'x:y' }))],
      ['repeated parameter', 400, () => browser.open(`${app.authorizeUrl()}&client_id=a`)],
      ['foreign interaction', 403, () => browser.open(`${server.issuer}/authorize?interaction=x`)],
      ['wrong method', 405, () => browser.open(`${server.issuer}/authorize/consent`)],
      [
        'wrong password',
        422,
        async () => {
          const visitor = new TestBrowser()
          const page = await visitor.open(app.authorizeUrl())
          return visitor.submit(page, { username: 'ada', password: 'x' })
        },
      ],
      [
        'locked account',
        429,
        async () => {
          const visitor = new TestBrowser()
          let page = await visitor.open(app.authorizeUrl())
          while (page.status !== 429) {
            page = await visitor.submit(page, { username: 'locked', password: 'x' })
          }
          return page
        },
      ],
      [
        'oversized form',
        400,
        () =>
          browser.open(`${server.issuer}/authorize/sign-in`, {
            method: 'POST',
            body: 'a'.repeat(100_000),
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
          }),
      ],
      ['unknown path', 404, () => browser.open(`${server.issuer}/nothing`)],
      ['path in other spelling', 404, () => browser.open(`${server.issuer}/%61uthorize`)],
      ['metadata', 200, () => browser.open(`${server.issuer}/.well-known/openid-configuration`)],
      ['token endpoint', 405, () => browser.open(`${server.issuer}/token`)],
      ['health', 200, () => browser.open(`${new URL(server.issuer).origin}/livez`)],
    ]

    it.each(answers)('D1: no answer can be framed: %s (%i)', async (_, status, open) => {
      const answer = await open()
      expect(answer.status).toBe(status)
      expect(answer.headers.get('x-frame-options')).toBe('DENY')
      expect(answer.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'(;|$)/)
    })

    it('D1: not even when the database is away', async () => {
      const failing = await startTestServer('sqlite')
      const url = new TestApp(failing, WEB_APP).authorizeUrl()
      await failing.loseDatabase()
      const answer = await new TestBrowser().open(url)
      expect(answer.status).toBe(503)
      expect(answer.headers.get('x-frame-options')).toBe('DENY')
      expect(answer.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'(;|$)/)
      await failing.stop()
    })

    it('D1: pages keep to themselves: no referrer, no sniffing, no cache, an opener for apps only', async () => {
      const pages = {
        'unsafe-none': await browser.open(app.authorizeUrl({ prompt: 'consent' })),
        'same-origin': await browser.open(`${server.issuer}/account/apps`),
      }
      for (const [opener, { headers }] of Object.entries(pages)) {
        expect(Object.fromEntries(headers)).toMatchObject({
          'cross-origin-opener-policy': opener,
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
        })
      }
    })
  })

  /** Nothing on the page is there because somebody wrote it into a parameter. */
  function expectHarmless(page: BrowserPage): void {
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.text).not.toMatch(/<\/?xss-probe/i)
    for (const script of page.root.querySelectorAll('script')) {
      expect(script.getAttribute('src')).toMatch(/^\/assets\/[a-z-]+\.js$/)
      expect(script.text).toBe('')
    }
    for (const element of page.root.querySelectorAll('*')) {
      expect(FOREIGN_ELEMENTS).not.toContain(element.tagName)
      for (const [name, value] of Object.entries(element.attributes)) {
        expect(name).not.toMatch(/^(on|style$|srcdoc$|http-equiv$)/i)
        if (/^(href|src|action|formaction)$/.test(name)) {
          expect(value).toMatch(/^(\/|#|https:\/\/|mailto:)/)
        }
      }
    }
    expect(page.text).not.toMatch(/\b49\b/)
    expect(page.headers.get('content-security-policy')).toMatch(POLICY)
  }

  describe.each(PAYLOADS)('the text %j', (payload) => {
    it('D10: stays text on the sign-in page', async () => {
      const visitor = new TestBrowser()
      const fields = { login_hint: payload, ui_locales: payload, state: payload, nonce: payload }
      const page = await visitor.open(app.authorizeUrl({ ...fields, display: payload }))
      expect(page.status).toBe(200)
      expectHarmless(page)
      const field = page.root.querySelector('#username')
      expect(field?.getAttribute('value')).toBe(payload)

      const again = await visitor.submit(page, { username: payload, password: payload })
      expect([422, 429]).toContain(again.status)
      expectHarmless(again)
      expect(again.root.querySelector('#username')?.getAttribute('value')).toBe(payload)
    })

    it('D10: stays text on error pages', async () => {
      for (const fields of [{ client_id: payload }, { redirect_uri: payload }]) {
        const page = await browser.open(app.authorizeUrl(fields))
        expect(page.status).toBe(400)
        expectHarmless(page)
      }
      const encoded = encodeURIComponent(payload)
      const url = `${server.issuer}/sign-out?post_logout_redirect_uri=${encoded}&ui_locales=${encoded}`
      expectHarmless(await browser.open(url))
      const notOurs = await browser.open(`${server.issuer}/authorize?interaction=${encoded}`)
      expectHarmless(notOurs)
    })

    it('D10: stays text in headers that a page listens to', async () => {
      const headers = { 'accept-language': payload, 'user-agent': payload, referer: payload }
      const { text } = await sendRequest(app.authorizeUrl(), { headers })
      expect(text).toContain('<html lang="en"')
      expect(text).not.toMatch(/<\/?xss-probe/i)
    })

    it('D10: stays text in the form that carries an answer to the app', async () => {
      const url = app.authorizeUrl({ response_mode: 'form_post', state: payload })
      const page = await browser.open(url)
      expectHarmless(page)
      const form = page.root.querySelector('form')
      expect(form?.getAttribute('action')).toBe(WEB_APP.redirectUri)
      expect(form?.querySelector('[name=state]')?.getAttribute('value')).toBe(payload)
    })

    it('D10: stays text in what apps, people and organisations call themselves', async () => {
      const id = `named-${PAYLOADS.indexOf(payload)}`
      const client = await registerClient(
        server,
        { id, secret: undefined },
        {
          name: payload,
          publisher: payload,
          homepage: payload,
          privacyUri: payload,
          termsUri: `https://app.example/${payload}`,
          redirectUris: [`https://app.example/${id}`],
          type: 'public',
          grantTypes: ['authorization_code'],
          scopes: ['contacts:read'],
          defaultScopes: ['contacts:read'],
        },
      )
      await createMember(id, payload)
      const visitor = new TestBrowser()
      const named = new TestApp(server, client)
      const signIn = await visitor.open(named.authorizeUrl())
      expectHarmless(signIn)
      const consent = await visitor.submitAndFollow(signIn, { username: id, password: PASSWORD })
      expect(consent.root.querySelector('[name=decision]')).not.toBeNull()
      expectHarmless(consent)
      const accounts = await visitor.open(named.authorizeUrl({ prompt: 'select_account' }))
      expect(tokenOf(accounts)).not.toBe('')
      expectHarmless(accounts)
      expectHarmless(await visitor.open(`${server.issuer}/sign-out`))
    })
  })

  it('D10: a redirect URI adds nothing to the policy of a page but its origin', async () => {
    const client = await registerClient(
      server,
      { id: 'policy-writer', secret: undefined },
      {
        type: 'public',
        redirectUris: [
          "https://app.example/cb;script-src*'unsafe-inline'",
          'https://app.example/cb,default-src*',
        ],
        grantTypes: ['authorization_code'],
        scopes: ['contacts:read'],
        defaultScopes: ['contacts:read'],
      },
    )
    // The one page with a form that leads to the app.
    const byForm = { prompt: 'none', response_mode: 'form_post' }
    const page = await new TestBrowser().open(new TestApp(server, client).authorizeUrl(byForm))
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(page.status).toBe(200)
    expect(policy).toMatch(POLICY)
    expect(policy).toMatch(/; form-action 'self' https:\/\/app\.example$/)
  })

  it('D10: JSON answers are no documents, whatever they repeat', async () => {
    const answer = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      body: 'grant_type=<xss-probe>&client_id=<xss-probe>',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
    })
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await answer.text()).not.toContain('xss-probe')
  })

  /** A user, and an organisation, of this name. */
  async function createMember(id: string, name: string): Promise<void> {
    const { store, clock } = server
    const createdAtSeconds = clock.nowSeconds()
    passwordHash ??= await hashPassword(PASSWORD)
    await store.createOrganisation({ tenant: TENANT, id, name, createdAtSeconds }, [])
    const userId = asUserId(`user-${id}`)
    await store.createUser(
      {
        tenant: TENANT,
        id: userId,
        tag: newRevocationTag(),
        username: id,
        name,
        email: null,
        emailVerified: false,
        passwordHash,
        locale: null,
        createdAtSeconds,
        disabledAtSeconds: null,
      },
      [id, 'acme'].map((organisationId) => ({
        tenant: TENANT,
        userId,
        organisationId,
        defaultUnitId: null,
        furtherUnitIds: [],
        role: 'member',
      })),
    )
  }
  let passwordHash: string | undefined
})

/** No inline code, nothing from elsewhere, and forms that lead to us or to the app. */
const POLICY =
  /^default-src 'none'; style-src 'self'; img-src 'self' data:; script-src '(self|none)'; connect-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'( https:\/\/app\.example)?$/

const FOREIGN_ELEMENTS = ['IFRAME', 'OBJECT', 'EMBED', 'IMG', 'BASE', 'STYLE', 'FRAME', 'XSS-PROBE']
