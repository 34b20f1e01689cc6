// Attacks on what the authorization endpoint sends back: forwarding, mix-up, tokens in the front channel.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, getAnswer, TestApp } from '../support/test-app.ts'
import { PASSWORD, WEB_APP } from '../support/world.ts'

describe.each(STORES)('attacks on authorization responses on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  /** Signed in, with consent given. */
  let browser: TestBrowser

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
    browser = (await app.obtainCode()).browser
  })
  afterAll(() => server?.stop())

  const open = (fields: Fields, from = new TestBrowser()): Promise<BrowserPage> =>
    from.open(app.authorizeUrl(fields))

  function answerOf({ location = '' }: BrowserPage): URLSearchParams {
    const { searchParams, hash } = new URL(location)
    return hash === '' ? searchParams : new URLSearchParams(hash.slice(1))
  }

  describe('after a form', () => {
    function expectForgetful(answer: BrowserPage): void {
      // 303 makes the next request a GET; 302 leaves that to the browser, 307 and 308 would send the form on. A page that
      // leads on sends nothing but what its address holds.
      if (answer.status !== 303)
        expect([answer.status, answer.root.querySelector('form')]).toEqual([200, null])
      else expect(answer.text).toBe('')
      expect(answer.location).toBeDefined()
      expect(answer.text).not.toContain(PASSWORD)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
      expect(decodeURIComponent(answer.location ?? '')).not.toContain(PASSWORD)
    }

    it.each(['allow', 'deny'])(
      'A19: password and decision (%s) are not sent on by the browser',
      async (decision) => {
        const visitor = new TestBrowser()
        const signIn = await visitor.open(app.authorizeUrl({ prompt: 'consent' }))
        const signedIn = await visitor.submit(signIn, { username: 'ada', password: PASSWORD })
        expectForgetful(signedIn)
        const consent = await visitor.open(signedIn.location ?? '')
        const decided = await visitor.submit(consent, { decision })
        expectForgetful(decided)
        expect(new URL(decided.location ?? '').origin).toBe('https://app.example')
      },
    )

    it('A19: nor is the choice of an account', async () => {
      const accounts = await open({ prompt: 'select_account' }, browser)
      expectForgetful(await browser.submit(accounts, { account: '' }))
    })

    it('A19: nor is a sign-out', async () => {
      const { browser: visitor } = await app.obtainCode({ browser: new TestBrowser() })
      const query = `client_id=${WEB_APP.id}&post_logout_redirect_uri=https://app.example/goodbye`
      const question = await visitor.open(`${server.issuer}/sign-out?${query}`)
      const done = await visitor.submit(question, {})
      expectForgetful(done)
      expect(done.location).toBe('https://app.example/goodbye')
    })

    it('A19: nor is an authorization request that came as a form', async () => {
      const moved = await browser.open(`${server.issuer}/authorize`, {
        method: 'POST',
        body: new URL(app.authorizeUrl()).search.slice(1),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
      expectForgetful(moved)
    })
  })

  describe('mix-up', () => {
    const answers: [string, Fields, 'signed in' | 'stranger'][] = [
      ['a code', {}, 'signed in'],
      ['a code in the fragment', { response_mode: 'fragment' }, 'signed in'],
      ['login_required', { prompt: 'none' }, 'stranger'],
      ['consent_required', { prompt: 'none', scope: 'projects:read' }, 'signed in'],
      ['invalid_request', { code_challenge: undefined }, 'signed in'],
      ['invalid_request', { response_mode: 'pigeon' }, 'signed in'],
      ['invalid_request', { prompt: 'none login' }, 'signed in'],
      ['invalid_scope', { scope: 'bogus' }, 'signed in'],
      ['invalid_scope', { scope: 'bogus', response_mode: 'fragment' }, 'signed in'],
      ['invalid_target', { resource: 'https://unknown.example' }, 'signed in'],
      ['unsupported_response_type', { response_type: 'token' }, 'signed in'],
      ['request_not_supported', { request: 'e30.e30.' }, 'signed in'],
    ]

    it.each(answers)('A21: %s carries exactly one iss (%j)', async (name, fields, who) => {
      const answer = answerOf(await open(fields, who === 'stranger' ? new TestBrowser() : browser))
      if (name.startsWith('a code')) expect(answer.get('code')).toMatch(/^ost_ac_/)
      else expect(answer.get('error')).toBe(name)
      expect(answer.getAll('iss')).toEqual([server.issuer])
      expect(answer.getAll('state')).toEqual(['state-1'])
    })

    it('A21: an answer by form_post carries exactly one iss', async () => {
      const page = await open({ response_mode: 'form_post' }, browser)
      const fields = page.root.querySelectorAll('input[name=iss]')
      expect(fields.map((field) => field.getAttribute('value'))).toEqual([server.issuer])
    })

    it('A21: an iss in the request does not become the answer', async () => {
      const answer = answerOf(await open({ iss: 'https://evil.example' }, browser))
      expect(answer.getAll('iss')).toEqual([server.issuer])
    })

    it('A21: the metadata promises iss, and names the issuer it was fetched from', async () => {
      for (const name of ['oauth-authorization-server', 'openid-configuration']) {
        const { body } = await getAnswer(`${server.issuer}/.well-known/${name}`)
        expect(body.issuer).toBe(server.issuer)
        expect(body.authorization_response_iss_parameter_supported).toBe(true)
      }
    })
  })

  describe('implicit, hybrid and password', () => {
    it.each([
      'token',
      'id_token',
      'id_token token',
      'code token',
      'code id_token',
      'code id_token token',
      'none',
      'code code',
      'CODE',
    ])('A22: response_type %j is not offered, and nothing is in a fragment', async (type) => {
      const fields = { response_type: type, scope: 'openid contacts:read', nonce: 'n' }
      const answer = await open(fields, browser)
      expect(new URL(answer.location ?? '').hash).toBe('')
      expect(answerOf(answer).get('error')).toBe('unsupported_response_type')
      expect(answer.location).not.toMatch(/access_token|id_token|eyJ|code=/)

      const inFragment = await open({ ...fields, response_mode: 'fragment' }, browser)
      expect(inFragment.location).not.toMatch(/access_token|id_token|eyJ|code=/)
    })

    it('A22: the metadata offers codes alone', async () => {
      const { body } = await getAnswer(`${server.issuer}/.well-known/openid-configuration`)
      expect(body.response_types_supported).toEqual(['code'])
    })
  })

  describe('pushed requests and request objects', () => {
    it('A23: they are not offered: no endpoint, nothing announced', async () => {
      for (const path of ['/par', '/request', '/as/par.oauth2']) {
        expect((await app.post(path, { request_uri: 'x' })).status).toBe(404)
      }
      const { body } = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
      expect(body).not.toHaveProperty('pushed_authorization_request_endpoint')
      expect(body).not.toHaveProperty('require_pushed_authorization_requests')
      expect(body).toMatchObject({
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
      })
    })

    it('A23: a request_uri is refused by name, for who is signed in too, and never fetched', async () => {
      let fetched = 0
      const trap = createServer((_request, response) => {
        fetched += 1
        response.end()
      }).listen(0, '127.0.0.1')
      await new Promise((resolve) => trap.once('listening', resolve))
      const { port } = trap.address() as AddressInfo
      try {
        for (const uri of [
          `http://127.0.0.1:${port}/request.jwt`,
          'urn:ietf:params:oauth:request_uri:guessed',
          'x',
        ]) {
          const answer = answerOf(await open({ request_uri: uri }, browser))
          expect(answer.get('error')).toBe('request_uri_not_supported')
          expect(answer.has('code')).toBe(false)
        }
      } finally {
        await new Promise((resolve) => trap.close(resolve))
      }
      expect(fetched).toBe(0)
    })

    it('A23: a request that is all in its request_uri stays on our page', async () => {
      const query = `client_id=${WEB_APP.id}&request_uri=urn:ietf:params:oauth:request_uri:guessed`
      const answer = await browser.open(`${server.issuer}/authorize?${query}`)
      expect(answer.status).toBe(400)
      expect(answer.location).toBeUndefined()
    })
  })

  it('A24: the page that leads to an answer works in the browser alone that asked for it', async () => {
    const signIn = await open({})
    const stranger = new TestBrowser()
    const answer = await stranger.submit(signIn, { username: 'ada', password: PASSWORD })
    expect(answer.status).toBe(403)
    const field = signIn.root.querySelector('[name=interaction]')?.getAttribute('value') ?? ''
    const jumped = await browser.open(`${server.issuer}/authorize?interaction=${field}`)
    expect(jumped.status).toBe(403)
    expect(jumped.location).toBeUndefined()
  })
})

describe('an issuer with a path', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer('sqlite', { path: '/crm' })
  })
  afterAll(() => server?.stop())

  it('A21: each place of the metadata names the issuer it was fetched for', async () => {
    const { origin } = new URL(server.issuer)
    for (const url of [
      `${origin}/.well-known/oauth-authorization-server/crm`,
      `${server.issuer}/.well-known/oauth-authorization-server`,
      `${server.issuer}/.well-known/openid-configuration`,
    ]) {
      expect((await getAnswer(url)).body.issuer, url).toBe(server.issuer)
    }
    // The bare address would name another issuer, so there is nothing.
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      expect((await getAnswer(`${origin}/.well-known/${name}`)).status).toBe(404)
    }
  })

  it('A21: iss in the answer is the whole issuer, with its path', async () => {
    const { params } = await new TestApp(server, WEB_APP).obtainCode()
    expect(params.getAll('iss')).toEqual([server.issuer])
  })
})
