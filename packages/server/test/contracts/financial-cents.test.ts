// Contract `financial-cents`, fact by fact: what a client written against the vendor's documentation sends and gets back.

import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireUser } from '../../src/operations/users.ts'
import { TestBrowser } from '../support/browser.ts'
import { registerApp } from '../support/contract-world.ts'
import { takeDown } from '../support/outage.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { ask, authorize, codeIn, FORM, JSON_TYPE, post, readJwt } from '../support/vendor-client.ts'
import { PASSWORD, type TestClient } from '../support/world.ts'

const CALLBACK = 'http://third-party.example/callback'
const AFTER_RETRY_WINDOW_SECONDS = 31
const THINGS = ['clients', 'contacts', 'users', 'templates', 'projects']

describe.each(STORES)('financial-cents on %s', (kind) => {
  let server: TestServer
  let app: TestClient

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'financial-cents', api: true })
    app = await register('Third party')
  })
  afterAll(() => server?.stop())

  /** As the vendor does it, when somebody asks for it and names a redirect URI. */
  const register = (name: string) =>
    registerApp(server.context, {
      name,
      type: 'confidential',
      redirectUris: [CALLBACK],
      scopes: THINGS.map((thing) => `${thing}:read`),
      defaultScopes: ['clients:read'],
    })
  const at = (path: string) => server.issuer + path
  const usual = ({ id } = app) =>
    `client_id=${id}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code&scope=&state=s1`
  const open = (query: string, browser = new TestBrowser()) =>
    browser.openAndFollow(`${at('/oauth/authorize')}?${query}`)
  const allow = (query = usual(), browser = new TestBrowser()) =>
    authorize(`${at('/oauth/authorize')}?${query}`, { browser })
  const credentials = () => `client_id=${app.id}&client_secret=${app.secret}`
  const codeQuery = (code: string) =>
    `grant_type=authorization_code&${credentials()}&redirect_uri=${encodeURIComponent(CALLBACK)}&code=${code}`
  const refreshQuery = (refreshToken: string) =>
    `grant_type=refresh_token&refresh_token=${refreshToken}&${credentials()}&scope=`
  /** All parameters in the URL, and nothing in the body. */
  const token = (query: string) => post(`${at('/oauth/token')}?${query}`, '', {})
  const getTokens = async (query = usual()) =>
    (await token(codeQuery(codeIn(await allow(query))))).body
  const errorIn = (location: string | undefined) => {
    const { searchParams } = new URL(location ?? '')
    return [searchParams.get('error'), searchParams.get('state')]
  }

  it('financial-cents K "paths": authorize and token below /oauth, the API below /api/v1', async () => {
    expect(kindOf(await open(usual()))).toBe('sign-in')
    expect((await token('')).status).toBe(401)
    expect((await ask(at('/api/v1/me'))).status).toBe(401)
    for (const path of ['/authorize', '/token', '/v1/me']) {
      expect((await ask(at(path))).status, path).toBe(404)
    }
  })

  it('financial-cents K "app registration": the vendor makes id and secret; the redirect URI is given', async () => {
    const made = await register('On request')
    expect(made).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      secret: expect.stringMatching(/^\S{40,}$/),
      redirectUri: CALLBACK,
    })
    expect((await allow(usual(made))).startsWith(`${CALLBACK}?code=`)).toBe(true)
  })

  it('financial-cents K "redirect URI": may be plain http', async () => {
    const location = await allow()
    expect(location.startsWith('http://third-party.example/callback?code=')).toBe(true)
    expect((await token(codeQuery(codeIn(location)))).status).toBe(200)
    const other = usual().replace('third-party', 'other')
    expect(kindOf(await open(other))).toBe('error')
  })

  it('financial-cents K "authorize": six parameters; scope may be empty', async () => {
    const empty = await getTokens()
    expect(readJwt(empty.access_token).claims.scopes).toEqual(['clients:read'])
    const named = await getTokens(usual().replace('scope=', 'scope=contacts%3Aread+users%3Aread'))
    expect(readJwt(named.access_token).claims.scopes).toEqual(['contacts:read', 'users:read'])
    const unknown = await allow(usual().replace('scope=', 'scope=everything'))
    expect(errorIn(unknown)).toEqual(['invalid_scope', 's1'])
    const token = await allow(usual().replace('=code', '=token'))
    expect(errorIn(token)).toEqual(['unsupported_response_type', 's1'])
    const prompt = await allow(`${usual()}&prompt=maybe`)
    expect(errorIn(prompt)).toEqual(['invalid_request', 's1'])
  })

  it('financial-cents D "`prompt=none`": never a page: a code, login_required or consent_required', async () => {
    const browser = new TestBrowser()
    const silent = async (query: string) => {
      const page = await open(`${query}&prompt=none`, browser)
      expect(kindOf(page)).toBe('redirect')
      return page.location ?? ''
    }
    const fresh = await register('Silent')
    expect(errorIn(await silent(usual(fresh)))).toEqual(['login_required', 's1'])
    const consent = await browser.submitAndFollow(await open(usual(fresh), browser), {
      username: 'ada',
      password: PASSWORD,
    })
    expect(kindOf(consent)).toBe('consent')
    expect(errorIn(await silent(usual(fresh)))).toEqual(['consent_required', 's1'])
    await browser.submit(consent, { decision: 'allow' })
    expect(codeIn(await silent(usual(fresh)))).not.toBe('')
    const wider = usual(fresh).replace('scope=', 'scope=users%3Aread')
    expect(errorIn(await silent(wider))).toEqual(['consent_required', 's1'])
  })

  it('financial-cents D "`prompt=consent`": asks although consent exists', async () => {
    const browser = new TestBrowser()
    await allow(usual(), browser)
    expect(kindOf(await open(usual(), browser))).toBe('redirect')
    const page = await open(`${usual()}&prompt=consent`, browser)
    expect(kindOf(page)).toBe('consent')
    const { location } = await browser.submit(page, { decision: 'deny' })
    expect(errorIn(location)).toEqual(['access_denied', 's1'])
  })

  it('financial-cents D "`prompt=login`": asks for credentials although signed in', async () => {
    const browser = new TestBrowser()
    await allow(usual(), browser)
    const page = await open(`${usual()}&prompt=login`, browser)
    expect(kindOf(page)).toBe('sign-in')
    const after = await browser.submitAndFollow(page, { username: 'ada', password: PASSWORD })
    expect(codeIn(after.location ?? '')).not.toBe('')
  })

  it('financial-cents K "result": code and the very state that was sent', async () => {
    expect(await allow()).toMatch(/^http:\/\/third-party\.example\/callback\?code=\S+&state=s1$/)
    const state = "a b&c=d#e'f\u00e9%"
    const location = await allow(usual().replace('s1', encodeURIComponent(state)))
    expect([...new URL(location).searchParams.keys()]).toEqual(['code', 'state'])
    expect(new URL(location).searchParams.get('state')).toBe(state)
  })

  it('financial-cents K "token request": a POST with everything in the query string', async () => {
    const query = codeQuery(codeIn(await allow()))
    expect((await ask(`${at('/oauth/token')}?${query}`)).status).toBe(405)
    expect((await token(query.replace('client_secret=', 'client_secret=x'))).status).toBe(401)
    for (const headers of [{}, FORM, { 'content-length': '0' }]) {
      const answer = await post(
        `${at('/oauth/token')}?${codeQuery(codeIn(await allow()))}`,
        '',
        headers,
      )
      expect(answer.status).toBe(200)
    }
    expect((await token(query)).status).toBe(200)
  })

  it('financial-cents D "also accepted": a form or JSON body, but not query and body at once', async () => {
    const asForm = await post(at('/oauth/token'), codeQuery(codeIn(await allow())), FORM)
    expect(asForm.status).toBe(200)
    const toJson = (query: string) => JSON.stringify(Object.fromEntries(new URLSearchParams(query)))
    const asJson = await post(
      at('/oauth/token'),
      toJson(codeQuery(codeIn(await allow()))),
      JSON_TYPE,
    )
    expect(asJson.status).toBe(200)
    const charset = { 'content-type': 'application/json; charset=utf-8' }
    const withCharset = await post(
      at('/oauth/token'),
      toJson(refreshQuery(asJson.body.refresh_token)),
      charset,
    )
    expect(withCharset.status).toBe(200)

    const code = codeIn(await allow())
    const mixed: readonly [string, string][] = [
      [codeQuery(code), codeQuery(code)],
      [codeQuery(code), 'grant_type=authorization_code'],
      ['grant_type=authorization_code', codeQuery(code)],
      [
        credentials(),
        `grant_type=authorization_code&code=${code}&redirect_uri=${encodeURIComponent(CALLBACK)}`,
      ],
    ]
    for (const [query, body] of mixed) {
      const answer = await post(`${at('/oauth/token')}?${query}`, body, FORM)
      expect([answer.status, answer.body.error], query).toEqual([400, 'invalid_request'])
      const json = await post(`${at('/oauth/token')}?${query}`, toJson(body), JSON_TYPE)
      expect([json.status, json.body.error], query).toEqual([400, 'invalid_request'])
    }
    expect((await token(codeQuery(code))).status).toBe(200)
  })

  it('financial-cents K "token response": four members', async () => {
    const { status, headers, body } = await token(codeQuery(codeIn(await allow())))
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      refresh_token: expect.stringMatching(/^\S{40,}$/),
      expires_in: 3600,
      token_type: 'Bearer',
    })
  })

  it('financial-cents K "refresh": five parameters, of which an empty scope means as before', async () => {
    const first = await getTokens(usual().replace('scope=', 'scope=users%3Aread'))
    const { status, body: second } = await token(refreshQuery(first.refresh_token))
    expect(status).toBe(200)
    expect(Object.keys(second).toSorted()).toEqual(Object.keys(first).toSorted())
    expect(readJwt(second.access_token).claims.scopes).toEqual(['users:read'])
    const third = await token(refreshQuery(second.refresh_token).replace('&scope=', ''))
    expect(readJwt(third.body.access_token).claims.scopes).toEqual(['users:read'])
    const wider = `${refreshQuery(third.body.refresh_token)}clients%3Aread`
    expect((await token(wider)).body.error).toBe('invalid_scope')
    const noSecret = refreshQuery(third.body.refresh_token).replace(/&client_secret=[^&]*/, '')
    expect((await token(noSecret)).status).toBe(401)
    const spent = await server.clock.ahead(AFTER_RETRY_WINDOW_SECONDS, () =>
      token(refreshQuery(first.refresh_token)),
    )
    expect(spent.body.error).toBe('invalid_grant')
  })

  it('financial-cents K "API calls": the access token as Bearer opens the API', async () => {
    const { access_token } = await getTokens()
    const call = (authorization: string) => ask(at('/api/v1/me'), { headers: { authorization } })
    expect((await call(`Bearer ${access_token}`)).status).toBe(200)
    expect((await call('Bearer x.y.z')).status).toBe(401)
  })

  it('financial-cents K "access token": RS256, its audience the app, its times fractional', async () => {
    const before = server.clock.nowSeconds()
    const { access_token } = await getTokens()
    const { header, claims, claimsText } = readJwt(access_token)
    expect(header).toEqual({ typ: 'JWT', alg: 'RS256', kid: expect.any(String) })
    expect(claims).toEqual({
      aud: app.id,
      jti: expect.stringMatching(/^[0-9a-f]{80}$/),
      iat: before,
      nbf: before,
      exp: before + 3600,
      sub: (await requireUser('ada', server.context)).id,
      scopes: ['clients:read'],
    })
    expect(claims.sub).toMatch(/^[1-9]\d*$/)
    for (const name of ['iat', 'nbf', 'exp']) {
      expect(claimsText, name).toMatch(new RegExp(`"${name}":\\d{10}\\.\\d{6}[,}]`))
    }
    await jwtVerify(access_token, createRemoteJWKSet(new URL(at('/jwks'))), {
      audience: app.id,
      currentDate: new Date(before * 1000),
    })
    const other = await getTokens()
    expect(readJwt(other.access_token).claims.jti).not.toBe(claims.jti)
  })

  it('financial-cents K "things the API is about": five, each with a numeric id', async () => {
    const scope = THINGS.map((thing) => encodeURIComponent(`${thing}:read`)).join('+')
    const { access_token } = await getTokens(usual().replace('scope=', `scope=${scope}`))
    for (const thing of THINGS) {
      const authorization = `Bearer ${access_token}`
      const { status, body } = await ask(at(`/api/v1/${thing}`), { headers: { authorization } })
      expect(status, thing).toBe(200)
      expect(body.data.length, thing).toBeGreaterThan(0)
      for (const { id } of body.data) expect(Number.isInteger(id), thing).toBe(true)
    }
  })

  it('financial-cents D "secrets in URLs": none of a query string is in the log or in a refusal', async () => {
    const { refresh_token } = await getTokens()
    const code = codeIn(await allow())
    const canaries = [
      'canary-code',
      'canary-secret',
      'canary-refresh',
      'canary-verifier',
      'canary-state',
    ]
    const secrets = [...canaries, code, refresh_token, app.secret ?? '']
    const told: string[] = []
    const note = ({ text, headers }: { text: string; headers: object }) =>
      told.push(text, JSON.stringify(headers))

    const made =
      `grant_type=authorization_code&client_id=${app.id}&client_secret=canary-secret&code=canary-code` +
      '&refresh_token=canary-refresh&code_verifier=canary-verifier&state=canary-state'
    for (const query of [
      made,
      `${made}&code=canary-code`,
      `${made}&x=%ff`,
      `${made}&canary-code`,
      // Spelt so that no filter of log lines takes it for a secret.
      'client%5Fsecret=canary-secret&c%6Fde=canary-code&x=canary-refresh',
    ]) {
      for (const path of [
        '/oauth/token',
        '/oauth/revoke',
        '/introspect',
        '/nowhere',
        '/oauth/authorize/sign-in',
      ]) {
        note(await post(`${at(path)}?${query}`, '', {}))
        note(await post(`${at(path)}?${query}`, made, FORM))
        note(await ask(`${at(path)}?${query}`))
        note(await ask(`${at(path)}?${query}`, { method: 'PUT' }))
      }
      note(await post(`${at('/oauth/authorize')}?${query}`, '', {}))
      note(await ask(`${at('/oauth/authorize')}?${query}`))
    }
    note(await token(`${codeQuery(code)}&code_verifier=${'canary-verifier'.repeat(3)}`))
    note(await token(`${refreshQuery(refresh_token)}everything`))
    const bringBack = takeDown(server.store, `no answer for ${refresh_token}`)
    note(await token(refreshQuery(refresh_token)))
    bringBack()
    // They do work, and then they are spent.
    expect((await token(codeQuery(code))).status).toBe(200)
    expect((await token(refreshQuery(refresh_token))).status).toBe(200)
    note(await token(codeQuery(code)))

    const log = server.logLines.join('')
    expect(log).toContain('request refused')
    for (const secret of secrets) {
      expect(log.includes(secret), `${secret} in the log`).toBe(false)
      expect(told.join('\n').includes(secret), `${secret} in a refusal`).toBe(false)
    }
  })
})
