// What the server says of itself, where it says so, and that it is true (RFC 8414, OIDC Discovery, RFC 7517).

import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { registerClient } from '../support/register-client.ts'
import { signedInBrowser } from '../support/signed-in-browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, type Fields, postForm, readAnswer, TestApp } from '../support/test-app.ts'
import { API, OTHER_API, WEB_APP } from '../support/world.ts'

/** Endpoint -> what it answers when it is called with nothing. */
const BARE_ANSWERS = {
  authorization_endpoint: { method: 'GET', status: 400 },
  token_endpoint: { method: 'POST', status: 401 },
  jwks_uri: { method: 'GET', status: 200 },
  revocation_endpoint: { method: 'POST', status: 401 },
  introspection_endpoint: { method: 'POST', status: 401 },
  userinfo_endpoint: { method: 'GET', status: 401 },
  end_session_endpoint: { method: 'GET', status: 200 },
  revocation_feed_endpoint: { method: 'GET', status: 200 },
}

describe.each(STORES)('metadata on %s', (kind) => {
  const wellKnown = '/.well-known/oauth-authorization-server'

  describe.each([
    ['at the root of its host', '', wellKnown],
    ['below a path', '/crm', `${wellKnown}/crm`],
  ])('of an issuer %s', (_, path, metadataPath) => {
    let server: TestServer
    let origin: string

    beforeAll(async () => {
      server = await startTestServer(kind, { path })
      origin = new URL(server.issuer).origin
    })
    afterAll(() => server?.stop())

    const get = async (url: string): Promise<Answer> => readAnswer(await fetch(url))
    const readMetadata = async () => (await get(origin + metadataPath)).body

    it('RFC 8414 §3: stands at the well-known path between host and path', async () => {
      const answer = await get(origin + metadataPath)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    })

    it('RFC 8414 §3.3: names the issuer that it was asked for', async () => {
      expect((await readMetadata()).issuer).toBe(server.issuer)
    })

    it('OIDC Discovery §4: the same document is found by appending to the issuer', async () => {
      const answer = await get(`${server.issuer}/.well-known/openid-configuration`)
      expect(answer.body).toEqual(await readMetadata())
    })

    it('RFC 8414 §2: has everything that is required, and only addresses of its own', async () => {
      const metadata = await readMetadata()
      expect(metadata.response_types_supported).toEqual(['code'])
      const addresses = Object.entries(metadata).filter(([name]) => name in BARE_ANSWERS)
      expect(addresses).toHaveLength(Object.keys(BARE_ANSWERS).length)
      for (const [, address] of addresses) expect(address).toMatch(`${server.issuer}/`)
    })

    it('RFC 8414 §3.2: leaves out empty lists and values', async () => {
      for (const [name, value] of Object.entries(await readMetadata())) {
        expect(value, name).not.toEqual([])
        expect(value, name).not.toBeNull()
      }
    })

    it('RFC 8414 §2: every published endpoint answers', async () => {
      const metadata = await readMetadata()
      const published = Object.keys(metadata).filter((name) => /_endpoint$|_uri$/.test(name))
      expect(published.toSorted()).toEqual(Object.keys(BARE_ANSWERS).toSorted())
      for (const [name, { method, status }] of Object.entries(BARE_ANSWERS)) {
        const answer = await fetch(metadata[name], { method })
        expect(answer.status, name).toBe(status)
      }
    })

    it('RFC 9207 §3: says that iss is sent, and sends the issuer of the metadata', async () => {
      const metadata = await readMetadata()
      expect(metadata.authorization_response_iss_parameter_supported).toBe(true)
      const { params } = await new TestApp(server, WEB_APP).obtainCode()
      expect(params.get('iss')).toBe(metadata.issuer)
    })

    it('RFC 7517 §5: its keys verify access and ID tokens', async () => {
      const { jwks_uri } = await readMetadata()
      const answer = await get(jwks_uri)
      expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      const tokens = await new TestApp(server, WEB_APP).obtainTokens({
        fields: { scope: 'openid' },
      })
      const keys = createLocalJWKSet(answer.body)
      const { issuer } = server
      await jwtVerify(tokens.access_token, keys, { issuer, audience: API, typ: 'at+jwt' })
      await jwtVerify(tokens.id_token ?? '', keys, { issuer, audience: WEB_APP.id })
    })
  })

  describe('lists equal what is accepted', () => {
    let server: TestServer
    let app: TestApp
    // biome-ignore lint/suspicious/noExplicitAny: a JSON document
    let metadata: any

    beforeAll(async () => {
      server = await startTestServer(kind)
      app = new TestApp(server, WEB_APP)
      metadata = (await readAnswer(await fetch(server.issuer + wellKnown))).body
    })
    afterAll(() => server?.stop())

    /** What a request without a session and with prompt=none is told: login_required when it is fine otherwise. */
    async function errorOf(fields: Fields, asker = app): Promise<string | null> {
      const url = asker.authorizeUrl({ prompt: 'none', ...fields })
      const { location, root } = await new TestBrowser().open(url)
      if (location === undefined) {
        return root.querySelector('[name=error]')?.getAttribute('value') ?? null
      }
      const { search, hash } = new URL(location)
      return new URLSearchParams(search || hash.slice(1)).get('error')
    }

    it('RFC 8414 §2: grant_types_supported', async () => {
      const errorFor = async (grant_type: string) => (await app.token({ grant_type })).body.error
      expect(metadata.grant_types_supported).toEqual([
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ])
      for (const name of metadata.grant_types_supported) {
        expect(await errorFor(name)).not.toBe('unsupported_grant_type')
      }
      const others = ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code', 'x']
      for (const name of others) expect(await errorFor(name)).toBe('unsupported_grant_type')
    })

    it('RFC 8414 §2: response_types_supported', async () => {
      for (const response_type of metadata.response_types_supported) {
        expect(await errorOf({ response_type })).toBe('login_required')
      }
      for (const response_type of ['token', 'id_token', 'code id_token', 'none']) {
        expect(await errorOf({ response_type })).toBe('unsupported_response_type')
      }
    })

    it('RFC 8414 §2: response_modes_supported', async () => {
      expect(metadata.response_modes_supported).toEqual(['query', 'fragment', 'form_post'])
      for (const response_mode of metadata.response_modes_supported) {
        expect(await errorOf({ response_mode }), response_mode).toBe('login_required')
      }
      for (const response_mode of ['web_message', 'query.jwt', 'QUERY']) {
        expect(await errorOf({ response_mode })).toBe('invalid_request')
      }
    })

    it('RFC 8414 §2: code_challenge_methods_supported', async () => {
      expect(metadata.code_challenge_methods_supported).toEqual(['S256'])
      for (const code_challenge_method of ['plain', 's256', undefined]) {
        expect(await errorOf({ code_challenge_method })).toBe('invalid_request')
      }
    })

    it('RFC 8414 §2: scopes_supported', async () => {
      const scopes: string[] = metadata.scopes_supported
      expect(scopes).toEqual([
        'openid',
        'profile',
        'email',
        'contacts:read',
        'contacts:write',
        'projects:read',
        'reports:read',
      ])
      const client = await registerClient(
        server,
        { id: 'all-scopes', secret: 'all-scopes-secret-0123456789' },
        { redirectUris: [WEB_APP.redirectUri], grantTypes: ['authorization_code'], scopes },
      )
      const resource = [API, OTHER_API]
      const asker = new TestApp(server, client)
      expect(await errorOf({ scope: scopes.join(' '), resource }, asker)).toBe('login_required')
      expect(await errorOf({ scope: 'contacts:erase' }, asker)).toBe('invalid_scope')
    })

    it('RFC 8414 §2: token, revocation and introspection authentication methods', async () => {
      const { id, secret } = WEB_APP
      const forms = {
        client_secret_basic: (path: string) => app.post(path, { token: 'x' }),
        client_secret_post: (path: string) =>
          postForm(server.issuer + path, { token: 'x', client_id: id, client_secret: secret }),
        none: (path: string) => postForm(server.issuer + path, { token: 'x', client_id: 'spa' }),
      }
      const endpoints = [
        ['/token', metadata.token_endpoint_auth_methods_supported],
        ['/revoke', metadata.revocation_endpoint_auth_methods_supported],
        ['/introspect', metadata.introspection_endpoint_auth_methods_supported],
      ]
      for (const [path, supported] of endpoints) {
        for (const [method, send] of Object.entries(forms)) {
          const accepted = (await send(path)).body?.error !== 'invalid_client'
          expect(accepted, `${method} at ${path}`).toBe(supported.includes(method))
        }
      }
    })

    it('OIDC Discovery §3: prompt_values_supported', async () => {
      expect(metadata.prompt_values_supported).toEqual([
        'none',
        'login',
        'consent',
        'select_account',
      ])
      for (const prompt of ['login', 'consent', 'select_account']) {
        expect((await new TestBrowser().open(app.authorizeUrl({ prompt }))).status).toBe(200)
      }
      const unheard = await (await signedInBrowser(server)).open(
        app.authorizeUrl({ prompt: 'create' }),
      )
      expect(unheard.location).toContain('error=invalid_request')
    })

    it('OIDC Discovery §3: request objects are refused as announced', async () => {
      expect(metadata.request_parameter_supported).toBe(false)
      expect(await errorOf({ request: 'e30.e30.' })).toBe('request_not_supported')
      expect(metadata.request_uri_parameter_supported).toBe(false)
      const request_uri = 'https://app.example/request'
      expect(await errorOf({ request_uri })).toBe('request_uri_not_supported')
    })

    it('OIDC Discovery §3: ID tokens have the announced algorithm and claims', async () => {
      const tokens = await app.obtainTokens({ fields: { scope: 'openid profile email' } })
      const { alg } = decodeProtectedHeader(tokens.id_token ?? '')
      expect(metadata.id_token_signing_alg_values_supported).toContain(alg)
      const { body } = await readAnswer(
        await fetch(metadata.userinfo_endpoint, {
          headers: { authorization: `Bearer ${tokens.access_token}` },
        }),
      )
      expect(metadata.claims_supported).toEqual(expect.arrayContaining(Object.keys(body)))
    })

    it('RFC 9728 §4: protected_resources are the APIs that tokens can be for', () => {
      expect(metadata.protected_resources).toEqual([API, OTHER_API])
    })

    it('RFC 7517 §5: keys are public, distinct and ready for use', async () => {
      const { body } = await readAnswer(await fetch(metadata.jwks_uri))
      expect(body.keys).toHaveLength(2)
      for (const key of body.keys) {
        expect(key).toEqual({
          kty: 'EC',
          crv: 'P-256',
          x: expect.any(String),
          y: expect.any(String),
          kid: expect.any(String),
          alg: 'ES256',
          use: 'sig',
        })
      }
      expect(new Set(body.keys.map(({ kid }: { kid: string }) => kid)).size).toBe(2)
    })
  })
})
