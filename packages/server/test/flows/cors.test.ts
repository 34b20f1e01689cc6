// Which pages of other origins may read our answers: public documents all, app endpoints those of registered apps,
// pages none; never with cookies (RFC 9700 §2.6).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asClientId } from '../../src/protocol/ids.ts'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { postForm, TestApp } from '../support/test-app.ts'
import { SPA } from '../support/world.ts'

const REGISTERED = 'https://spa.example'

const STRANGERS = [
  'https://evil.example',
  'null',
  'http://spa.example',
  'https://spa.example:8443',
  'https://spa.example.evil.example',
  'https://evil-spa.example',
  'https://SPA.example',
  'https://spa.example/',
  'https://sub.spa.example',
]

const FOR_APPS = [
  ['POST', '/token'],
  ['POST', '/revoke'],
  ['GET', '/userinfo'],
] as const

const FOR_ALL = [
  '/jwks',
  '/revocations',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
]

const FOR_NO_PAGE = [
  '/introspect',
  '/authorize',
  '/authorize/sign-in',
  '/authorize/account',
  '/authorize/consent',
  '/sign-out',
  '/sign-out/confirm',
]

describe.each(STORES)('cross-origin requests on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  function preflight(path: string, origin: string, method = 'POST'): Promise<Response> {
    return fetch(server.issuer + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization, content-type',
      },
    })
  }

  const allowedOrigin = (response: { headers: Headers }) =>
    response.headers.get('access-control-allow-origin')

  describe('app endpoints', () => {
    it.each(FOR_APPS)(
      'E8, RFC 9700 §2.6: a registered origin may call %s %s',
      async (method, path) => {
        const answer = await preflight(path, REGISTERED, method)
        expect(answer.status).toBe(204)
        expect(allowedOrigin(answer)).toBe(REGISTERED)
        expect(answer.headers.get('access-control-allow-methods')).toContain(method)
        const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase()
        // Field report 42: what libraries add.
        for (const name of ['authorization', 'content-type', 'x-version', 'traceparent']) {
          expect(allowed?.split(', ')).toContain(name)
        }
        expect(answer.headers.get('vary')).toBe('Origin')
        expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
      },
    )

    it.each(FOR_APPS.map(([, path]) => path))(
      'E8, RFC 9700 §2.6: no other origin may call %s',
      async (path) => {
        for (const origin of STRANGERS) {
          const answer = await preflight(path, origin)
          expect(allowedOrigin(answer), origin).toBeNull()
          expect(answer.headers.get('vary')).toBe('Origin')
        }
      },
    )

    it('E8, RFC 9700 §2.6: a registered origin reads the answer, good or bad', async () => {
      const spa = new TestApp(server, SPA)
      const { refresh_token } = await spa.obtainTokens()
      const fields = { client_id: SPA.id, grant_type: 'refresh_token' }
      const url = `${server.issuer}/token`
      const headers = { origin: REGISTERED }
      const good = await postForm(url, { ...fields, refresh_token }, headers)
      expect(good.status).toBe(200)
      const bad = await postForm(url, { ...fields, refresh_token: 'wrong' }, headers)
      expect(bad.status).toBe(400)
      for (const answer of [good, bad]) {
        expect(allowedOrigin(answer)).toBe(REGISTERED)
      }
      const foreign = await postForm(url, fields, { origin: 'https://evil.example' })
      expect(allowedOrigin(foreign)).toBeNull()
    })

    it('E8, RFC 6750 §3: a registered origin may read the challenge', async () => {
      const answer = await fetch(`${server.issuer}/userinfo`, { headers: { origin: REGISTERED } })
      expect(answer.status).toBe(401)
      expect(allowedOrigin(answer)).toBe(REGISTERED)
      expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
    })
  })

  it.each(FOR_ALL)('E8, RFC 9700 §2.6: any origin may read %s', async (path) => {
    for (const origin of ['https://anybody.example', 'null']) {
      const answer = await fetch(server.issuer + path, { headers: { origin } })
      expect(answer.status).toBe(200)
      expect(allowedOrigin(answer)).toBe('*')
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      expect(allowedOrigin(await preflight(path, origin, 'GET'))).toBe('*')
    }
  })

  it.each(FOR_NO_PAGE)('E8, RFC 9700 §2.6: no origin may read %s', async (path) => {
    for (const origin of [REGISTERED, new URL(server.issuer).origin, 'null']) {
      const answer = await preflight(path, origin)
      expect(answer.status, origin).toBe(405)
      expect(allowedOrigin(answer)).toBeNull()
      const called = await fetch(server.issuer + path, { method: 'POST', headers: { origin } })
      expect(allowedOrigin(called)).toBeNull()
    }
  })

  it('E8, RFC 9700 §2.6: an origin comes and goes with its app, within seconds', async () => {
    const origin = 'https://brand-new.example'
    expect(allowedOrigin(await preflight('/token', origin))).toBeNull()
    await registerClient(
      server,
      { id: 'brand-new', secret: undefined },
      { type: 'public', redirectUris: [`${origin}/callback`] },
    )
    server.clock.advance(5)
    expect(allowedOrigin(await preflight('/token', origin))).toBe(origin)

    await server.store.disableClient({ ...holderEndingNow(server), id: asClientId('brand-new') })
    server.clock.advance(5)
    expect(allowedOrigin(await preflight('/token', origin))).toBeNull()
  })

  it('E8, RFC 8252 §7.1: an app with a private-use scheme lets no origin "null" in', async () => {
    await registerClient(
      server,
      { id: 'scheme-app', secret: undefined },
      { type: 'public', redirectUris: ['com.example.scheme:/callback'] },
    )
    server.clock.advance(5)
    expect(allowedOrigin(await preflight('/token', 'null'))).toBeNull()
  })
})
