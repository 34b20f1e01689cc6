// What the authorization endpoint takes, what it refuses, and who gets to hear about it (RFC 6749 §4.1.2.1, RFC 7636,
// RFC 9207, RFC 9700).

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BrowserPage } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { registerClient } from '../support/register-client.ts'
import { signedInBrowser } from '../support/signed-in-browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, getAnswer, TestApp } from '../support/test-app.ts'
import {
  MACHINE,
  NATIVE_APP,
  OTHER_API,
  OTHER_APP,
  SECOND_REDIRECT_URI,
  SPA,
  WEB_APP,
} from '../support/world.ts'

describe.each(STORES)('authorization request on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  const open = async (fields: Fields, asker = app) =>
    (await signedInBrowser(server)).open(asker.authorizeUrl(fields))

  /** What the app is told. */
  async function answerTo(fields: Fields, asker = app): Promise<Record<string, string>> {
    const page = await open(fields, asker)
    if (page.location === undefined) throw new Error(`no redirect: ${page.status} ${page.text}`)
    return Object.fromEntries(new URL(page.location).searchParams)
  }

  function expectOwnPage(page: BrowserPage): void {
    expect(page.status).toBe(400)
    expect(page.location).toBeUndefined()
    expect(kindOf(page)).toBe('error')
  }

  describe('parameters', () => {
    it('RFC 6749 §3.1: an unknown one is ignored', async () => {
      expect(kindOf(await open({ frobnicate: 'yes', 'scope[]': 'x' }))).toBe('consent')
    })

    it('RFC 6749 §3.1: one without a value counts as left out', async () => {
      const page = await open({ scope: '', prompt: '', max_age: '', resource: '', request: '' })
      expect(kindOf(page)).toBe('consent')
      expect(await answerTo({ response_type: '' })).toMatchObject({ error: 'invalid_request' })
    })

    it('RFC 6749 §3.1: a repeated one is refused on our own page', async () => {
      expectOwnPage(await open({ scope: ['contacts:read', 'contacts:read'] }))
      expectOwnPage(await open({ client_id: [WEB_APP.id, OTHER_APP.id] }))
    })

    it('RFC 6749 §4.1.2: state comes back exactly as it was sent', async () => {
      const state = 'a+b &%25"<ü>=#?/ \u{1F642}'
      expect((await answerTo({ prompt: 'none', state })).state).toBe(state)
      const { params } = await app.obtainCode({ fields: { state } })
      expect(params.get('state')).toBe(state)
      expect(await answerTo({ prompt: 'none', state: undefined })).not.toHaveProperty('state')
    })
  })

  describe('response type', () => {
    it('RFC 6749 §3.1.1: one must be named', async () => {
      const answer = await answerTo({ response_type: undefined, state: 'kept' })
      expect(answer).toMatchObject({ error: 'invalid_request', state: 'kept' })
    })

    it.each(['token', 'id_token', 'id_token token', 'code token', 'code id_token', 'CODE'])(
      'RFC 9700 §2.1.2: "%s" is refused, for a token never comes from here',
      async (response_type) => {
        const page = await open({ response_type })
        const { searchParams, hash } = new URL(page.location ?? '')
        expect(searchParams.get('error')).toBe('unsupported_response_type')
        expect(hash).toBe('')
      },
    )

    it('RFC 6749 §4.1.2.1: an app that may not use codes hears unauthorized_client', async () => {
      const client = await registerClient(
        server,
        { id: 'no-codes', secret: 'no-codes-secret-0123456789' },
        { redirectUris: ['https://no-codes.example/cb'], grantTypes: ['client_credentials'] },
      )
      const answer = await answerTo({}, new TestApp(server, client))
      expect(answer.error).toBe('unauthorized_client')
    })

    it('OIDC Core §6.1: a request object is refused by name', async () => {
      const answer = await answerTo({ request: 'e30.e30.' })
      expect(answer.error).toBe('request_not_supported')
    })

    it('OIDC Core §6.2: a request_uri is refused by name', async () => {
      const answer = await answerTo({ request_uri: 'https://app.example/request.jwt' })
      expect(answer.error).toBe('request_uri_not_supported')
    })
  })

  describe('scope', () => {
    it('RFC 6749 §3.3: one that the API has, but the app was not registered with, is refused', async () => {
      const fields = { scope: 'reports:read', resource: OTHER_API }
      expect(kindOf(await open(fields))).toBe('consent')
      const answer = await answerTo(fields, new TestApp(server, OTHER_APP))
      expect(answer.error).toBe('invalid_scope')
    })
  })

  describe('client and redirect URI', () => {
    it.each([
      ['no client', { client_id: undefined }],
      ['an unknown client', { client_id: 'nobody' }],
      ['a URI that is not registered', { redirect_uri: 'https://evil.example/callback' }],
      ['a URI of another app', { redirect_uri: OTHER_APP.redirectUri }],
    ])('RFC 9700 §4.11.2: %s gets a page of ours, never a redirect', async (_, fields) => {
      expectOwnPage(await open(fields))
      expectOwnPage(await open({ ...fields, prompt: 'none', response_type: 'token' }))
    })

    it('RFC 6749 §3.1.2.4: an unregistered URI is named as text, and is no link', async () => {
      const page = await open({ redirect_uri: 'https://evil.example/callback' })
      expect(page.text).toContain('https://evil.example/callback')
      const links = page.root.querySelectorAll('a').map((link) => link.getAttribute('href'))
      expect(links.join(' ')).not.toContain('evil.example')
    })

    it('RFC 6749 §3.1.2.3: an app with several URIs must name one of them', async () => {
      expectOwnPage(await open({ redirect_uri: undefined }))
      for (const redirect_uri of [WEB_APP.redirectUri, SECOND_REDIRECT_URI]) {
        expect(kindOf(await open({ redirect_uri, prompt: 'consent' }))).toBe('consent')
      }
    })

    it('RFC 9700 §4.1.3: so must an app with one', async () => {
      expectOwnPage(await open({ redirect_uri: undefined }, new TestApp(server, OTHER_APP)))
    })

    it('RFC 6749 §3.1.2: a machine has nowhere to be redirected to', async () => {
      expectOwnPage(await open({ redirect_uri: 'https://x.example' }, new TestApp(server, MACHINE)))
    })
  })

  describe('PKCE', () => {
    it.each([WEB_APP, SPA, NATIVE_APP])(
      'RFC 9700 §2.1.1: $id must send a challenge',
      async (client) => {
        const fields = { code_challenge: undefined, code_challenge_method: undefined }
        const answer = await answerTo(fields, new TestApp(server, client))
        expect(answer.error).toBe('invalid_request')
      },
    )

    it('RFC 8252 §6: a native app gets no code without it', async () => {
      const native = new TestApp(server, NATIVE_APP)
      const answer = await answerTo({ code_challenge: undefined }, native)
      expect(answer).toMatchObject({ error: 'invalid_request' })
      const { code, verifier } = await native.obtainCode()
      expect((await native.redeem(code, undefined)).body.error).toBe('invalid_grant')
      expect((await native.redeem(code, verifier)).status).toBe(200)
    })

    it('RFC 7636 §4.4.1: the error says what is missing', async () => {
      const answer = await answerTo({ code_challenge: undefined })
      expect(answer.error_description).toContain('code_challenge')
    })

    it('RFC 7636 §4.2: a challenge in padded base64 is none here', async () => {
      const code_challenge = createHash('sha256').update('x'.repeat(43)).digest('base64')
      const answer = await answerTo({ code_challenge, code_challenge_method: 'S256' })
      expect(answer.error).toBe('invalid_request')
    })

    it.each(['plain', 's256', 'S512', undefined])(
      'RFC 7636 §4.4.1: the method %s is invalid_request',
      async (code_challenge_method) => {
        const answer = await answerTo({ code_challenge_method })
        expect(answer.error).toBe('invalid_request')
      },
    )
  })

  describe('iss', () => {
    it('RFC 9207 §2: comes with a code', async () => {
      const { params } = await app.obtainCode()
      expect(params.getAll('iss')).toEqual([server.issuer])
    })

    it('RFC 9207 §2: comes with an error', async () => {
      expect((await answerTo({ prompt: 'none' })).iss).toBe(server.issuer)
    })

    it('RFC 9207 §2.3: is the issuer of the metadata', async () => {
      const metadata = await getAnswer(`${server.issuer}/.well-known/openid-configuration`)
      expect((await answerTo({ prompt: 'none' })).iss).toBe(metadata.body.issuer)
    })
  })

  describe('pages', () => {
    const pages: [string, () => Promise<BrowserPage>][] = [
      ['the sign-in page', () => open({})],
      ['the error page', () => open({ client_id: 'nobody' })],
      ['the way back to the app', () => open({ prompt: 'none' })],
    ]

    it.each(pages)('RFC 9700 §4.2.4: %s sends no Referer', async (_, show) => {
      expect((await show()).headers.get('referrer-policy')).toBe('no-referrer')
    })

    it.each(pages)('RFC 9700 §4.16: %s cannot be framed', async (_, show) => {
      const { headers } = await show()
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('x-frame-options')).toBe('DENY')
    })
  })
})

describe.each(STORES)('a tenant with older apps on %s', (kind) => {
  let server: TestServer
  let older: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind, {
      policy: { pkce: { requiredFor: 'public' }, redirectUriOptional: true },
    })
    const client = await registerClient(
      server,
      { id: 'older-app', secret: 'older-app-secret-0123456789' },
      {
        redirectUris: ['https://older.example/callback'],
        grantTypes: ['authorization_code'],
        scopes: ['contacts:read'],
        requirePkce: false,
      },
    )
    older = new TestApp(server, client)
  })
  afterAll(() => server?.stop())

  const withoutPkce = { code_challenge: undefined, code_challenge_method: undefined }

  it('RFC 9700 §4.8.2: a verifier for a code without a challenge is refused', async () => {
    const { code, verifier } = await older.obtainCode({ fields: withoutPkce })
    expect((await older.redeem(code, verifier)).body.error).toBe('invalid_grant')
    expect((await older.redeem(code, undefined)).status).toBe(200)
  })

  it('RFC 6749 §3.1.2.3: an app with one redirect URI may leave it out, at both endpoints', async () => {
    const { code } = await older.obtainCode({ fields: { ...withoutPkce, redirect_uri: undefined } })
    const answer = await older.redeem(code, undefined, { redirect_uri: undefined })
    expect(answer.status).toBe(200)
  })

  it('RFC 9700 §2.1.1: a public app still needs PKCE', async () => {
    const url = new TestApp(server, SPA).authorizeUrl(withoutPkce)
    const { location = '' } = await (await signedInBrowser(server)).open(url)
    expect(new URL(location).searchParams.get('error')).toBe('invalid_request')
  })

  it('RFC 9700 §2.1.1: an app that was registered to use PKCE still needs it', async () => {
    const newer = await registerClient(
      server,
      { id: 'newer-app', secret: 'newer-app-secret-0123456789' },
      {
        redirectUris: ['https://newer.example/callback'],
        grantTypes: ['authorization_code'],
        scopes: ['contacts:read'],
        requirePkce: true,
      },
    )
    const url = new TestApp(server, newer).authorizeUrl(withoutPkce)
    const { location = '' } = await (await signedInBrowser(server)).open(url)
    expect(new URL(location).searchParams.get('error')).toBe('invalid_request')
  })
})
