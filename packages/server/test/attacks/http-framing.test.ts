// Attacks below the parameters: split headers, forged hosts, wrong methods, ambiguous lengths, other spellings of a path.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { sendBytes, sendRequest } from '../support/http-request.ts'
import { registerClient } from '../support/register-client.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, getAnswer, postForm, TestApp } from '../support/test-app.ts'
import { MACHINE, PASSWORD, WEB_APP } from '../support/world.ts'

const FORM = 'application/x-www-form-urlencoded'
const GRANT = 'grant_type=client_credentials'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer('sqlite', { rateLimits: { failedSignInsPerMinute: 20 } })
})
afterAll(() => server?.stop())

const authorization = basic(MACHINE.id, MACHINE.secret ?? '')

function postToken(path: string, headers: Record<string, string> = {}, body = GRANT) {
  return sendRequest(server.issuer, {
    path,
    method: 'POST',
    headers: { authorization, 'content-type': FORM, ...headers },
    body,
  })
}

describe('split headers', () => {
  const split = 'a\r\nset-cookie: evil=1\r\n\r\n<script>'

  it('E6: line ends in state reach the app encoded, in each response mode', async () => {
    const app = new TestApp(server, WEB_APP)
    for (const mode of ['query', 'fragment']) {
      const url = app.authorizeUrl({ state: split, prompt: 'none', response_mode: mode })
      const answer = await sendRequest(url)
      expect(answer.headers.location).toMatch(/^https:\/\/app\.example\/callback[?#][\x21-\x7e]*$/)
      expect(answer.headers['set-cookie']).toBeUndefined()
      const { search, hash } = new URL(answer.headers.location ?? '')
      expect(new URLSearchParams(mode === 'query' ? search : hash.slice(1)).get('state')).toBe(
        split,
      )
    }
  })

  it('E6: nothing that was sent stands in a header of a refusal', async () => {
    const requests = [
      postToken('/token', { authorization: '' }, `client_id=${encodeURIComponent(split)}&${GRANT}`),
      postToken('/token', {}, `${GRANT}&scope=${encodeURIComponent(split)}`),
      postToken('/token', {}, `grant_type=${encodeURIComponent(split)}`),
      sendRequest(`${server.issuer}/userinfo`, {
        headers: { authorization: 'Bearer "evil", realm="evil' },
      }),
      sendRequest(new TestApp(server, WEB_APP).authorizeUrl({ scope: split, prompt: 'none' })),
      sendRequest(new TestApp(server, WEB_APP).authorizeUrl({ client_id: split })),
      sendRequest(`${server.issuer}/authorize?interaction=${encodeURIComponent(split)}`),
    ]
    for (const answer of await Promise.all(requests)) {
      expect(answer.status).not.toBe(200)
      expect(JSON.stringify(answer.headers)).not.toMatch(/evil/)
      expect(answer.headers['set-cookie'] ?? []).not.toContainEqual(expect.stringMatching(/^evil/))
    }
  })

  it('E6: line ends in a stored name stay out of headers', async () => {
    const client = await registerClient(
      server,
      { id: 'splitter', secret: undefined },
      {
        name: split,
        type: 'public',
        redirectUris: ['https://splitter.example/cb'],
        grantTypes: ['authorization_code'],
        scopes: ['contacts:read'],
        defaultScopes: ['contacts:read'],
      },
    )
    const answer = await sendRequest(new TestApp(server, client).authorizeUrl())
    expect(answer.status).toBe(200)
    expect(JSON.stringify(answer.headers)).not.toMatch(/evil/)
  })

  it('E6: the log stays one JSON object per line, and no line is of the sender making', async () => {
    const before = server.logLines.length
    const forged = '\n{"level":"error","msg":"forged"}\n'
    await postToken('/token', {}, `${GRANT}&scope=${encodeURIComponent(forged)}`)
    await postToken('/token', { authorization: basic(forged, forged) })
    await sendRequest(new TestApp(server, WEB_APP).authorizeUrl({ redirect_uri: forged }))
    const browser = new TestBrowser()
    const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
    for (let tries = 0; tries < 6; tries += 1) {
      await browser.submit(page, { username: forged, password: forged })
    }
    const lines = server.logLines.slice(before)
    expect(lines.length).toBeGreaterThan(8)
    for (const line of lines) {
      expect(line).toMatch(/^[^\n]*\n$/)
      expect(JSON.parse(line).msg).not.toBe('forged')
    }
  })
})

describe('forged hosts', () => {
  const forged = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '443',
    'x-forwarded-prefix': '/evil',
    'x-original-url': '/evil',
    'x-rewrite-url': '/evil',
    forwarded: 'for=203.0.113.7;host=evil.example;proto=https',
  }

  it('E7: the issuer is the configured one, whatever the request says', async () => {
    const path = '/.well-known/openid-configuration'
    const expected = await getAnswer(server.issuer + path)
    const answer = await sendRequest(server.issuer + path, { headers: forged })
    expect(answer.text).toBe(expected.text)
    expect(answer.text).not.toContain('evil')
  })

  it('E7: redirects, pages and challenges keep it too', async () => {
    const { search } = new URL(new TestApp(server, WEB_APP).authorizeUrl())
    const page = await sendRequest(`${server.issuer}/authorize${search}`, { headers: forged })
    expect(page.text + JSON.stringify(page.headers)).not.toContain('evil')
    const moved = await sendRequest(`${server.issuer}/authorize`, {
      method: 'POST',
      headers: { ...forged, 'content-type': FORM },
      body: search.slice(1),
    })
    expect(moved.headers.location).toMatch(new RegExp(`^${server.issuer}/authorize\\?`))
    const refused = await postToken('/token', { ...forged, authorization: 'Basic x' })
    expect(refused.headers['www-authenticate']).toBe(`Basic realm="${server.issuer}"`)
    const token = await postToken('/token', forged)
    const [, payload = ''] = JSON.parse(token.text).access_token.split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString()).iss).toBe(server.issuer)
  })

  it('E7: a form of our page is not taken for one of a forged host', async () => {
    const browser = new TestBrowser()
    const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
    const interaction = page.root.querySelector('[name=interaction]')?.getAttribute('value') ?? ''
    const cookie = [...browser.cookies].map((each) => each.join('=')).join('; ')
    const answer = await sendRequest(`${server.issuer}/authorize/sign-in`, {
      method: 'POST',
      headers: { ...forged, cookie, origin: 'https://evil.example', 'content-type': FORM },
      body: new URLSearchParams({ interaction, username: 'ada', password: PASSWORD }).toString(),
    })
    expect(answer.status).toBe(403)
  })

  it('E7: a request for another host in its first line leads nowhere', async () => {
    const { host } = new URL(server.issuer)
    for (const target of [
      'http://evil.example/jwks',
      `http://${host}/jwks`,
      '//evil.example/jwks',
    ]) {
      const lines = [`GET ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close']
      const { text } = await sendBytes(server.issuer, `${lines.join('\r\n')}\r\n\r\n`)
      expect(text).toMatch(/^HTTP\/1\.1 404 /)
    }
  })

  it('E7: a forwarded address from who is no proxy of ours does not get around a rate limit', async () => {
    const app = new TestApp(server, WEB_APP)
    const trySignIn = async (address: string) => {
      const browser = new TestBrowser()
      const page = await browser.open(app.authorizeUrl())
      const forwarded = {
        'x-forwarded-for': address,
        'x-real-ip': address,
        forwarded: `for=${address}`,
      }
      const fields = { username: `user-${address}`, password: 'wrong' }
      return (await browser.submit(page, fields, forwarded)).status
    }
    const statuses: number[] = []
    for (let host = 1; host <= 25; host += 1) statuses.push(await trySignIn(`203.0.113.${host}`))
    expect(statuses.at(-1)).toBe(429)
  })
})

describe('methods', () => {
  const posts = ['/token', '/revoke', '/introspect']
  const gets = ['/jwks', '/revocations', '/.well-known/openid-configuration']
  const others = ['PUT', 'PATCH', 'DELETE', 'TRACE']

  it.each(posts)('E10: %s is for POST alone', async (path) => {
    for (const method of ['GET', 'HEAD', ...others]) {
      const answer = await sendRequest(`${server.issuer}${path}`, {
        method,
        headers: { authorization },
      })
      expect(answer.status, method).toBe(405)
      expect(answer.headers.allow).toBe('POST')
    }
  })

  it.each(gets)('E10: %s is for GET alone', async (path) => {
    for (const method of ['POST', ...others]) {
      const answer = await sendRequest(`${server.issuer}${path}`, { method })
      expect(answer.status, method).toBe(405)
      expect(answer.headers.allow).toBe('HEAD, GET')
    }
  })

  it.each(['/authorize/sign-in', '/authorize/account', '/authorize/consent', '/sign-out/confirm'])(
    'E10: the form %s is for POST alone, and says so on a page',
    async (path) => {
      for (const method of ['GET', 'HEAD', ...others]) {
        const answer = await sendRequest(`${server.issuer}${path}`, { method })
        expect(answer.status, method).toBe(405)
        expect(answer.headers.allow).toBe('POST')
      }
    },
  )

  it('E10: TRACE sends nothing back of what it was sent', async () => {
    const headers = { authorization, cookie: 'a=secret' }
    for (const path of ['/token', '/authorize', '/nothing']) {
      const answer = await sendRequest(`${server.issuer}${path}`, { method: 'TRACE', headers })
      expect([404, 405]).toContain(answer.status)
      expect(answer.text).not.toMatch(/secret|Basic/)
    }
  })

  it('E10: an override makes no other method of a request', async () => {
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      const headers = { [name]: 'POST', authorization, 'content-type': FORM }
      const got = await sendRequest(`${server.issuer}/token?${GRANT}`, { headers })
      expect(got.status).toBe(405)
      const jwks = await postToken('/jwks', { [name]: 'GET' }, '')
      expect(jwks.status).toBe(405)
    }
    const inBody = await postToken('/jwks', {}, '_method=GET')
    expect(inBody.status).toBe(405)
  })

  it('E10: credentials in a URL are accepted nowhere', async () => {
    const credentials = `client_id=${MACHINE.id}&client_secret=${MACHINE.secret}`
    for (const path of posts) {
      const answer = await postForm(`${server.issuer}${path}?${credentials}`, {
        grant_type: 'client_credentials',
        token: 'x',
      })
      expect(answer.status).toBe(400)
      expect(answer.text).not.toContain('access_token')
    }
    const token = JSON.parse((await postToken('/token')).text).access_token
    const userinfo = await getAnswer(`${server.issuer}/userinfo?access_token=${token}`)
    expect(userinfo.status).toBe(401)
    expect(userinfo.headers.get('www-authenticate')).toBe(`Bearer realm="${server.issuer}"`)
  })
})

describe('ambiguous framing', () => {
  it('E12: lines that end in a line feed alone are refused', async () => {
    const { text, closed } = await sendBytes(server.issuer, 'GET /jwks HTTP/1.1\nHost: x\n\n')
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(closed).toBe(true)
  })

  it('E12: a request without a Host is refused', async () => {
    const { text, closed } = await sendBytes(server.issuer, 'GET /jwks HTTP/1.1\r\n\r\n')
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(closed).toBe(true)
  })

  it('E12: two requests behind each other get two answers in order', async () => {
    const { host } = new URL(server.issuer)
    const [first, last] = ['', 'Connection: close\r\n'].map(
      (extra) => `GET /livez HTTP/1.1\r\nHost: ${host}\r\n${extra}\r\n`,
    )
    const { text } = await sendBytes(server.issuer, `${first}${last}`)
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(2)
  })
})

describe('other spellings of a path', () => {
  const spellings = [
    '/token/',
    '//token',
    '/%74oken',
    '/%74%6f%6b%65%6e',
    '/token;x',
    '/token;jsessionid=1',
    '/./token',
    '/x/../token',
    '/TOKEN',
    '/Token',
    '/token%20',
    '/token%00',
    '/token%2f',
    '/token%3f',
    '/token.json',
    '/%2ftoken',
    '/.well-known/..%2ftoken',
    '/.well-known/../token',
    '/assets/../token',
    '/assets/..%2ftoken',
  ]

  it.each(spellings)('E14: %s is not the token endpoint', async (path) => {
    const answer = await postToken(path)
    expect(answer.status).toBe(404)
    expect(answer.text).not.toContain('access_token')
  })

  it.each(['/%', '/%zz', '/%c0%ae%c0%ae/', '/token%ff'])(
    'E14: a path that cannot be decoded is refused: %s',
    async (path) => {
      const answer = await postToken(path)
      expect([400, 404]).toContain(answer.status)
      expect(JSON.parse(answer.text)).toHaveProperty('error')
    },
  )

  it.each([
    '/.well-known/..%2f',
    '/.well-known/..%2f..%2fpackage.json',
    '/assets/..%2f..%2fapp.ts',
    '/assets/../../app.ts',
    '/assets/%2e%2e/%2e%2e/app.ts',
    '/assets/..%5c..%5capp.ts',
    '/assets/%2e%2e%2frender.ts',
    '/assets/..%00/render.ts',
    '/assets/',
    '/assets',
    '/assets/.',
    '/assets//etc/passwd',
    '/assets/%2fetc%2fpasswd',
  ])('E14: no file is served but those of the pages: %s', async (path) => {
    const answer = await sendRequest(server.issuer, { path })
    expect([400, 403, 404]).toContain(answer.status)
    expect(answer.text).not.toMatch(/import |root:|"name":/)
  })

  it('E14: the page that answers sign-in forms has one spelling too', async () => {
    const browser = new TestBrowser()
    const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
    const interaction = page.root.querySelector('[name=interaction]')?.getAttribute('value') ?? ''
    for (const path of ['/authorize/%73ign-in', '/authorize/sign-in/', '/authorize//sign-in']) {
      const answer = await browser.open(server.issuer + path, {
        method: 'POST',
        body: new URLSearchParams({ interaction, username: 'ada', password: PASSWORD }).toString(),
        headers: { 'content-type': FORM, 'sec-fetch-site': 'cross-site' },
      })
      expect(answer.status).toBe(404)
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })
})
