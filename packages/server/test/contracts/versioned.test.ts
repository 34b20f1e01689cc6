// Contract `versioned`, fact by fact: what a client written against the vendor's documentation sends and gets back.
// More about versions is in test/flows/api-versions.test.ts.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewClient } from '../../src/operations/client-input.ts'
import { TestBrowser } from '../support/browser.ts'
import { registerApp } from '../support/contract-world.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { ask, authorize, codeIn, FORM, post } from '../support/vendor-client.ts'
import { PASSWORD, type TestClient } from '../support/world.ts'

const CALLBACK = 'https://integration.example/callback'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

const VERSIONS = {
  apiVersions: [
    { version: '1.5.0', state: 'retired' },
    { version: '1.6.0', state: 'deprecated', deprecatedAt: '2026-06-01', sunsetAt: '2027-06-01' },
    { version: '1.7.0', state: 'current' },
    { version: '1.8.0', state: 'current' },
  ],
}

describe.each(STORES)('versioned on %s', (kind) => {
  let server: TestServer
  /** With a single redirect URI. */
  let app: TestClient

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'versioned', tenant: VERSIONS, api: true })
    app = await register('Integration')
  })
  afterAll(() => server?.stop())

  const register = (name: string, more: Partial<NewClient> = {}) =>
    registerApp(server.context, {
      name,
      type: 'confidential',
      redirectUris: [CALLBACK],
      scopes: ['contacts:read', 'contacts:write', 'projects:read'],
      defaultScopes: ['contacts:read'],
      ...more,
    })
  const at = (path: string) => server.issuer + path
  /** As the vendor's own example has it: without a redirect_uri. */
  const usual = ({ id } = app) => `response_type=code&client_id=${id}`
  const open = (query: string, headers: Record<string, string> = {}) =>
    new TestBrowser().open(`${at('/oauth/authorize')}?${query}`, { headers })
  const allow = (query = usual(), browser = new TestBrowser()) =>
    authorize(`${at('/oauth/authorize')}?${query}`, { browser })
  const redeem = (code: string, rest = '', { id, secret } = app) =>
    post(
      at('/oauth/token'),
      `grant_type=authorization_code&code=${code}&client_id=${id}&client_secret=${secret}${rest}`,
    )
  const getTokens = async (query = usual()) => (await redeem(codeIn(await allow(query)))).body
  const errorIn = (location: string) => {
    const { searchParams } = new URL(location)
    return [searchParams.get('error'), searchParams.get('state')]
  }

  it('versioned K "path": GET /oauth/authorize in a browser (K), token at /oauth/token (D)', async () => {
    const page = await open(usual())
    expect([kindOf(page), page.status]).toEqual(['sign-in', 200])
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const answer = await redeem(codeIn(await allow()))
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^\S{40,}$/),
      scope: 'contacts:read',
    })
    expect((await ask(at('/authorize'))).status).toBe(404)
  })

  it('versioned K "flow": sign-in if needed, then the question for permission, then the redirect', async () => {
    const browser = new TestBrowser()
    const other = await register('Flow')
    const signIn = await browser.open(`${at('/oauth/authorize')}?${usual(other)}`)
    expect(kindOf(signIn)).toBe('sign-in')
    const consent = await browser.submitAndFollow(signIn, { username: 'ada', password: PASSWORD })
    expect(kindOf(consent)).toBe('consent')
    expect((await browser.submit(consent, { decision: 'allow' })).location).toContain('?code=')

    const next = await register('Next')
    const page = await browser.open(`${at('/oauth/authorize')}?${usual(next)}`)
    expect(kindOf(page)).toBe('consent')
  })

  it('versioned K "`client_id`": unique per app, 80 lower-case hexadecimal digits', async () => {
    const apps = await Promise.all([register('One'), register('Two')])
    for (const { id } of apps) expect(id).toMatch(/^[0-9a-f]{80}$/)
    expect(apps[0].id).not.toBe(apps[1].id)
    // An operator brings along the ids that are in the field already.
    const id = '0123456789abcdef'.repeat(5)
    expect((await register('From before', { id })).id).toBe(id)
    expect(kindOf(await open(usual({ ...app, id })))).toBe('sign-in')
  })

  it('versioned K "`redirect_uri`": registered beforehand; anything else is rejected', async () => {
    const sent = (uri: string) => `${usual()}&redirect_uri=${encodeURIComponent(uri)}`
    const code = codeIn(await allow(sent(CALLBACK)))
    expect((await redeem(code)).body.error).toBe('invalid_grant')
    expect((await redeem(code, `&redirect_uri=${encodeURIComponent(CALLBACK)}`)).status).toBe(200)
    for (const uri of [`${CALLBACK}?user=1`, `${CALLBACK}/1`, 'https://evil.example/callback']) {
      const page = await open(sent(uri))
      expect([kindOf(page), page.status], uri).toEqual(['error', 400])
    }
  })

  it('versioned D "`redirect_uri` left out": the single registered one is meant; of two, none', async () => {
    const location = await allow()
    expect(location.startsWith(`${CALLBACK}?code=`)).toBe(true)
    const withIt = `&redirect_uri=${encodeURIComponent(CALLBACK)}`
    expect((await redeem(codeIn(location))).status).toBe(200)
    expect((await redeem(codeIn(await allow()), withIt)).status).toBe(200)
    const other = `&redirect_uri=${encodeURIComponent('https://evil.example/')}`
    expect((await redeem(codeIn(await allow()), other)).body.error).toBe('invalid_grant')

    const two = server.apps.webApp
    const page = await open(usual(two))
    expect([kindOf(page), page.status, page.location]).toEqual(['error', 400, undefined])
    expect(page.text).toContain('redirect_uri_missing')
    const named = await allow(`${usual(two)}&redirect_uri=${encodeURIComponent(two.redirectUri)}`)
    expect(codeIn(named)).not.toBe('')
  })

  it('versioned K "user allows or denies": both redirect, with code or access_denied, and state', async () => {
    const allowed = await allow(`${usual()}&state=s1`)
    expect(allowed).toMatch(/^https:\/\/integration\.example\/callback\?code=[\w-]+&state=s1$/)
    const browser = new TestBrowser()
    const denying = await register('Denied')
    const signIn = await browser.open(`${at('/oauth/authorize')}?${usual(denying)}&state=s2`)
    const consent = await browser.submitAndFollow(signIn, { username: 'ada', password: PASSWORD })
    const { status, location = '' } = await browser.submit(consent, { decision: 'deny' })
    expect([status, ...errorIn(location)]).toEqual([200, 'access_denied', 's2'])
    expect([...new URL(location).searchParams.keys()]).toEqual([
      'error',
      'error_description',
      'state',
    ])
  })

  it('versioned K "`scope`": space-separated; the list is published with a description each', async () => {
    const both = await getTokens(`${usual()}&scope=contacts%3Aread%20projects%3Aread`)
    expect(both.scope).toBe('contacts:read projects:read')
    expect(errorIn(await allow(`${usual()}&scope=contacts:read,projects:read`))[0]).toBe(
      'invalid_scope',
    )
    const { body } = await ask(at('/.well-known/oauth-authorization-server'))
    expect(body.scopes_supported).toContain('contacts:read')
    expect(Object.keys(body.scope_descriptions)).toEqual(body.scopes_supported)
    expect(body.scope_descriptions['contacts:read']).toMatchObject({
      en: 'see your contacts',
      de: 'Ihre Kontakte ansehen',
    })
  })

  it('versioned K "`state`": optional, and echoed unchanged', async () => {
    expect([...new URL(await allow()).searchParams.keys()]).toEqual(['code'])
    for (const state of ['xyz', 'a b+c&d=e#f%20', 'ü€𝄞', '{"x":["y"]}']) {
      const location = await allow(`${usual()}&state=${encodeURIComponent(state)}`)
      expect(new URL(location).searchParams.get('state')).toBe(state)
    }
  })

  describe('PKCE', () => {
    it('versioned K "PKCE": optional for an app with a secret; omitted code_challenge_method means plain', async () => {
      expect((await redeem(codeIn(await allow()))).status).toBe(200)
      const challenged = `${usual()}&code_challenge=${VERIFIER}`
      for (const query of [challenged, `${challenged}&code_challenge_method=plain`]) {
        const code = codeIn(await allow(query))
        expect((await redeem(code)).body.error).toBe('invalid_grant')
        expect((await redeem(code, `&code_verifier=${CHALLENGE}`)).body.error).toBe('invalid_grant')
        expect((await redeem(code, `&code_verifier=${VERIFIER}`)).status).toBe(200)
      }
    })

    it('versioned K "PKCE": S256 when it is named, and nothing else besides', async () => {
      const s256 = `${usual()}&code_challenge=${CHALLENGE}&code_challenge_method=S256`
      const code = codeIn(await allow(s256))
      expect((await redeem(code, `&code_verifier=${CHALLENGE}`)).body.error).toBe('invalid_grant')
      expect((await redeem(code, `&code_verifier=${VERIFIER}`)).status).toBe(200)
      for (const method of ['s256', 'PLAIN', 'S512', 'none']) {
        const location = await allow(
          `${usual()}&code_challenge=${CHALLENGE}&code_challenge_method=${method}`,
        )
        expect(errorIn(location)[0], method).toBe('invalid_request')
        const told = new URL(location).searchParams.get('error_description')
        expect(told, method).toBe('Name a code_challenge_method that is supported. (S256, plain)')
      }
    })

    it('versioned K "`code_challenge`": padded base64 of the hash is the same challenge', async () => {
      // Its base64 has both letters that base64url writes differently.
      const verifier = `${'x'.repeat(43)}e`
      const padded = createHash('sha256').update(verifier).digest('base64')
      expect(padded).toMatch(/^(?=.*\+)(?=.*\/).{43}=$/)
      const encoded = encodeURIComponent(padded)
      for (const sent of [encoded, padded, padded.replace('=', '%3D')]) {
        const query = `${usual()}&code_challenge=${sent}&code_challenge_method=S256`
        const code = codeIn(await allow(query))
        expect((await redeem(code, `&code_verifier=${VERIFIER}`)).body.error).toBe('invalid_grant')
        expect((await redeem(code, `&code_verifier=${verifier}`)).status, sent).toBe(200)
      }
      const plain = await allow(`${usual()}&code_challenge=${encoded}`)
      expect(errorIn(plain)[0]).toBe('invalid_request')
    })

    it('versioned K "PKCE": an app without a secret must, and plain is enough', async () => {
      const { spa } = server.apps
      expect(errorIn(await allow(usual(spa)))[0]).toBe('invalid_request')
      const code = codeIn(await allow(`${usual(spa)}&code_challenge=${VERIFIER}`))
      const body = `grant_type=authorization_code&code=${code}&client_id=${spa.id}&code_verifier=${VERIFIER}`
      expect((await post(at('/oauth/token'), body)).status).toBe(200)
    })

    it('versioned K "`code_verifier`": 43 to 128 of the unreserved characters', async () => {
      const good = [`${'Az09-._~'.repeat(5)}abc`, 'x'.repeat(43), '~'.repeat(128)]
      for (const verifier of good) {
        const code = codeIn(await allow(`${usual()}&code_challenge=${verifier}`))
        expect((await redeem(code, `&code_verifier=${verifier}`)).status, verifier).toBe(200)
      }
      const bad = [
        'x'.repeat(42),
        'x'.repeat(129),
        `${'x'.repeat(43)}+`,
        `${'x'.repeat(43)}=`,
        'ü'.repeat(43),
      ]
      for (const verifier of bad) {
        const sent = encodeURIComponent(verifier)
        const location = await allow(`${usual()}&code_challenge=${sent}`)
        expect(errorIn(location)[0], verifier).toBe('invalid_request')
        const code = codeIn(await allow(`${usual()}&code_challenge=${VERIFIER}`))
        expect((await redeem(code, `&code_verifier=${sent}`)).body.error, verifier).toBe(
          'invalid_grant',
        )
      }
    })
  })

  describe('X-VERSION', () => {
    const callApi = async (version: string) => {
      const { access_token } = await getTokens()
      const headers = { authorization: `Bearer ${access_token}`, 'x-version': version }
      return ask(at('/api/v1/me'), { headers })
    }
    const callAuthorize = (version: string) =>
      ask(`${at('/oauth/authorize')}?${usual()}`, { headers: { 'X-VERSION': version } })

    it('versioned K "`X-VERSION` request header": names the version on API and authorize requests', async () => {
      for (const call of [callApi, callAuthorize]) {
        const { status, headers } = await call('1.8.0')
        expect(status).toBe(200)
        expect(headers).toMatchObject({ 'x-version': '1.8.0', 'x-version-status': 'stable' })
      }
    })

    it('versioned K "older but supported version": works, and the answer names the latest stable one', async () => {
      for (const call of [callApi, callAuthorize]) {
        const { status, headers } = await call('1.7.0')
        expect(status).toBe(200)
        expect(headers).toMatchObject({
          'x-version': '1.7.0',
          'x-version-latest': '1.8.0',
          'x-version-status': 'update-available',
        })
      }
    })

    it('versioned D "how it says so": in headers, with dates where they are set; the user sees nothing', async () => {
      for (const call of [callApi, callAuthorize]) {
        expect((await call('1.6.0')).headers).toMatchObject({
          'x-version': '1.6.0',
          'x-version-latest': '1.8.0',
          'x-version-status': 'deprecated',
          deprecation: `@${Date.UTC(2026, 5, 1) / 1000}`,
          sunset: 'Tue, 01 Jun 2027 00:00:00 GMT',
        })
        expect((await call('1.8.0')).headers).not.toHaveProperty('sunset')
      }
      expect((await callAuthorize('1.6.0')).text).not.toMatch(/1\.[678]\.0/)
    })

    it('versioned D "unknown or retired version": 400 with a JSON error that names the supported ones', async () => {
      for (const version of ['1.5.0', '9.9.9', '1.8.0, 1.7.0']) {
        for (const call of [callApi, callAuthorize]) {
          const { status, body } = await call(version)
          expect([status, body.error], version).toEqual([400, 'unsupported_version'])
          expect(body.supported_versions).toEqual(['1.8.0', '1.7.0', '1.6.0'])
        }
      }
    })
  })

  describe('Accept-Language', () => {
    const languageOf = async (header: string, query = usual()) => {
      const page = await open(query, { 'accept-language': header })
      expect(page.root.querySelector('html')?.getAttribute('lang')).toBe(
        page.headers.get('content-language'),
      )
      return page.headers.get('content-language')
    }
    const wrongSecret = (header: string) =>
      post(at('/oauth/token'), `grant_type=x&client_id=${app.id}&client_secret=x`, {
        ...FORM,
        'accept-language': header,
      })

    it.each([
      ['de', 'de'],
      ['de-AT,de;q=0.9', 'de'],
      ['nl;q=0.5, el;q=0.9, en;q=0.1', 'el'],
      ['xx, fr;q=0.3', 'fr'],
      ['en;q=0.2,nl;q=0.8', 'nl'],
      ['de;q=0, nl;q=0.1', 'nl'],
      ['ja', 'en'],
      ['*', 'en'],
      ['de;q=nonsense, fr;q=0.1', 'fr'],
    ])(
      'versioned K "`Accept-Language`": %s gets pages and descriptions in %s',
      async (header, language) => {
        expect(await languageOf(header)).toBe(language)
        expect(await languageOf(header, 'client_id=unknown')).toBe(language)
        const refused = await wrongSecret(header)
        expect(refused.headers['content-language']).toBe(language)
        expect(refused.headers.vary).toContain('Accept-Language')
        const english = await wrongSecret('en')
        expect(english.body.error_description).toBe('Client authentication failed.')
        expect(refused.body.error_description === english.body.error_description).toBe(
          language === 'en',
        )
        expect(refused.body.error).toBe('invalid_client')
      },
    )

    it('versioned K "`Accept-Language`": error descriptions that travel to the app are in it, too', async () => {
      const describe = async (query: string, header: string) => {
        const { location = '' } = await open(`${usual()}&prompt=none${query}`, {
          'accept-language': header,
        })
        return new URL(location).searchParams.get('error_description')
      }
      expect(await describe('', 'en')).toBe('The user must sign in.')
      const german = await describe('', 'de;q=0.9,en;q=0.8')
      expect(german).not.toBe('The user must sign in.')
      // What the request asks for comes before what the browser says.
      expect(await describe('&ui_locales=de', 'en')).toBe(german)
      expect(await describe('&ui_locales=xx%20de%20en', 'en')).toBe(german)
      expect(await languageOf('en', `${usual()}&ui_locales=el%20de`)).toBe('el')
      expect(await languageOf('en', 'client_id=unknown&ui_locales=fr')).toBe('fr')
    })
  })
})
