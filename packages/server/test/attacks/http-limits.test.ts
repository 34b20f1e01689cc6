// Attacks by size and by time: bodies without end, parameters without number, texts that cost a parser much.

import { request } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { type PlainAnswer, sendBytes, sendRequest } from '../support/http-request.ts'
import { LONG_ENOUGH_MS } from '../support/long-text.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, TestApp } from '../support/test-app.ts'
import { MACHINE, WEB_APP } from '../support/world.ts'

const FORM = 'application/x-www-form-urlencoded'
const GRANT = 'grant_type=client_credentials'
const KIBIBYTE = 1024
const authorization = basic(MACHINE.id, MACHINE.secret ?? '')

let server: TestServer
beforeAll(async () => {
  server = await startTestServer('sqlite', {
    rateLimits: { failedSignInsPerMinute: 10_000, failedClientAuthenticationsPerMinute: 10_000 },
    trustedProxies: ['127.0.0.1', '::1'],
  })
})
afterAll(() => server?.stop())

function post(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  return sendRequest(server.issuer + path, {
    method: 'POST',
    headers: { authorization, 'content-type': FORM, ...headers },
    body,
  })
}

function expectRefused({ status, text }: PlainAnswer): void {
  expect(status).toBe(400)
  if (text.startsWith('{')) expect(JSON.parse(text).error).toBe('invalid_request')
}

describe('size', () => {
  const endpoints = [
    '/token',
    '/revoke',
    '/introspect',
    '/userinfo',
    '/authorize',
    '/authorize/sign-in',
    '/authorize/consent',
    '/sign-out',
  ]

  it.each(endpoints)(
    'E4: a body of 57 KiB is refused at %s, one of 50 KiB is read',
    async (path) => {
      const pad = (size: number) =>
        Array.from({ length: 20 }, (_, index) => `p${index}=${'a'.repeat(size / 20)}`).join('&')
      expectRefused(await post(path, pad(57 * KIBIBYTE)))
      const read = await post('/token', `${GRANT}&${pad(50 * KIBIBYTE)}`)
      expect(read.status).toBe(200)
    },
  )

  it('E4: a value of more than 16 KiB is refused', async () => {
    const longest = 'a'.repeat(16 * KIBIBYTE)
    expect((await post('/token', `${GRANT}&refresh_token=${longest}`)).status).toBe(200)
    expectRefused(await post('/token', `${GRANT}&refresh_token=${longest}a`))
  })

  it('E4: a gigabyte that is announced is refused before it comes', async () => {
    const { host } = new URL(server.issuer)
    const head = `POST /token HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${FORM}\r\nContent-Length: 1073741824`
    const { text } = await sendBytes(server.issuer, `${head}\r\n\r\n${GRANT}`)
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('E4: a gigabyte in chunks is cut off soon after the limit', async () => {
    const sent = await new Promise<number>((resolve, reject) => {
      const chunk = Buffer.alloc(64 * KIBIBYTE, 'a')
      let bytes = 0
      const upload = request(`${server.issuer}/token`, {
        method: 'POST',
        agent: false,
        headers: { 'content-type': FORM, 'transfer-encoding': 'chunked' },
      })
      const writeOn = () => {
        while (bytes < 1024 ** 3) {
          bytes += chunk.length
          if (!upload.write(chunk)) return
        }
        reject(new Error('the whole gigabyte was taken'))
      }
      upload.on('drain', writeOn)
      upload.on('response', (response) => response.resume())
      upload.on('error', () => resolve(bytes))
      upload.on('close', () => resolve(bytes))
      writeOn()
    })
    expect(sent).toBeLessThan(16 * KIBIBYTE ** 2)
  })

  it('E4: JSON of any depth is not parsed', async () => {
    for (const depth of [20_000, 100_000]) {
      const deep = '['.repeat(depth) + ']'.repeat(depth)
      for (const path of ['/token', '/nothing']) {
        const answer = await post(path, deep, { 'content-type': 'application/json' })
        expect(answer.status).toBe(path === '/token' ? 400 : 404)
      }
    }
  })

  it('E4: a hundred parameters are read, more are refused', async () => {
    const many = (count: number) =>
      Array.from({ length: count - 1 }, (_, index) => `&p${index}`).join('')
    expect((await post('/token', GRANT + many(100))).status).toBe(200)
    expectRefused(await post('/token', GRANT + many(101)))
    expectRefused(await post('/token', GRANT + '&'.repeat(50_000)))
    expectRefused(await post('/token', GRANT + many(100_000)))
    const url = new TestApp(server, WEB_APP).authorizeUrl()
    expectRefused(await sendRequest(url + many(101)))
  })

  it('E4: a compressed body is refused, not inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(32 * KIBIBYTE ** 2, 'a'))
    expect(bomb.length).toBeLessThan(56 * KIBIBYTE)
    for (const encoding of ['gzip', 'deflate', 'br', 'identity, gzip']) {
      expectRefused(await post('/token', bomb, { 'content-encoding': encoding }))
    }
  })

  it('E4: headers of more than 32 KiB are refused', async () => {
    const big = await sendRequest(`${server.issuer}/jwks`, {
      headers: { 'x-big': 'a'.repeat(33 * KIBIBYTE) },
    })
    expect(big.status).toBe(431)
    const cookies = Array.from({ length: 5_000 }, (_, index) => `c${index}=1`).join('; ')
    const many = await sendRequest(`${server.issuer}/authorize`, { headers: { cookie: cookies } })
    expect(many.status).toBe(431)
  })

  it('E4: an authorization request too long to come back gets a page', async () => {
    const url = new TestApp(server, WEB_APP).authorizeUrl({ state: 'a'.repeat(12 * KIBIBYTE) })
    const answer = await sendRequest(url)
    expect(answer.status).toBe(400)
    expect(answer.headers.location).toBeUndefined()
  })
})

describe('slowness', () => {
  /** A connection that sends this and then nothing. @returns milliseconds until the server ended it */
  function stall(start: string): Promise<number> {
    const { hostname, port } = new URL(server.issuer)
    const startedAt = performance.now()
    return new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(start))
      socket.resume()
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(performance.now() - startedAt))
    })
  }

  it('E4: who stalls is cut off, and holds up nobody meanwhile', async () => {
    const head = `POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM}\r\n`
    const starts = ['P', head, `${head}Content-Length: 100\r\n\r\n${GRANT}`]
    const stalled = starts.flatMap((start) => Array.from({ length: 50 }, () => stall(start)))
    const startedAt = performance.now()
    for (let asked = 0; asked < 20; asked += 1) {
      expect((await post('/token', GRANT)).status).toBe(200)
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(Math.max(...(await Promise.all(stalled)))).toBeLessThan(25_000)
  })
})

describe('texts that cost a parser much', () => {
  const LENGTH = 10_000
  const patterns = [
    'a',
    ' ',
    'a ',
    '\t',
    '%',
    '%41',
    '%25',
    '+',
    '.',
    'a.',
    '-',
    'en-',
    'en,',
    'en;q=0.1,',
    ';',
    ',',
    '=',
    ':',
    '/',
    '//',
    'https://',
    'http://127.0.0.1:1/',
    '@',
    'a@a.',
    '"',
    '\\',
    '(',
    '[',
    '{',
    '<',
    'basic ',
    'A=',
    'eyJ.',
    'ost_rt_',
    'code=',
  ]

  const texts = patterns.map((pattern) => {
    const text = pattern.repeat(Math.ceil(LENGTH / pattern.length)).slice(0, LENGTH)
    return [pattern, text] as const
  })

  async function expectFast(what: string, ask: () => Promise<PlainAnswer>): Promise<void> {
    const startedAt = performance.now()
    const { status } = await ask()
    const milliseconds = performance.now() - startedAt
    expect(status, what).toBeLessThan(500)
    expect(milliseconds, what).toBeLessThan(LONG_ENOUGH_MS)
  }

  it.each(texts)('E5: %j in the parameters of an app', async (_, text) => {
    const send = (name: string) => () =>
      post('/token', `${GRANT}&${name}=${encodeURIComponent(text)}`)
    for (const name of ['scope', 'resource', 'client_id', 'client_secret', 'client_assertion']) {
      await expectFast(name, send(name))
    }
    const asked = (fields: Record<string, string>) => () =>
      post('/token', new URLSearchParams({ client_id: MACHINE.id, ...fields }).toString())
    await expectFast('grant_type', asked({ grant_type: text }))
    for (const path of ['/revoke', '/introspect']) {
      await expectFast(path, () => post(path, `token=${encodeURIComponent(text)}`))
    }
  })

  it.each(texts)('E5: %j in the parameters of an authorization request', async (_, text) => {
    const names = ['redirect_uri', 'scope', 'resource', 'prompt', 'max_age', 'code_challenge']
    const shown = ['state', 'login_hint', 'ui_locales', 'client_id', 'response_mode', 'nonce']
    for (const name of [...names, ...shown]) {
      // Encoded it may grow to three times its length: what is too long to come back is refused anyway.
      const url = new TestApp(server, WEB_APP).authorizeUrl({ [name]: text.slice(0, LENGTH / 4) })
      await expectFast(name, () => sendRequest(url))
    }
    const uri = encodeURIComponent(text)
    const url = `${server.issuer}/sign-out?post_logout_redirect_uri=${uri.slice(0, 8_000)}`
    await expectFast('post_logout_redirect_uri', () => sendRequest(url))
  })

  it.each(texts)('E5: %j in the headers', async (_, text) => {
    const url = new TestApp(server, WEB_APP).authorizeUrl()
    const names = [
      'user-agent',
      'accept-language',
      'cookie',
      'origin',
      'referer',
      'x-forwarded-for',
    ]
    for (const name of [...names, 'x-forwarded-proto', 'sec-fetch-site']) {
      await expectFast(name, () => sendRequest(url, { headers: { [name]: text } }))
    }
    const headers = ['authorization', 'content-type', 'origin', 'content-encoding']
    for (const name of headers) {
      await expectFast(name, () => post('/token', GRANT, { [name]: text }))
    }
    const base64 = Buffer.from(text).toString('base64')
    for (const value of [`Basic ${base64}`, `Basic ${text}`, `Bearer ${text}`]) {
      await expectFast(value.slice(0, 20), () => post('/token', GRANT, { authorization: value }))
      const bearer = { headers: { authorization: value } }
      await expectFast('userinfo', () => sendRequest(`${server.issuer}/userinfo`, bearer))
    }
  })

  it.each(texts)('E5: %j as user name and password', async (_, text) => {
    const browser = new TestBrowser()
    const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
    for (const fields of [
      { username: text, password: 'x' },
      { username: 'x', password: text },
    ]) {
      const startedAt = performance.now()
      const answer = await browser.submit(page, fields)
      expect(answer.status).toBeLessThan(500)
      expect(performance.now() - startedAt).toBeLessThan(LONG_ENOUGH_MS)
    }
  })
})
