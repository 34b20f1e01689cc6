// What each contract accepts, and that its metadata says exactly that: whatever there is in OAuth is tried.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_NAMES } from '../../src/contracts/index.ts'
import { TestBrowser } from '../support/browser.ts'
import { registerApp } from '../support/contract-world.ts'
import { problemsOf } from '../support/operation-context.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, type Fields, TestApp } from '../support/test-app.ts'
import { ask, FORM, JSON_TYPE, post } from '../support/vendor-client.ts'
import { OTHER_API } from '../support/world.ts'

interface Accepted {
  readonly grantTypes: readonly string[]
  readonly responseTypes: readonly string[]
  readonly challengeMethods: readonly string[]
  /** Of {@link ENCODINGS}. */
  readonly encodings: readonly string[]
}

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const CODE = ['authorization_code', 'refresh_token']
const USUAL: Accepted = {
  grantTypes: CODE,
  responseTypes: ['code'],
  challengeMethods: ['S256'],
  encodings: ['form', 'form in UTF-8', 'form in Latin-1'],
}

/** As the pages of the contracts have it. */
const ACCEPTED: Readonly<Record<string, Accepted>> = {
  standard: { ...USUAL, grantTypes: [...CODE, 'client_credentials', TOKEN_EXCHANGE] },
  'mister-james': {
    ...USUAL,
    grantTypes: [...CODE, 'implicit'],
    responseTypes: ['code', 'token'],
  },
  'json-api': {
    ...USUAL,
    grantTypes: [...CODE, 'password'],
    encodings: [...USUAL.encodings, 'json'],
  },
  'financial-cents': {
    ...USUAL,
    encodings: [...USUAL.encodings, 'json', 'json in UTF-8', 'query'],
  },
  versioned: { ...USUAL, challengeMethods: ['S256', 'plain'] },
}

const GRANT_TYPES = [
  ...CODE,
  'client_credentials',
  'password',
  'implicit',
  TOKEN_EXCHANGE,
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:saml2-bearer',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:openid:params:grant-type:ciba',
  'made-up',
]
const RESPONSE_TYPES = [
  'code',
  'token',
  'id_token',
  'code token',
  'code id_token',
  'id_token token',
  'code id_token token',
  'none',
]

type Encode = (fields: Record<string, string>) => [query: string, body: string, headers: object]

const ENCODINGS: Readonly<Record<string, Encode>> = {
  form: (fields) => ['', formOf(fields), FORM],
  'form in UTF-8': (fields) => [
    '',
    formOf(fields),
    { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  ],
  json: (fields) => ['', JSON.stringify(fields), JSON_TYPE],
  'json in UTF-8': (fields) => [
    '',
    JSON.stringify(fields),
    { 'content-type': 'application/json; charset=utf-8' },
  ],
  query: (fields) => [`?${formOf(fields)}`, '', {}],
  text: (fields) => ['', formOf(fields), { 'content-type': 'text/plain' }],
  'form in Latin-1': (fields) => [
    '',
    formOf(fields),
    { 'content-type': 'application/x-www-form-urlencoded; charset=iso-8859-1' },
  ],
}

const formOf = (fields: Record<string, string>) => new URLSearchParams(fields).toString()

const ASSERTION = {
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
}

it('every contract is described here, or is about keys alone', () => {
  expect([...Object.keys(ACCEPTED), 'crm-com'].toSorted()).toEqual(CONTRACT_NAMES.toSorted())
})

describe.each(STORES)('metadata on %s', (kind) => {
  describe.each(Object.entries(ACCEPTED))('of %s', (contract, accepted) => {
    let server: TestServer
    // biome-ignore lint/suspicious/noExplicitAny: a JSON document
    let metadata: any

    beforeAll(async () => {
      const rateLimits = { failedClientAuthenticationsPerMinute: 10_000 }
      const isVendors = contract !== 'standard'
      server = await startTestServer(kind, { rateLimits, ...(isVendors && { contract }) })
      const { origin } = new URL(server.issuer)
      metadata = (await ask(`${origin}/.well-known/oauth-authorization-server`)).body
    })
    afterAll(() => server?.stop())

    const credentials = () => ({
      client_id: server.apps.webApp.id,
      client_secret: server.apps.webApp.secret ?? '',
    })
    const REFRESH = { grant_type: 'refresh_token', refresh_token: 'x' }
    const send = (url: string, fields: Record<string, string>, headers: object = {}) =>
      post(url, formOf(fields), { ...FORM, ...headers })

    /** `login_required` when everything else about the request is fine. */
    async function errorOf(fields: Fields, { redirectUri, ...client } = server.apps.webApp) {
      const app = new TestApp(server, { ...client, redirectUri })
      const page = await new TestBrowser().open(app.authorizeUrl({ prompt: 'none', ...fields }))
      const { search, hash } = new URL(page.location ?? '')
      const inQuery = new URLSearchParams(search)
      const params = inQuery.has('error') ? inQuery : new URLSearchParams(hash.slice(1))
      return params.get('error')
    }

    it('RFC 8414 §2: grant_types_supported', async () => {
      expect(metadata.grant_types_supported).toEqual(accepted.grantTypes)
      for (const grant_type of GRANT_TYPES) {
        const { body } = await send(metadata.token_endpoint, { ...credentials(), grant_type })
        const known = body.error !== 'unsupported_grant_type'
        // Its tokens come from the authorization endpoint.
        const supported = grant_type !== 'implicit' && accepted.grantTypes.includes(grant_type)
        expect(known, grant_type).toBe(supported)
      }
    })

    it('RFC 8414 §2: response_types_supported', async () => {
      expect(metadata.response_types_supported).toEqual(accepted.responseTypes)
      for (const response_type of RESPONSE_TYPES) {
        const known = (await errorOf({ response_type })) !== 'unsupported_response_type'
        expect(known, response_type).toBe(accepted.responseTypes.includes(response_type))
      }
    })

    it('RFC 8414 §2: response_modes_supported', async () => {
      expect(metadata.response_modes_supported).toEqual(['query', 'fragment', 'form_post'])
      for (const response_mode of ['query', 'fragment']) {
        expect(await errorOf({ response_mode })).toBe('login_required')
      }
      for (const response_mode of ['web_message', 'jwt', 'query.jwt']) {
        expect(await errorOf({ response_mode })).toBe('invalid_request')
      }
    })

    it('RFC 8414 §2: code_challenge_methods_supported', async () => {
      expect(metadata.code_challenge_methods_supported).toEqual(accepted.challengeMethods)
      for (const code_challenge_method of ['S256', 'plain', 'S512', 's256']) {
        const supported = accepted.challengeMethods.includes(code_challenge_method)
        const error = await errorOf({ code_challenge_method })
        expect(error).toBe(supported ? 'login_required' : 'invalid_request')
      }
    })

    it('RFC 8414 §2: the authentication methods of each endpoint', async () => {
      const { webApp, spa } = server.apps
      const authorization = basic(webApp.id, webApp.secret ?? '')
      const ways: Readonly<Record<string, (url: string) => ReturnType<typeof post>>> = {
        client_secret_basic: (url) => send(url, { ...REFRESH, token: 'x' }, { authorization }),
        client_secret_post: (url) => send(url, { ...REFRESH, token: 'x', ...credentials() }),
        none: (url) => send(url, { ...REFRESH, token: 'x', client_id: spa.id }),
        private_key_jwt: (url) =>
          send(url, { ...REFRESH, token: 'x', client_id: webApp.id, ...ASSERTION }),
      }
      for (const endpoint of ['token', 'revocation', 'introspection']) {
        const supported = metadata[`${endpoint}_endpoint_auth_methods_supported`]
        for (const [method, go] of Object.entries(ways)) {
          const { body } = await go(metadata[`${endpoint}_endpoint`])
          const isAccepted = body?.error !== 'invalid_client'
          expect(isAccepted, `${method} at ${endpoint}`).toBe(supported.includes(method))
        }
      }
    })

    it('the encodings of its page, and no others', async () => {
      for (const [encoding, encode] of Object.entries(ENCODINGS)) {
        const [query, body, headers] = encode({ ...REFRESH, ...credentials() })
        const answer = await post(metadata.token_endpoint + query, body, { ...headers })
        const error = accepted.encodings.includes(encoding) ? 'invalid_grant' : 'invalid_request'
        expect([answer.status, answer.body.error], encoding).toEqual([400, error])

        const [asked, sent, type] = encode({ token: 'x', ...credentials() })
        const revoked = await post(metadata.revocation_endpoint + asked, sent, { ...type })
        const status = accepted.encodings.includes(encoding) ? 200 : 400
        expect(revoked.status, `${encoding} at revocation`).toBe(status)
      }
    })

    it('RFC 8414 §2: scopes_supported are those that an app can have, and no others', async () => {
      const isOpenId = contract === 'standard'
      expect(metadata.scopes_supported.includes('openid')).toBe(isOpenId)
      const wanted = {
        name: 'Greedy',
        type: 'confidential',
        redirectUris: ['https://greedy.example/'],
      } as const
      const greedy = await registerApp(server.context, {
        ...wanted,
        scopes: metadata.scopes_supported,
      })
      for (const scope of metadata.scopes_supported) {
        // That of another API than the usual one has to name it.
        const resource = scope === 'reports:read' ? OTHER_API : undefined
        expect(await errorOf({ scope, resource }, greedy), scope).toBe('login_required')
      }
      const more = await problemsOf(
        registerApp(server.context, { ...wanted, scopes: ['openid', 'made-up'] }),
      )
      expect(more).toHaveLength(isOpenId ? 1 : 2)
    })

    it('RFC 9207 §3: says whether iss comes with the answers', async () => {
      const { params } = await new TestApp(server, server.apps.webApp).obtainCode()
      const says = metadata.authorization_response_iss_parameter_supported
      expect(params.get('iss')).toBe(says ? server.issuer : null)
      expect(says).toBe(contract === 'standard')
    })
  })

  describe.each(CONTRACT_NAMES)('addresses of %s', (contract) => {
    let server: TestServer

    beforeAll(async () => {
      const isVendors = contract !== 'standard'
      server = await startTestServer(kind, isVendors ? { contract } : {})
    })
    afterAll(() => server?.stop())

    it('RFC 8414 §2: every endpoint of the metadata is there, and every other address is not', async () => {
      const { body } = await ask(`${server.issuer}/.well-known/oauth-authorization-server`)
      expect(body.issuer).toBe(server.issuer)
      const published = Object.entries<string>(body).filter(([name]) =>
        /_(endpoint|uri)$/.test(name),
      )
      for (const [name, url] of published) {
        expect(url.startsWith(`${server.issuer}/`), name).toBe(true)
        expect((await ask(url)).status, name).not.toBe(404)
      }
      const usual = ['/authorize', '/token', '/revoke', '/userinfo', '/oauth/token', '/register']
      for (const path of usual) {
        const isPublished = published.some(([, url]) => url === server.issuer + path)
        const { status } = await ask(server.issuer + path)
        expect(status === 404, path).toBe(!isPublished)
      }
    })
  })
})
