// Attacks with parameters: repeated, nested, in another format, in another encoding, with SQL in them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashPassword } from '../../src/identity/passwords.ts'
import { newRevocationTag } from '../../src/platform/random.ts'
import { asUserId } from '../../src/protocol/ids.ts'
import { TestBrowser } from '../support/browser.ts'
import { cookieName } from '../support/cookie-name.ts'
import { type PlainAnswer, sendRequest } from '../support/http-request.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, getAnswer, postForm, TestApp } from '../support/test-app.ts'
import { MACHINE, PASSWORD, SPA, TENANT, WEB_APP } from '../support/world.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const APP_ENDPOINTS = ['/token', '/revoke', '/introspect']
const PAGE_ENDPOINTS = ['/authorize/sign-in', '/authorize/consent', '/sign-out/confirm']

describe.each(STORES)('attacks with parameters on %s', (kind) => {
  let server: TestServer
  const authorization = basic(MACHINE.id, MACHINE.secret ?? '')
  const good = 'grant_type=client_credentials&token=x'

  beforeAll(async () => {
    const rateLimits = {
      failedSignInsPerMinute: 10_000,
      failedClientAuthenticationsPerMinute: 10_000,
    }
    server = await startTestServer(kind, { rateLimits })
  })
  afterAll(() => server?.stop())

  function post(
    path: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<PlainAnswer> {
    return sendRequest(server.issuer + path, {
      method: 'POST',
      headers: { ...FORM, authorization, ...headers },
      body,
    })
  }

  const get = (query: string) => sendRequest(`${server.issuer}/authorize?${query}`)

  function expectInvalidRequest(answer: PlainAnswer, what: string): void {
    expect(answer.status, what).toBe(400)
    expect(JSON.parse(answer.text), what).toMatchObject({ error: 'invalid_request' })
  }

  function expectErrorPage(answer: PlainAnswer, what: string): void {
    expect(answer.status, what).toBe(400)
    expect(answer.headers['content-type'], what).toBe('text/html; charset=utf-8')
    expect(answer.headers.location, what).toBeUndefined()
  }

  describe('repeated', () => {
    it.each(APP_ENDPOINTS)('E1: a repeated parameter is refused at %s', async (path) => {
      for (const twice of [
        `${good}&grant_type=client_credentials`,
        `${good}&token=x`,
        `${good}&scope=contacts:read&scope=contacts:write`,
        `${good}&client_id=machine&client_id=spa`,
        `${good}&client%5Fid=machine&client_id=machine`,
        `${good}&unknown=1&unknown=2`,
        `${good}&scope=&scope=contacts:read`,
      ]) {
        expectInvalidRequest(await post(path, twice), twice)
      }
    })

    it('E1: the same name in URL and body is refused, and so is any parameter in the URL of a POST', async () => {
      for (const query of ['grant_type=client_credentials', 'scope=contacts:write', 'x=1']) {
        expectInvalidRequest(await post(`/token?${query}`, good), query)
        expectErrorPage(await post(`/authorize?${query}`, 'client_id=web-app'), query)
      }
      const inUrl = `client_id=${MACHINE.id}&client_secret=${MACHINE.secret}&${good}`
      expectInvalidRequest(await post(`/token?${inUrl}`, '', { authorization: '' }), inUrl)
    })

    it('E1: a repeated parameter of an authorization request gets a page, not a redirect', async () => {
      const url = new URL(new TestApp(server, WEB_APP).authorizeUrl())
      for (const name of url.searchParams.keys()) {
        const query = `${url.search.slice(1)}&${name}=${url.searchParams.get(name)}`
        expectErrorPage(await get(query), name)
        const posted = await sendRequest(`${server.issuer}/authorize`, {
          method: 'POST',
          headers: FORM,
          body: query,
        })
        expectErrorPage(posted, name)
      }
    })

    it('E1: the parameter resource may be repeated, and an empty one counts as left out', async () => {
      const twice = await post('/token', `${good}&resource=https://api.example/v1&resource=`)
      expect(twice.status).toBe(200)
      const empty = await post('/token', 'grant_type=&scope=')
      expectInvalidRequest(empty, 'empty grant_type')
    })

    it.each(PAGE_ENDPOINTS)('E1: a repeated field of a form is refused at %s', async (path) => {
      const field = path.startsWith('/sign-out') ? 'token' : 'interaction'
      const answer = await sendRequest(server.issuer + path, {
        method: 'POST',
        headers: { ...FORM, 'sec-fetch-site': 'same-origin' },
        body: `${field}=a&${field}=b`,
      })
      expectErrorPage(answer, path)
    })
  })

  describe('nested', () => {
    const nested = [
      'scope[]=contacts:write',
      'scope[0]=contacts:write',
      'scope[$gt]=',
      'scope.x=1',
      '__proto__[scope]=contacts:write',
      '__proto__=1',
      'constructor=1',
      'constructor[prototype][x]=1',
      'hasOwnProperty=1',
      'toString=1',
      'valueOf=1',
    ]

    it.each(nested)('E2: %s is a parameter that nobody knows', async (parameter) => {
      const answer = await post('/token', `${good}&${parameter}`)
      expect(answer.status).toBe(200)
      expect(JSON.parse(answer.text).scope).toBe('contacts:read')
      expect({}).not.toHaveProperty('scope')
    })

    it('E2: it does not stand in for the parameter that it looks like', async () => {
      const names = ['grant_type[]', 'grant_type[$ne]', 'grant_type.x', '__proto__[grant_type]']
      for (const name of names) {
        expectInvalidRequest(await post('/token', `${name}=client_credentials`), name)
      }
      const code = await post('/token', 'grant_type=authorization_code&code[$gt]=')
      expect(code.status).toBe(400)
      expectErrorPage(await get('client_id[]=web-app&redirect_uri[]=x'), 'client_id[]')
    })
  })

  describe('in another format', () => {
    const poison = [
      '{"__proto__":{"polluted":1}}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{"grant_type":"client_credentials","__proto__":{"client_secret":"x"}}',
    ]

    it('E3: JSON is read nowhere, so nothing in it reaches a prototype', async () => {
      const metadata = () => getAnswer(`${server.issuer}/.well-known/openid-configuration`)
      const before = await metadata()
      for (const path of [...APP_ENDPOINTS, ...PAGE_ENDPOINTS, '/authorize', '/userinfo']) {
        for (const body of poison) {
          const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
          expect((await post(path, body, headers)).status, path).toBe(400)
        }
      }
      // The server runs in this process: what it polluted would show here.
      expect({}).not.toHaveProperty('polluted')
      expect((await metadata()).text).toBe(before.text)
    })

    it('E3: registration of apps over HTTP, which would read JSON, is not offered', async () => {
      for (const path of ['/register', '/api/clients', '/portal/apps']) {
        const answer = await post(path, poison[0] ?? '', { 'content-type': 'application/json' })
        expect(answer.status).toBe(404)
      }
    })

    it.each([
      'application/json',
      'text/plain',
      'text/html',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded, application/json',
      'application/x-www-form-urlencoded-x',
      'x-www-form-urlencoded',
      'application/jwt',
      'garbage',
      '',
    ])('E11: a body of type %j is refused', async (type) => {
      for (const path of APP_ENDPOINTS) {
        expectInvalidRequest(await post(path, good, { 'content-type': type }), path)
      }
    })

    it('E11: a body without a type is refused', async () => {
      const answer = await sendRequest(`${server.issuer}/token`, {
        method: 'POST',
        headers: { authorization },
        body: good,
      })
      expectInvalidRequest(answer, 'no content-type')
    })

    it('E11: JSON in the body of a form is no parameter', async () => {
      for (const body of ['{"grant_type":"client_credentials"}', JSON.stringify(good)]) {
        expectInvalidRequest(await post('/token', body), body)
      }
    })

    it.each([
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded;charset=UTF-8',
      'application/x-www-form-urlencoded; charset="utf-8"',
      'APPLICATION/X-WWW-FORM-URLENCODED',
      // The type defines no parameter: whatever is said there, the bytes are UTF-8, or refused (E4).
      'application/x-www-form-urlencoded; charset=iso-8859-1',
      'application/x-www-form-urlencoded; charset=utf-7',
    ])('E11: %s is what it should be', async (type) => {
      expect((await post('/token', good, { 'content-type': type })).status).toBe(200)
    })
  })

  describe('in another encoding', () => {
    const malformed: [string, string | Buffer][] = [
      ['a byte that is no UTF-8', '%ff'],
      ['a cut-off sequence', '%e2%82'],
      ['an overlong slash', '%c0%af'],
      ['an overlong NUL', '%c0%80'],
      ['a surrogate', '%ed%a0%80'],
      ['beyond Unicode', '%f4%90%80%80'],
      ['NUL', '%00'],
      ['NUL in the middle', 'contacts%00:read'],
      ['half an escape', '%'],
      ['an escape of nothing', '%zz'],
      ['raw Latin-1', Buffer.from('ü', 'latin1')],
      ['raw NUL', Buffer.from([0])],
      ['a raw surrogate', Buffer.from([0xed, 0xa0, 0x80])],
    ]

    it.each(malformed)('E13: %s is refused in every value and name', async (_, text) => {
      const bytes = Buffer.from(text)
      const join = (...parts: (string | Buffer)[]) =>
        Buffer.concat(parts.map((part) => Buffer.from(part)))
      for (const path of APP_ENDPOINTS) {
        expectInvalidRequest(await post(path, join(good, '&state=', bytes)), path)
        expectInvalidRequest(await post(path, join(good, '&', bytes, '=1')), path)
      }
      const anonymous = { authorization: '', 'sec-fetch-site': 'same-origin' }
      const signIn = await post('/authorize/sign-in', join('username=', bytes), anonymous)
      expectErrorPage(signIn, '/authorize/sign-in')
    })

    it('E13: so it is in the query of an authorization request', async () => {
      for (const [what, text] of malformed.filter(([, value]) => typeof value === 'string')) {
        expectErrorPage(await get(`client_id=web-app&state=${text}`), what)
        expectErrorPage(await get(`client_id=${text}`), what)
      }
    })

    it('E13: so it is inside HTTP Basic', async () => {
      for (const [what, text] of malformed) {
        for (const pair of [`${text}:secret`, `${MACHINE.id}:${text}`]) {
          const header = `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`
          const answer = await post('/token', good, { authorization: header })
          expect([400, 401], what).toContain(answer.status)
        }
      }
    })

    it('E13: text outside ASCII that is well-formed comes back as it went', async () => {
      const state = 'ü€𝄞\u202eא\ufeff%2F+&=;'
      const url = new TestApp(server, WEB_APP).authorizeUrl({ state, prompt: 'none' })
      const { location = '' } = await new TestBrowser().open(url)
      expect(new URL(location).searchParams.get('state')).toBe(state)
    })

    it('E13: a password is the same, however its accents are composed', async () => {
      const composed = 'Ünïcödé pässphräse'.normalize('NFC')
      const decomposed = composed.normalize('NFD')
      expect(decomposed).not.toBe(composed)
      await server.store.createUser(
        {
          tenant: TENANT,
          id: asUserId('user-unicode'),
          tag: newRevocationTag(),
          username: 'unicode',
          name: 'Unicode',
          email: null,
          emailVerified: false,
          passwordHash: await hashPassword(composed),
          locale: null,
          createdAtSeconds: server.clock.nowSeconds(),
          disabledAtSeconds: null,
        },
        [],
      )
      for (const password of [composed, decomposed]) {
        const browser = new TestBrowser()
        const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
        const answer = await browser.submit(page, { username: 'unicode', password })
        expect(answer.status).toBe(303)
      }
    })
  })

  describe('with SQL in them', () => {
    const injections = [
      `' or '1'='1`,
      `' or 1=1 --`,
      `'; drop table clients; --`,
      `" or ""="`,
      `') union select * from client_secrets --`,
      '1; select pg_sleep(5)',
      `\\'; --`,
      `%' or name like '%`,
      '{"$ne":null}',
      '$1',
      '?',
      ':id',
    ]

    /** Each field that a stranger fills in, and what is asked with it. */
    const fields: [string, (text: string) => Promise<PlainAnswer>][] = [
      ['client id', (text) => postAs(text, 'secret')],
      ['client secret', (text) => postAs(MACHINE.id, text)],
      ['public client id', (text) => anonymous('/token', { client_id: text })],
      ['code', (text) => asSpa({ grant_type: 'authorization_code', code: text })],
      ['refresh token', (text) => asSpa({ grant_type: 'refresh_token', refresh_token: text })],
      ['grant type', (text) => asSpa({ grant_type: text })],
      ['token to revoke', (text) => asMachine('/revoke', { token: text })],
      ['token to introspect', (text) => asMachine('/introspect', { token: text })],
      ['scope', (text) => asMachine('/token', { scope: text.replaceAll(/["\\]/g, '') })],
      ['resource', (text) => asMachine('/token', { resource: text })],
      ['access token', (text) => withBearer(text)],
      [
        'app of an authorization',
        (text) => get(new URLSearchParams({ client_id: text }).toString()),
      ],
      ['interaction', (text) => get(new URLSearchParams({ interaction: text }).toString())],
      ['session', (text) => withCookie(text)],
    ]

    const form = (entries: Record<string, string>) => new URLSearchParams(entries).toString()
    const anonymous = (path: string, entries: Record<string, string>) =>
      post(path, form(entries), { authorization: '' })
    const postAs = (id: string, secret: string) =>
      post('/token', good, { authorization: basic(id, secret) })
    const asSpa = (entries: Record<string, string>) =>
      anonymous('/token', { client_id: SPA.id, ...entries })
    const asMachine = (path: string, entries: Record<string, string>) =>
      post(path, form({ grant_type: 'client_credentials', ...entries }))
    const withBearer = (text: string) =>
      sendRequest(`${server.issuer}/userinfo`, {
        headers: { authorization: `Bearer ${text.replaceAll(' ', '')}` },
      })
    const withCookie = (text: string) =>
      sendRequest(new TestApp(server, WEB_APP).authorizeUrl({ prompt: 'none' }), {
        headers: { cookie: `${cookieName(server.issuer, 'session')}=${encodeURIComponent(text)}` },
      })

    /** An answer without what is different each time. */
    const comparable = ({ status, headers, text }: PlainAnswer, sent: string) => ({
      status,
      type: headers['content-type'],
      location: headers.location?.replace(/[?&]state=[^&]*/, ''),
      // A scope that does not exist is named in its refusal.
      text: text.startsWith('{') ? text.replaceAll(sent, '').replace(/ \([^"]*\)/, '') : '',
    })

    it.each(fields)('E16: is garbage like any other as %s', async (_, ask) => {
      const garbage = 'x garbage'
      const expected = comparable(await ask(garbage), garbage)
      expect(expected.status).toBeLessThan(500)
      for (const text of injections) {
        expect(comparable(await ask(text), text), text).toEqual(expected)
      }
    })

    it('E16: is a wrong name and a wrong password at sign-in', async () => {
      for (const text of injections) {
        const browser = new TestBrowser()
        const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
        for (const fields of [
          { username: text, password: PASSWORD },
          { username: text, password: text },
        ]) {
          expect((await browser.submit(page, fields)).status, text).toBe(422)
        }
        expect(browser.cookies.has(cookieName(server.issuer, 'session'))).toBe(false)
      }
    })

    it('E16: leaves everything where it was', async () => {
      expect((await post('/token', good)).status).toBe(200)
      expect((await server.store.listClients(TENANT)).length).toBeGreaterThan(5)
      const answer = await postForm(
        `${server.issuer}/introspect`,
        { token: 'x' },
        { authorization },
      )
      expect(answer.body).toEqual({ active: false })
    })
  })
})
