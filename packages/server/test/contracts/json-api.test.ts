// Contract `json-api`, fact by fact: what a client written against the vendor's documentation sends and gets back.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asClientId } from '../../src/protocol/ids.ts'
import type { ClientAllowance } from '../../src/store/records.ts'
import { TestBrowser } from '../support/browser.ts'
import { registerApp, registerDesktopApp } from '../support/contract-world.ts'
import { problemsOf } from '../support/operation-context.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, TestApp } from '../support/test-app.ts'
import { ask, authorize, codeIn, FORM, JSON_TYPE, post } from '../support/vendor-client.ts'
import { PASSWORD, type TestClient } from '../support/world.ts'

const CALLBACK = 'https://app.example/callback'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const HEX = /^[0-9a-f]{64}$/
const AFTER_RETRY_WINDOW_SECONDS = 31
const FIRST_LOCK_SECONDS = 60

describe.each(STORES)('json-api on %s', (kind) => {
  let server: TestServer
  let id: string
  let secret: string
  let firstParty: TestClient

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'json-api', api: true })
    id = server.apps.webApp.id
    secret = server.apps.webApp.secret ?? ''
    firstParty = await registerDesktopApp(server.context)
  })
  afterAll(() => server?.stop())

  const passwordAllowance = (): ClientAllowance => ({
    name: 'password',
    owner: 'desktop team',
    reason: 'shipped before 2020',
    endsAtSeconds: server.clock.nowSeconds() + 30 * 86_400,
  })
  const at = (path: string) => server.issuer + path
  const usual = () =>
    `client_id=${id}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code&scope=`
  const allow = (query: string) => authorize(`${at('/oauth/authorize')}?${query}`)
  const token = (members: object, headers: object = JSON_TYPE) =>
    post(at('/oauth/token'), JSON.stringify(members), { ...headers })
  const codeRequest = (code: string) => ({
    client_id: id,
    client_secret: secret,
    code,
    grant_type: 'authorization_code',
    redirect_uri: CALLBACK,
  })
  const passwordRequest = (username: string, password: string, { id, secret } = firstParty) => ({
    client_id: id,
    client_secret: secret,
    grant_type: 'password',
    username,
    password,
  })
  const getTokens = async () => (await token(codeRequest(codeIn(await allow(usual()))))).body
  const refresh = (refreshToken: string) =>
    token({
      client_id: id,
      client_secret: secret,
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    })
  const scopeOf = async (accessToken: string, app: TestClient) => {
    const authorization = basic(app.id, app.secret ?? '')
    const answer = await post(at('/introspect'), `token=${accessToken}`, { ...FORM, authorization })
    return answer.body.scope
  }

  it('json-api K "paths": authorize and token (K) and revoke (D) below /oauth', async () => {
    expect(kindOf(await new TestBrowser().open(`${at('/oauth/authorize')}?${usual()}`))).toBe(
      'sign-in',
    )
    const { access_token, refresh_token } = await getTokens()
    const members = { token: access_token, client_id: id, client_secret: secret }
    const revoked = await post(at('/oauth/revoke'), JSON.stringify(members), JSON_TYPE)
    expect([revoked.status, revoked.text]).toEqual([200, '{}'])
    expect((await refresh(refresh_token)).body.error).toBe('invalid_grant')
    for (const path of ['/authorize', '/token', '/revoke', '/userinfo']) {
      expect((await ask(at(path))).status, path).toBe(404)
    }
  })

  it('json-api K "app registration": operators hand out id, secret and authentication URL for a redirect URI', async () => {
    const app = await registerApp(server.context, {
      name: 'New app',
      type: 'confidential',
      redirectUris: ['https://new.example/callback'],
      scopes: ['read'],
      defaultScopes: ['read'],
    })
    expect(app).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      secret: expect.stringMatching(/^\S{40,}$/),
      redirectUri: 'https://new.example/callback',
    })
    const { body } = await ask(at('/.well-known/oauth-authorization-server'))
    const query = `client_id=${app.id}&redirect_uri=${encodeURIComponent(app.redirectUri)}&response_type=code&scope=`
    const location = await authorize(`${body.authorization_endpoint}?${query}`)
    expect(location.startsWith('https://new.example/callback?code=')).toBe(true)
    const problems = await problemsOf(
      registerApp(server.context, {
        name: 'Without',
        type: 'confidential',
        grantTypes: ['authorization_code'],
      }),
    )
    expect(problems.map(({ field }) => field)).toEqual(['redirectUris'])
  })

  it.each([
    'http://app.example/callback',
    'http://localhost/callback',
    'http://127.0.0.1/callback',
    'com.example.app:/callback',
  ])('json-api K "redirect URI": %s is not https, so no app has it', async (uri) => {
    for (const type of ['confidential', 'public'] as const) {
      const problems = await problemsOf(
        registerApp(server.context, { name: 'App', type, redirectUris: [uri] }),
      )
      expect(problems, type).toEqual([
        { field: 'redirectUris', problem: expect.stringContaining('https') },
      ])
    }
    const query = usual().replace(encodeURIComponent(CALLBACK), encodeURIComponent(uri))
    const page = await new TestBrowser().open(`${at('/oauth/authorize')}?${query}`)
    expect([kindOf(page), page.status]).toEqual(['error', 400])
  })

  it('json-api K "API style": JSON in, JSON out, and every request shows its token anew', async () => {
    const query = usual().replace('scope=', 'scope=contacts%3Aread%20contacts%3Awrite')
    const { body } = await token(codeRequest(codeIn(await allow(query))))
    const authorization = `Bearer ${body.access_token}`
    const contact = JSON.stringify({ name: 'Grace' })
    const made = await post(at('/api/v1/contacts'), contact, { ...JSON_TYPE, authorization })
    expect(made.status).toBe(201)
    expect(made.headers['set-cookie']).toBeUndefined()
    const read = await ask(at(`/api/v1/contacts/${made.body.id}`), { headers: { authorization } })
    expect([read.status, read.body.name]).toEqual([200, 'Grace'])
    expect(read.headers['content-type']).toMatch(/^application\/json/)
    const without = await ask(at(`/api/v1/contacts/${made.body.id}`))
    expect([without.status, without.body.error]).toEqual([401, expect.any(String)])
  })

  it('json-api D "wrong content type at the API": 415 with a JSON error', async () => {
    const query = usual().replace('scope=', 'scope=contacts%3Awrite')
    const { body } = await token(codeRequest(codeIn(await allow(query))))
    const authorization = `Bearer ${body.access_token}`
    const types = [
      'application/json; charset=utf-8',
      'application/json;charset=UTF-8',
      'application/json; v=1',
      'text/plain',
      'application/x-www-form-urlencoded',
    ]
    for (const type of types) {
      const answer = await post(at('/api/v1/contacts'), '{"name":"Grace"}', {
        'content-type': type,
        authorization,
      })
      expect([answer.status, answer.body.error], type).toEqual([415, 'unsupported_media_type'])
    }
  })

  it('json-api K "authorize": four parameters, of which an empty scope means the defaults of the app', async () => {
    for (const query of [usual(), usual().replace('&scope=', '')]) {
      const { body } = await token(codeRequest(codeIn(await allow(query))))
      expect(await scopeOf(body.access_token, server.apps.webApp)).toBe('contacts:read')
    }
    const named = usual().replace('scope=', 'scope=clients%3Aread%20projects%3Aread')
    const { body } = await token(codeRequest(codeIn(await allow(named))))
    expect(await scopeOf(body.access_token, server.apps.webApp)).toBe('clients:read projects:read')
    const location = await allow(usual().replace('=code', '=token'))
    expect(location).toBe(
      `${CALLBACK}?error=unsupported_response_type&error_description=This%20response%20type%20is%20not%20supported.`,
    )
  })

  it('json-api K "steps for the user": sign in, then authorize, then the redirect with the code', async () => {
    const browser = new TestBrowser()
    const { otherApp } = server.apps
    const query = `client_id=${otherApp.id}&redirect_uri=${encodeURIComponent(otherApp.redirectUri)}&response_type=code&scope=`
    const signIn = await browser.openAndFollow(`${at('/oauth/authorize')}?${query}`)
    expect(kindOf(signIn)).toBe('sign-in')
    const consent = await browser.submitAndFollow(signIn, { username: 'ada', password: PASSWORD })
    expect(kindOf(consent)).toBe('consent')
    const end = await browser.submit(consent, { decision: 'allow' })
    expect(end.location?.startsWith(`${otherApp.redirectUri}?code=`)).toBe(true)
  })

  it('json-api K "code": 64 lower-case hexadecimal digits', async () => {
    const codes = await Promise.all([allow(usual()), allow(usual())])
    for (const location of codes) expect(codeIn(location)).toMatch(HEX)
    expect(codeIn(codes[0])).not.toBe(codeIn(codes[1]))
  })

  it('json-api K "token request": a JSON body with five members', async () => {
    const code = codeIn(await allow(usual()))
    for (const name of ['client_secret', 'code', 'grant_type', 'redirect_uri']) {
      const answer = await token({ ...codeRequest(code), [name]: undefined })
      expect(answer.body.error, name).toMatch(/^invalid_(client|request|grant)$/)
      const wrong = await token({ ...codeRequest(code), [name]: 'wrong' })
      expect(wrong.body.error, name).toMatch(/^(invalid_(client|grant)|unsupported_grant_type)$/)
    }
    expect((await token(codeRequest(code))).status).toBe(200)
  })

  it('json-api D "content type of the token request": application/json alone, or a form', async () => {
    const code = codeIn(await allow(usual()))
    for (const type of ['application/json; charset=utf-8', 'text/plain', 'text/json']) {
      const answer = await token(codeRequest(code), { 'content-type': type })
      expect([answer.status, answer.body.error], type).toEqual([400, 'invalid_request'])
      expect(answer.body.error_description, type).toContain('application/json')
    }
    const form = new URLSearchParams(codeRequest(code)).toString()
    const answer = await post(at('/oauth/token'), form, FORM)
    expect(answer.status).toBe(200)
    expect(Object.keys(answer.body)).toHaveLength(4)
  })

  it('json-api K "token response": opaque hexadecimal tokens, bearer in lower case, 7200 seconds', async () => {
    const { status, headers, body } = await token(codeRequest(codeIn(await allow(usual()))))
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.stringMatching(HEX),
      token_type: 'bearer',
      expires_in: 7200,
      refresh_token: expect.stringMatching(HEX),
    })
    const scopeAfter = (seconds: number) =>
      server.clock.ahead(seconds, () => scopeOf(body.access_token, server.apps.webApp))
    expect(await scopeAfter(7199)).toBe('contacts:read')
    expect(await scopeAfter(7200)).toBeUndefined()
  })

  it('json-api K "clients": confidential and public ones use the code flow; public ones with PKCE (D)', async () => {
    const { spa } = server.apps
    const request = `client_id=${spa.id}&redirect_uri=${encodeURIComponent(spa.redirectUri)}&response_type=code`
    const refused = new URL(await allow(request)).searchParams
    expect(refused.get('error')).toBe('invalid_request')
    expect(refused.get('error_description')).toContain('PKCE')
    const challenged = `${request}&code_challenge=${CHALLENGE}&code_challenge_method=S256`
    const members = {
      client_id: spa.id,
      code: codeIn(await allow(challenged)),
      grant_type: 'authorization_code',
      redirect_uri: spa.redirectUri,
    }
    expect((await token(members)).body.error).toBe('invalid_grant')
    expect((await token({ ...members, code_verifier: VERIFIER })).status).toBe(200)
    expect((await token(codeRequest(codeIn(await allow(usual()))))).status).toBe(200)
  })

  it('json-api K "password grant": user name and password of the user, in JSON, for first-party apps only', async () => {
    const { status, body } = await token(passwordRequest('ada', PASSWORD))
    expect(status).toBe(200)
    expect(body).toEqual({
      access_token: expect.stringMatching(HEX),
      token_type: 'bearer',
      expires_in: 7200,
      refresh_token: expect.stringMatching(HEX),
    })
    expect(await scopeOf(body.access_token, firstParty)).toBe('read')
    const authorization = `Bearer ${body.access_token}`
    const me = await ask(at('/api/v1/me'), { headers: { authorization } })
    expect(me.body).toMatchObject({ client_id: firstParty.id, organisation_id: 'acme' })

    const wrong = await token(passwordRequest('ada', 'a password that is wrong'))
    const nobody = await token(passwordRequest('nobody', PASSWORD))
    expect([wrong.status, wrong.body.error]).toEqual([400, 'invalid_grant'])
    expect(nobody.body).toEqual(wrong.body)
    expect((await token({ ...passwordRequest('ada', PASSWORD), client_secret: 'x' })).status).toBe(
      401,
    )
    const others = [server.apps.webApp, server.apps.otherApp]
    for (const app of others) {
      const { status, body } = await token(passwordRequest('ada', PASSWORD, app))
      expect([status, body.error]).toEqual([400, 'unauthorized_client'])
    }
  })

  it('json-api K "password grant": an app that is no longer first-party has it no longer', async () => {
    const { store, context } = server
    const app = await registerDesktopApp(context)
    expect((await token(passwordRequest('ada', PASSWORD, app))).status).toBe(200)
    const found = await store.findClient(context.tenant.name, asClientId(app.id))
    if (!found) throw new Error('the app is gone')
    await store.updateClient(found.client, { ...found.client, party: 'third' })
    const { status, body } = await token(passwordRequest('ada', PASSWORD, app))
    expect([status, body.error]).toEqual([400, 'unauthorized_client'])
  })

  it('json-api K "password grant": nobody else is registered for it', async () => {
    const app = { name: 'App', type: 'confidential', grantTypes: ['password'] } as const
    const thirdParty = await problemsOf(
      registerApp(server.context, { ...app, allowances: [passwordAllowance()] }),
    )
    expect(thirdParty).toEqual([
      { field: 'grantTypes', problem: '"password" is for first-party apps only' },
    ])
    const notAllowed = await problemsOf(registerApp(server.context, { ...app, party: 'first' }))
    expect(notAllowed).toEqual([
      { field: 'grantTypes', problem: '"password" needs the legacy allowance of that name' },
    ])
  })

  it('json-api K "password grant": failed tries are counted there and on the sign-in page together', async () => {
    const signIn = async (username: string) => {
      const browser = new TestBrowser()
      const page = await browser.open(new TestApp(server, server.apps.webApp).authorizeUrl())
      return (password: string) => browser.submit(page, { username, password })
    }
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      expect((await token(passwordRequest('eve', `wrong ${attempt}`))).status).toBe(400)
    }
    expect((await (await signIn('eve'))(PASSWORD)).status).toBe(429)
    const unlocked = await server.clock.ahead(FIRST_LOCK_SECONDS + 60, async () =>
      (await signIn('eve'))(PASSWORD),
    )
    expect(unlocked.status).toBe(303)

    const tryBob = await signIn('bob')
    for (let attempt = 1; attempt <= 10; attempt += 1) await tryBob(`wrong ${attempt}`)
    const locked = await token(passwordRequest('bob', PASSWORD))
    expect([locked.status, locked.body.error]).toEqual([429, 'too_many_requests'])
    expect(Number(locked.headers['retry-after'])).toBe(FIRST_LOCK_SECONDS)
    const later = await server.clock.ahead(FIRST_LOCK_SECONDS, () =>
      token(passwordRequest('bob', PASSWORD)),
    )
    expect(later.status).toBe(200)
  })

  it('json-api K "refresh": exchanges it for a new access token, with rotation (D)', async () => {
    const first = await getTokens()
    const { status, body: second } = await refresh(first.refresh_token)
    expect(status).toBe(200)
    expect(second).toEqual({
      access_token: expect.stringMatching(HEX),
      token_type: 'bearer',
      expires_in: 7200,
      refresh_token: expect.stringMatching(HEX),
    })
    expect(second.refresh_token).not.toBe(first.refresh_token)
    const reused = await server.clock.ahead(AFTER_RETRY_WINDOW_SECONDS, () =>
      refresh(first.refresh_token),
    )
    expect(reused.body.error).toBe('invalid_grant')
    expect((await refresh(second.refresh_token)).body.error).toBe('invalid_grant')
  })
})
