// The implicit grant (RFC 6749 §4.2), where a contract has it and an app the allowance for it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { registerApp } from '../support/contract-world.ts'
import { kindOf } from '../support/page-kind.ts'
import { signedInBrowser } from '../support/signed-in-browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Fields, TestApp } from '../support/test-app.ts'
import { PASSWORD } from '../support/world.ts'

const MONTH_SECONDS = 30 * 86_400
const CALLBACK = 'https://widget.example/callback'

describe.each(STORES)('the implicit grant on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'mister-james' })
    const endsAtSeconds = server.clock.nowSeconds() + MONTH_SECONDS
    const client = await registerApp(server.context, {
      name: 'Widget',
      type: 'public',
      redirectUris: [CALLBACK],
      grantTypes: ['authorization_code', 'refresh_token', 'implicit'],
      scopes: ['read', 'write'],
      defaultScopes: ['read'],
      allowances: [{ name: 'implicit', owner: 'widget team', reason: 'no server', endsAtSeconds }],
    })
    app = new TestApp(server, client)
  })
  afterAll(() => server?.stop())

  const urlFor = (fields: Fields) =>
    app.authorizeUrl({
      response_type: 'token',
      scope: 'read write',
      code_challenge: undefined,
      code_challenge_method: undefined,
      ...fields,
    })

  /** What the decision of a user brings to the app: the address, and the fields in its fragment. */
  async function answerTo(fields: Fields, decision: 'allow' | 'deny' = 'allow') {
    const browser = new TestBrowser()
    const signIn = await browser.open(urlFor({ prompt: 'consent', ...fields }))
    const credentials = { username: 'ada', password: PASSWORD }
    const consent = await browser.submitAndFollow(signIn, credentials)
    const { location = '' } = await browser.submit(consent, { decision })
    const [address, fragment] = location.split('#')
    return { address, fields: Object.fromEntries(new URLSearchParams(fragment)) }
  }

  it('RFC 6749 §4.2.1: the redirect URI is a registered one, of a registered app', async () => {
    const strangers = [
      { client_id: 'nobody' },
      { client_id: undefined },
      { redirect_uri: 'https://evil.example/callback' },
      { redirect_uri: `${CALLBACK}#` },
    ]
    for (const fields of strangers) {
      const page = await new TestBrowser().open(urlFor(fields))
      expect([kindOf(page), page.status], JSON.stringify(fields)).toEqual(['error', 400])
    }
  })

  it('RFC 6749 §4.2.2: the token is in the fragment, with type, lifetime, scope and state', async () => {
    const { address, fields } = await answerTo({ state: 'a b&c#d' })
    expect(address).toBe(CALLBACK)
    expect(fields).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: '3600',
      scope: 'read write',
      state: 'a b&c#d',
    })
    const api = new TestApp(server, server.apps.apiServer)
    const { body } = await api.introspect(fields.access_token ?? '')
    expect(body).toMatchObject({ active: true, client_id: app.client.id, scope: 'read write' })
  })

  it('RFC 6749 §4.2.2: no refresh token is ever issued, and nothing that becomes one', async () => {
    const { fields } = await answerTo({ scope: 'read' })
    expect(Object.keys(fields).toSorted()).toEqual([
      'access_token',
      'expires_in',
      'scope',
      'state',
      'token_type',
    ])
    const { body } = await app.refresh(fields.access_token ?? '')
    expect(body.error).toBe('invalid_grant')
    expect((await app.redeem(fields.access_token ?? '', undefined)).body.error).toBe(
      'invalid_grant',
    )
  })

  it('RFC 6749 §4.2.2: who asks for no scope is told which one it is', async () => {
    expect((await answerTo({ scope: undefined })).fields.scope).toBe('read')
  })

  it('RFC 6749 §4.2.2.1: a user who denies sends access_denied in the fragment, with state', async () => {
    expect(await answerTo({ state: 'kept' }, 'deny')).toEqual({
      address: CALLBACK,
      fields: {
        error: 'access_denied',
        error_description: expect.any(String),
        state: 'kept',
      },
    })
  })

  it('RFC 6749 §4.2.2.1: other errors are in the fragment, too', async () => {
    const errors: readonly [Fields, string][] = [
      [{ scope: 'unheard:of' }, 'invalid_scope'],
      [{ prompt: 'none' }, 'login_required'],
      [{ response_mode: 'query' }, 'invalid_request'],
    ]
    for (const [fields, error] of errors) {
      const browser = fields.prompt === 'none' ? new TestBrowser() : await signedInBrowser(server)
      const { location = '' } = await browser.open(urlFor(fields))
      const { search, hash } = new URL(location)
      expect([search, new URLSearchParams(hash.slice(1)).get('error')]).toEqual(['', error])
    }
  })
})
