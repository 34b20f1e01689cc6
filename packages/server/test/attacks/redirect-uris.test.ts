// Attacks on redirect URIs: the browser must never be sent to a place that nobody registered.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redirectUriProblem } from '../../src/protocol/redirect-uri.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, TestApp } from '../support/test-app.ts'
import { NATIVE_APP, SPA, type TestClient, WEB_APP } from '../support/world.ts'

/** Registered for the web app `strict`; each attack below comes close to it. */
const REGISTERED = 'https://c.example/cb'

describe.each(STORES)('attacks on redirect URIs on %s', (kind) => {
  let server: TestServer
  let strict: TestClient

  beforeAll(async () => {
    server = await startTestServer(kind)
    strict = await registerClient(
      server,
      { id: 'strict', secret: 'strict-secret-0123456789' },
      {
        redirectUris: [REGISTERED],
        grantTypes: ['authorization_code'],
        scopes: ['contacts:read'],
        defaultScopes: ['contacts:read'],
      },
    )
  })
  afterAll(() => server?.stop())

  const open = (client: TestClient, fields: Fields): Promise<BrowserPage> =>
    new TestBrowser().open(new TestApp(server, client).authorizeUrl(fields))

  async function expectPage(client: TestClient, redirectUri: string): Promise<void> {
    const answer = await open(client, { redirect_uri: redirectUri })
    expect(answer.status, redirectUri).toBe(400)
    expect(answer.location, redirectUri).toBeUndefined()
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('refresh')).toBeNull()
    expect(answer.root.querySelector('meta[http-equiv]')).toBeNull()
  }

  it('A10: the registered URI itself is accepted', async () => {
    expect((await open(strict, { redirect_uri: REGISTERED })).status).toBe(200)
  })

  it.each([
    'https://c.example/cb#',
    'https://c.example/cb#x',
    'https://c.example\\cb',
    'https://c.example/c\tb',
    'https://c.example/cb\r\n',
    ' https://c.example/cb',
    'https://user:password@c.example/cb',
    'https://c.example/ü',
  ])('A12: such a URI cannot be registered either: %j', (uri) => {
    expect(redirectUriProblem(uri)).toBeDefined()
  })

  it('A13: the consent page shows a host as ASCII, never as look-alike letters', async () => {
    const lookAlike = await registerClient(
      server,
      { id: 'look-alike', secret: 'look-alike-secret-0123456789' },
      {
        redirectUris: ['https://xn--pple-43d.example/cb'],
        grantTypes: ['authorization_code'],
        scopes: ['contacts:read'],
      },
    )
    const app = new TestApp(server, lookAlike)
    const { browser } = await new TestApp(server, WEB_APP).obtainCode()
    const consent = await browser.open(app.authorizeUrl())
    expect(consent.text).toContain('xn--pple-43d.example')
    expect(consent.text).not.toContain('аpple')
  })

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)//c.example',
    'data:text/html,<script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://c.example/1',
    'about:blank',
    'http://c.example/cb',
    'ws://c.example/cb',
    'intent:#Intent;end',
    'myapp:',
    'myapp:/cb',
    'localhost:3000/cb',
    'urn:ietf:wg:oauth:2.0:oob',
    '',
  ])('A14: cannot be registered (CVE-2026-67333, CVE-2020-26938): %j', (uri) => {
    expect(redirectUriProblem(uri)).toBeDefined()
  })

  it.each([
    'https://c.example/cb',
    'com.example.app:/cb',
    'http://127.0.0.1/cb',
    'http://[::1]/cb',
    'http://localhost/cb',
  ])('A14: can be registered: %s', (uri) => {
    expect(redirectUriProblem(uri)).toBeUndefined()
  })

  describe('loopback', () => {
    it.each([
      'http://127.0.0.1/callback',
      'http://127.0.0.1:49152/callback',
      'http://127.0.0.1:65535/callback',
      'http://[::1]:49152/callback',
      'com.example.app:/callback',
    ])('A15: a native app may come back to %s', async (uri) => {
      expect((await open(NATIVE_APP, { redirect_uri: uri })).status).toBe(200)
    })

    it.each([
      'http://127.1/callback',
      'http://2130706433/callback',
      'http://[::ffff:127.0.0.1]/callback',
      'http://[0:0:0:0:0:0:0:1]/callback',
      'http://127.0.0.1:/callback',
      'com.example.app:49152/callback',
      'com.example.app://callback',
    ])('A15: but to no other spelling of it: %s', (uri) => expectPage(NATIVE_APP, uri))

    it('A15: an app that is none on the device gets no loopback address', async () => {
      for (const client of [strict, WEB_APP, SPA]) {
        await expectPage(client, 'http://127.0.0.1/callback')
        await expectPage(client, 'http://127.0.0.1:49152/callback')
      }
    })

    it('A15: the port is free for public clients only, even when the address is registered', async () => {
      const web = await registerClient(
        server,
        { id: 'web-on-loopback', secret: 'web-on-loopback-0123456789' },
        { redirectUris: ['http://127.0.0.1/cb'], grantTypes: ['authorization_code'] },
      )
      await expectPage(web, 'http://127.0.0.1:49152/cb')
    })
  })

  describe('open redirects', () => {
    it('A16: a disabled client gets a page (CVE-2025-4143, CVE-2026-54072)', async () => {
      const gone = await registerClient(
        server,
        { id: 'gone', secret: undefined },
        { redirectUris: ['https://gone.example/cb'], disabledAtSeconds: 1 },
      )
      const answer = await open(gone, {})
      expect(answer.status).toBe(400)
      expect(answer.location).toBeUndefined()
    })

    it('A16: a missing or repeated redirect URI gets a page', async () => {
      for (const redirectUri of [undefined, '', [REGISTERED, 'https://evil.example']]) {
        const answer = await open(strict, { redirect_uri: redirectUri })
        expect(answer.status).toBe(400)
        expect(answer.location).toBeUndefined()
      }
    })

    it('A16: the page tells a stranger what came, never what is registered', async () => {
      const answer = await open(strict, { redirect_uri: 'https://evil.example/cb' })
      expect(answer.text).toContain('https://evil.example/cb')
      expect(answer.text).not.toContain('c.example/cb')
    })

    it('A16: sign-out goes to registered addresses only', async () => {
      const bad = 'https://evil.example/goodbye'
      for (const query of [
        `post_logout_redirect_uri=${bad}`,
        `post_logout_redirect_uri=${bad}&client_id=${WEB_APP.id}`,
        `post_logout_redirect_uri=${WEB_APP.redirectUri}&client_id=${WEB_APP.id}`,
        `post_logout_redirect_uri=https://app.example/goodbye&client_id=${SPA.id}`,
        'post_logout_redirect_uri=https://app.example/goodbye',
      ]) {
        const answer = await new TestBrowser().open(`${server.issuer}/sign-out?${query}`)
        expect(kindOf(answer), query).toBe('signed-out')
        expect(answer.location, query).toBeUndefined()
      }
    })
  })

  it('A18: a fragment of the attacker does not reach the app', async () => {
    await expectPage(strict, `${REGISTERED}#access_token=evil`)
    const { browser } = await new TestApp(server, WEB_APP).obtainCode()
    const url = new TestApp(server, WEB_APP).authorizeUrl({ state: '#evil' })
    for (const mode of ['query', 'fragment']) {
      const { location = '' } = await browser.open(`${url}&response_mode=${mode}`)
      expect(location).not.toContain('#evil')
      // A browser adds the fragment of the link unless the answer has one, even an empty one (RFC 9700 §4.1.3).
      expect(location.split('#')).toEqual([
        expect.stringContaining(WEB_APP.redirectUri),
        mode === 'fragment' ? expect.stringMatching(/^code=/) : '',
      ])
    }
  })
})
