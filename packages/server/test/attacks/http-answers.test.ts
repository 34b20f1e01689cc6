// Attacks on what answers give away: to other origins, to caches, in failures, to the network.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { StoreUnavailableError } from '../../src/store/port.ts'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { type PlainAnswer, sendRequest } from '../support/http-request.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, SPA, WEB_APP } from '../support/world.ts'

const FORM = 'application/x-www-form-urlencoded'
const GRANT = 'grant_type=client_credentials&token=x'
const authorization = basic(MACHINE.id, MACHINE.secret ?? '')

/** Sends forms to a server that may not have started yet. */
const postTo =
  (server: () => TestServer) =>
  (path: string, headers: Record<string, string> = {}, body = GRANT): Promise<PlainAnswer> =>
    sendRequest(server().url + path, {
      method: 'POST',
      headers: { authorization, 'content-type': FORM, ...headers },
      body,
    })

describe.each(STORES)('other origins on %s', (kind) => {
  let server: TestServer
  const post = postTo(() => server)
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  const forApps = ['/token', '/revoke', '/userinfo']
  const forAll = ['/jwks', '/revocations', '/.well-known/openid-configuration']
  const forNobody = ['/introspect', '/authorize', '/authorize/sign-in', '/authorize/consent']
  const strangers = [
    'null',
    'https://evil.example',
    'https://app.example.evil.example',
    'https://evilapp.example',
    'https://app.example:8443',
    'https://app.example/',
    'https://app.example, https://evil.example',
    'https://sub.app.example',
    'http://app.example',
    'HTTPS://APP.EXAMPLE',
    'https://app.example\\.evil.example',
    'com.example.app:',
    'com.example.app://',
    'http://127.0.0.1:49152',
    'file://',
  ]

  const preflight = (path: string, origin: string) =>
    sendRequest(server.url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })

  function expectClosed({ headers }: PlainAnswer, what: string): void {
    const names = Object.keys(headers).filter((name) => name.startsWith('access-control-'))
    expect(names, what).toEqual([])
  }

  it.each(forApps)('E8: %s may be read by the origins of registered apps', async (path) => {
    for (const origin of ['https://app.example', 'https://spa.example']) {
      for (const answer of [await preflight(path, origin), await post(path, { origin })]) {
        expect(answer.headers['access-control-allow-origin']).toBe(origin)
        expect(answer.headers['access-control-allow-credentials']).toBe('true')
        expect(answer.headers.vary).toBe('Origin')
      }
    }
  })

  it.each(forApps)('E8: %s may be read by no other origin', async (path) => {
    for (const origin of strangers) {
      expectClosed(await preflight(path, origin), origin)
      expectClosed(await post(path, { origin }), origin)
    }
  })

  it.each(forNobody)('E8: %s may be read by no other origin at all', async (path) => {
    for (const origin of ['https://app.example', 'https://spa.example', ...strangers]) {
      expectClosed(await preflight(path, origin), origin)
      expectClosed(await post(path, { origin }), origin)
    }
  })

  it.each(forAll)('E8: %s may be read by all, without their cookies', async (path) => {
    const answer = await sendRequest(server.url + path, { headers: { origin: 'null' } })
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
  })

  it('E8: an app that is disabled takes its origin along', async () => {
    const origin = new URL(SPA.redirectUri).origin
    const allowed = async () =>
      (await post('/token', { origin })).headers['access-control-allow-origin']
    expect(await allowed()).toBe(origin)
    await server.store.disableClient({ ...holderEndingNow(server), id: asClientId(SPA.id) })
    server.clock.advance(5)
    expect(await allowed()).toBeUndefined()
  })
})

describe('caches', () => {
  let server: TestServer
  const post = postTo(() => server)
  beforeAll(async () => {
    server = await startTestServer('sqlite')
  })
  afterAll(() => server?.stop())

  const get = (path: string) => sendRequest(server.url + path)
  const authorize = (fields: Record<string, string>) =>
    sendRequest(new TestApp(server, WEB_APP).authorizeUrl(fields))

  const answers: [string, number, () => Promise<PlainAnswer>][] = [
    ['tokens', 200, () => post('/token')],
    ['a refusal of the token endpoint', 400, () => post('/token', {}, 'grant_type=x')],
    ['a failed authentication', 401, () => post('/token', { authorization: 'Basic x' })],
    ['an introspection', 200, () => post('/introspect')],
    ['a revocation', 200, () => post('/revoke')],
    ['userinfo without a token', 401, () => get('/userinfo')],
    ['the sign-in page', 200, () => authorize({})],
    ['an error page', 400, () => authorize({ client_id: 'unknown' })],
    ['an answer to an app', 303, () => authorize({ prompt: 'none' })],
    [
      'an answer to an app by form',
      200,
      () => authorize({ prompt: 'none', response_mode: 'form_post' }),
    ],
    ['the sign-out page', 200, () => get('/sign-out')],
    ['a wrong method', 405, () => get('/token')],
    ['a wrong method of a page', 405, () => get('/authorize/consent')],
    ['an unknown path', 404, () => get('/nothing')],
  ]

  it.each(answers)('E9: %s (%i) are kept by no cache', async (_, status, ask) => {
    const answer = await ask()
    expect(answer.status).toBe(status)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers.pragma).toBe('no-cache')
    expect(answer.headers.etag).toBeUndefined()
    expect(answer.headers['last-modified']).toBeUndefined()
  })

  it('E9: what is public may be kept, for minutes', async () => {
    for (const path of ['/jwks', '/.well-known/openid-configuration']) {
      expect((await get(path)).headers['cache-control']).toBe('public, max-age=300')
    }
  })
})

describe.each(STORES)('failures on %s', (kind) => {
  const leaks =
    /at .*\(|node_modules|\.ts\b|select |insert |sqlite|postgres|errno|ECONN|cannot answer/i

  it('E15: without its database the server says 503 and gives nothing, and guesses nothing', async () => {
    const server = await startTestServer(kind)
    const post = postTo(() => server)
    try {
      const token = JSON.parse((await post('/token')).text).access_token
      await server.loseDatabase()
      const bearer = { headers: { authorization: `Bearer ${token}` } }
      const ownSecret = { authorization: basic(API_SERVER.id, API_SERVER.secret ?? '') }
      const json = [
        post('/token'),
        post('/token', {}, 'grant_type=refresh_token&refresh_token=x'),
        post('/revoke', {}, `token=${token}`),
        post('/introspect', {}, `token=${token}`),
        post('/introspect', ownSecret, `token=${token}`),
        sendRequest(`${server.url}/userinfo`, bearer),
        sendRequest(`${server.url}/revocations`),
      ]
      for (const answer of await Promise.all(json)) {
        expect(answer.status).toBe(503)
        expect(answer.headers['retry-after']).toBe('1')
        expect(JSON.parse(answer.text)).toEqual({
          error: 'temporarily_unavailable',
          error_description: expect.any(String),
        })
        expect(answer.text).not.toMatch(leaks)
      }
      const page = await sendRequest(new TestApp(server, WEB_APP).authorizeUrl())
      expect(page.status).toBe(503)
      expect(page.headers['retry-after']).toBe('1')
      expect(page.headers.location).toBeUndefined()
      expect(page.text).not.toMatch(leaks)
      expect((await sendRequest(`${server.url}/livez`)).status).toBe(200)
      expect((await sendRequest(`${server.url}/readyz`)).status).toBe(503)
      expect(server.logLines.join('')).toContain('StoreUnavailableError')
    } finally {
      await server.stop()
    }
  })

  it('E15: a revocation that cannot be looked up counts neither as revoked nor as not', async () => {
    const server = await startTestServer(kind)
    const post = postTo(() => server)
    try {
      const token = JSON.parse((await post('/token')).text).access_token
      const lost = () => Promise.reject(new StoreUnavailableError('lost'))
      Object.assign(server.store, { isRevoked: lost })
      const introspection = await post('/introspect', {}, `token=${token}`)
      expect(introspection.status).toBe(503)
      expect(introspection.text).not.toContain('active')
      const bearer = { headers: { authorization: `Bearer ${token}` } }
      expect((await sendRequest(`${server.url}/userinfo`, bearer)).status).toBe(503)
    } finally {
      await server.stop()
    }
  })

  it('E15: a bug of ours is a 500 that tells nothing but a number for the log', async () => {
    const server = await startTestServer(kind)
    const post = postTo(() => server)
    try {
      Object.assign(server.store, {
        findClient: () => {
          throw new TypeError('select hash from client_secrets failed at /srv/store.ts')
        },
      })
      const answer = await post('/token')
      expect(answer.status).toBe(500)
      expect(JSON.parse(answer.text).error).toBe('server_error')
      expect(answer.text).not.toMatch(leaks)

      const page = await sendRequest(new TestApp(server, WEB_APP).authorizeUrl())
      expect(page.status).toBe(500)
      expect(page.headers.location).toBeUndefined()
      expect(page.text).not.toMatch(leaks)
      for (const { headers } of [answer, page]) {
        const line = server.logLines.find((each) => each.includes(`${headers['x-request-id']}`))
        expect(line).toContain('TypeError')
      }
      expect(page.text).toContain(`${page.headers['x-request-id']}`)
    } finally {
      await server.stop()
    }
  })
})

describe('plain http', () => {
  const HSTS = 'max-age=63072000; includeSubDomains'
  let server: TestServer
  let direct: TestServer
  const post = postTo(() => server)

  beforeAll(async () => {
    const publicIssuer = 'https://login.example'
    const trustedProxies = ['127.0.0.1', '::1']
    server = await startTestServer('sqlite', { publicIssuer, trustedProxies })
    direct = await startTestServer('sqlite', { publicIssuer })
  })
  afterAll(async () => {
    await server?.stop()
    await direct?.stop()
  })

  const inTheClear = { 'x-forwarded-proto': 'http' }
  const overTls = { 'x-forwarded-proto': 'https' }

  it.each(['/token', '/revoke', '/introspect', '/userinfo'])(
    'E17: %s refuses what came in the clear, and does not redirect it',
    async (path) => {
      for (const forwarded of ['http', 'https, http', 'HTTP', 'ws']) {
        const answer = await post(path, { 'x-forwarded-proto': forwarded })
        expect(answer.status).toBe(400)
        expect(answer.headers.location).toBeUndefined()
        // RFC 6797 §7.2: on an answer in the clear it would say nothing.
        expect(answer.headers['strict-transport-security']).toBeUndefined()
        expect(JSON.parse(answer.text)).toEqual({
          error: 'invalid_request',
          error_description: 'This endpoint is only served over https.',
        })
      }
    },
  )

  it('E17: no page is shown in the clear, and no document to believe', async () => {
    const { search } = new URL(new TestApp(server, WEB_APP).authorizeUrl())
    for (const path of [
      `/authorize${search}`,
      '/sign-out',
      '/jwks',
      '/.well-known/openid-configuration',
    ]) {
      const answer = await sendRequest(server.url + path, { headers: inTheClear })
      expect(answer.status, path).toBe(400)
      expect(answer.headers.location).toBeUndefined()
      expect(answer.text).not.toMatch(/name="password"|"keys"|"issuer"/)
    }
  })

  it('E17: what came over TLS is served, also through a second proxy', async () => {
    for (const forwarded of ['https', 'http, https']) {
      const answer = await post('/token', { 'x-forwarded-proto': forwarded })
      expect(answer.status).toBe(200)
    }
    expect((await post('/token')).status).toBe(200)
  })

  it('E17: who is no proxy of ours is not asked how its request came', async () => {
    expect((await postTo(() => direct)('/token', inTheClear)).status).toBe(200)
  })

  const answers: [string, number, (url: string) => Promise<PlainAnswer>][] = [
    ['tokens', 200, () => post('/token', overTls)],
    ['a refusal', 401, () => post('/token', { ...overTls, authorization: 'Basic x' })],
    ['metadata', 200, (url) => sendRequest(`${url}/jwks`, { headers: overTls })],
    ['a wrong method', 405, (url) => sendRequest(`${url}/token`, { headers: overTls })],
    ['a preflight', 204, (url) => sendRequest(`${url}/token`, { method: 'OPTIONS' })],
    ['a page', 400, (url) => sendRequest(`${url}/authorize`, { headers: overTls })],
    ['a redirect', 303, (url) => sendRequest(`${url}/authorize`, { method: 'POST' })],
    ['a style sheet', 200, (url) => sendRequest(`${url}/assets/page.css`)],
    ['an oversized body', 400, () => post('/token', {}, 'a'.repeat(60_000))],
  ]

  it.each(answers)(
    'E17: browsers are told to come by https alone: %s (%i)',
    async (_, status, ask) => {
      const answer = await ask(server.url)
      expect(answer.status).toBe(status)
      expect(answer.headers['strict-transport-security']).toBe(HSTS)
    },
  )

  it('E17: an issuer without TLS is refused by the configuration, unless it is allowed by name', () => {
    const configure =
      (issuer: string, settings: object = {}, development = false) =>
      () =>
        loadConfig({
          env: {},
          development,
          value: { tenants: [{ name: 'main', issuer, contract: 'standard' }], ...settings },
        })
    for (const issuer of ['http://login.example', 'http://localhost:3000', 'http://127.0.0.1']) {
      expect(configure(issuer)).toThrow(ConfigError)
      expect(configure(issuer)).toThrow(/http-issuer/)
      expect(configure(issuer, { allow: ['http-issuer'] })).not.toThrow()
    }
    expect(configure('http://localhost:3000', {}, true)).not.toThrow()
    expect(configure('http://login.example', {}, true)).toThrow(/http-issuer/)
    expect(configure('https://login.example')).not.toThrow()
  })
})
