// Contract `mister-james`, fact by fact: what a client written against the vendor's documentation sends and gets back.

import { createHash } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDeveloperApp } from '../../src/operations/developer-apps.ts'
import { allowImplicit, disallowImplicit } from '../../src/operations/developer-credentials.ts'
import { requireUser } from '../../src/operations/users.ts'
import { TestBrowser } from '../support/browser.ts'
import { registerApp } from '../support/contract-world.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { ask, authorize, codeIn, FORM, post, readJwt } from '../support/vendor-client.ts'
import { PASSWORD } from '../support/world.ts'

const AUTHORIZE = '/_utalic_release/oauth/v2.0/authorize'
const TOKEN = '/_utalic_release/oauth/v2.0/token'
const REVOKE = '/_utalic_release/oauth/v2.0/revoke'
const ME = '/_utalic_release/api/v1/me'

const CALLBACK = 'https://app.example/callback'
const SENT_CALLBACK = encodeURIComponent(CALLBACK)
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const PKCE = `&code_challenge=${CHALLENGE}&code_challenge_method=S256`
const ROUNDS = 16
const AFTER_RETRY_WINDOW_SECONDS = 31

describe.each(STORES)('mister-james on %s', (kind) => {
  let server: TestServer
  let id: string
  let secret: string

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'mister-james', api: true })
    id = server.apps.webApp.id
    secret = server.apps.webApp.secret ?? ''
  })
  afterAll(() => server?.stop())

  const at = (path: string) => server.issuer + path
  const usual = () => `response_type=code&client_id=${id}&redirect_uri=${SENT_CALLBACK}`
  const allow = (query: string, browser?: TestBrowser) =>
    authorize(`${at(AUTHORIZE)}?${query}`, browser && { browser })
  const token = (body: string) => post(at(TOKEN), body)
  const bySecret = () => `&client_id=${id}&client_secret=${secret}`
  const redeem = (code: string, rest: string) =>
    token(`grant_type=authorization_code&code=${code}&redirect_uri=${SENT_CALLBACK}${rest}`)
  const refresh = (refreshToken: string, rest: string) =>
    token(`grant_type=refresh_token&refresh_token=${refreshToken}${rest}`)
  const callApi = async (accessToken: string) =>
    (await ask(at(ME), { headers: { authorization: `Bearer ${accessToken}` } })).status

  async function getTokens(extra = '') {
    const code = codeIn(await allow(usual() + extra))
    const proof = extra === PKCE ? `&client_id=${id}&code_verifier=${VERIFIER}` : bySecret()
    const { body } = await redeem(code, proof)
    return body
  }

  /** The API follows the feed of revocations, so it takes moments. */
  const expectClosed = (accessToken: string) =>
    expect.poll(() => callApi(accessToken), { timeout: 10_000 }).toBe(401)

  it('mister-james K "paths": the four documented ones are served, and no others in their place', async () => {
    const page = await new TestBrowser().open(`${at(AUTHORIZE)}?${usual()}`)
    expect(kindOf(page)).toBe('sign-in')
    expect((await token('')).status).toBe(401)
    expect((await post(at(REVOKE), '')).status).toBe(401)
    expect((await ask(at(ME))).status).toBe(401)
    for (const path of ['/authorize', '/token', '/revoke', '/oauth/v2.0/token', '/api/v1/me']) {
      expect((await ask(at(path))).status, path).toBe(404)
    }
  })

  it('mister-james K "app registration": an account holder gets client_id, client_secret and redirect URIs', async () => {
    const { id: userId } = await requireUser('ada', server.context)
    const redirectUris = ['https://mine.example/a', 'https://mine.example/b']
    const { client, secret: given } = await createDeveloperApp(
      { name: 'My own', type: 'confidential', redirectUris, organisationId: undefined },
      { ...server.context, userId },
    )
    expect(client.id).toMatch(/^[0-9a-f]{32}$/)
    for (const uri of redirectUris) {
      const sent = encodeURIComponent(uri)
      const query = `response_type=code&client_id=${client.id}&redirect_uri=${sent}&scope=read`
      const { status } = await token(
        `grant_type=authorization_code&code=${codeIn(await allow(query))}&redirect_uri=${sent}` +
          `&client_id=${client.id}&client_secret=${given}`,
      )
      expect(status).toBe(200)
    }
  })

  it('mister-james K "authorize parameters": three are required, the others optional', async () => {
    const required: readonly [string, string][] = [
      ['client_id', `response_type=code&redirect_uri=${SENT_CALLBACK}`],
      ['redirect_uri', `response_type=code&client_id=${id}`],
    ]
    for (const [name, query] of required) {
      const page = await new TestBrowser().open(`${at(AUTHORIZE)}?${query}`)
      expect([kindOf(page), page.status], name).toEqual(['error', 400])
    }
    const withoutType = `client_id=${id}&redirect_uri=${SENT_CALLBACK}&state=s`
    const refused = new URL(await allow(withoutType)).searchParams
    expect([refused.get('error'), refused.get('state')]).toEqual(['invalid_request', 's'])

    expect(codeIn(await allow(usual()))).not.toBe('')
    const all = `${usual()}&scope=read%20write&state=s${PKCE}`
    const answer = await redeem(
      codeIn(await allow(all)),
      `&client_id=${id}&code_verifier=${VERIFIER}`,
    )
    expect(answer.body.scope).toBe('read write')
    const plain = `${usual()}&code_challenge=${VERIFIER}&code_challenge_method=plain`
    expect(new URL(await allow(plain)).searchParams.get('error')).toBe('invalid_request')
  })

  it('mister-james K "redirect URI": every character counts, at both endpoints', async () => {
    const others = [
      `${CALLBACK}/`,
      `${CALLBACK}?x=1`,
      'https://app.example/Callback',
      'https://app.example:443/callback',
      'https://APP.example/callback',
      'http://app.example/callback',
      'https://app.example/%63allback',
    ]
    for (const other of others) {
      const query = `response_type=code&client_id=${id}&redirect_uri=${encodeURIComponent(other)}`
      const page = await new TestBrowser().open(`${at(AUTHORIZE)}?${query}`)
      expect([page.status, page.location], other).toEqual([400, undefined])
      const refused = await token(
        `grant_type=authorization_code&code=${codeIn(await allow(usual()))}` +
          `&redirect_uri=${encodeURIComponent(other)}${bySecret()}`,
      )
      expect([refused.status, refused.body.error], other).toEqual([400, 'invalid_grant'])
    }
    const code = codeIn(await allow(usual()))
    const without = await token(`grant_type=authorization_code&code=${code}${bySecret()}`)
    expect(without.body.error).toBe('invalid_grant')
    // A failed try does not spend the code.
    expect((await redeem(code, bySecret())).status).toBe(200)
  })

  it('mister-james K "result": the redirect carries code, and state if one was sent, in the query', async () => {
    const code = /^https:\/\/app\.example\/callback\?code=[\w-]{20,}/
    expect(await allow(usual())).toMatch(new RegExp(`${code.source}$`))
    const stated = await allow(`${usual()}&state=a%20b%26c`)
    expect(stated).toMatch(new RegExp(`${code.source}&state=a%20b%26c$`))
  })

  it('mister-james K "callback": ?code=…&state=…, with nothing behind it and no #', async () => {
    const code = /^https:\/\/app\.example\/callback\?code=[\w-]{20,}/
    for (const scope of ['', '&scope=read%20write', PKCE]) {
      const location = await allow(`${usual()}${scope}&state=xyz`)
      expect(location).toMatch(new RegExp(`${code.source}&state=xyz$`))
    }
    expect(await allow(`${usual()}&state=`)).toMatch(new RegExp(`${code.source}$`))
    // An error comes back as plainly.
    const none = await new TestBrowser().open(`${at(AUTHORIZE)}?${usual()}&state=xyz&prompt=none`)
    expect(none.sentLocation).toMatch(
      /^https:\/\/app\.example\/callback\?error=login_required&error_description=[^&#]+&state=xyz$/,
    )
  })

  it('mister-james K "with PKCE": the code_verifier stands in for the secret', async () => {
    expect(createHash('sha256').update(VERIFIER).digest('base64url')).toBe(CHALLENGE)
    const code = codeIn(await allow(usual() + PKCE))
    const bare = await redeem(code, `&client_id=${id}`)
    expect([bare.status, bare.body.error]).toEqual([400, 'invalid_grant'])
    const wrong = await redeem(code, `&client_id=${id}&code_verifier=${'x'.repeat(43)}`)
    expect(wrong.body.error).toBe('invalid_grant')
    const evenWithSecret = await redeem(code, bySecret())
    expect(evenWithSecret.body.error).toBe('invalid_grant')
    const answer = await redeem(code, `&client_id=${id}&code_verifier=${VERIFIER}`)
    expect(answer.status).toBe(200)
  })

  it('mister-james K "without PKCE": the client_secret is required', async () => {
    const code = codeIn(await allow(usual()))
    const bare = await redeem(code, `&client_id=${id}`)
    expect([bare.status, bare.body.error]).toEqual([401, 'invalid_client'])
    const wrong = await redeem(code, `&client_id=${id}&client_secret=wrong`)
    expect([wrong.status, wrong.body.error]).toEqual([401, 'invalid_client'])
    const invented = await redeem(code, `&client_id=${id}&code_verifier=${VERIFIER}`)
    expect([invented.status, invented.body.error]).toEqual([401, 'invalid_client'])
    expect((await redeem(code, bySecret())).status).toBe(200)
  })

  it('mister-james K "`token` grant (implicit)": off until it is enabled in the settings of that app', async () => {
    const owner = await requireUser('ada', server.context)
    const developer = { ...server.context, userId: owner.id }
    const { client } = await createDeveloperApp(
      {
        name: 'Widget',
        type: 'public',
        redirectUris: ['https://widget.example/'],
        organisationId: 'acme',
      },
      developer,
    )
    const redirect = encodeURIComponent('https://widget.example/')
    const query = `response_type=token&client_id=${client.id}&redirect_uri=${redirect}&scope=read`
    const off = async () => {
      const { hash, search } = new URL(await allow(query))
      expect(search).toBe('')
      expect(new URLSearchParams(hash.slice(1)).get('error')).toBe('unauthorized_client')
    }
    await off()
    const endsAtSeconds = server.clock.nowSeconds() + 86_400
    const input = { clientId: client.id, reason: 'no server of its own', endsAtSeconds }
    await allowImplicit(input, owner, developer)
    const { hash, search } = new URL(await allow(query))
    expect(search).toBe('')
    expect(hash).toMatch(/^#access_token=/)
    expect(await callApi(new URLSearchParams(hash.slice(1)).get('access_token') ?? '')).toBe(200)
    await disallowImplicit({ clientId: client.id }, developer)
    await off()
    // Enabling it for one app enables it for no other.
    const other = await allow(usual().replace('response_type=code', 'response_type=token'))
    expect(other).toContain('#error=unauthorized_client')
  })

  it('mister-james D "its response": five members in the fragment, never a refresh token', async () => {
    const owner = await requireUser('ada', server.context)
    const developer = { ...server.context, userId: owner.id }
    const { client } = await createDeveloperApp(
      {
        name: 'Gadget',
        type: 'confidential',
        redirectUris: ['https://gadget.example/'],
        organisationId: 'acme',
      },
      developer,
    )
    const endsAtSeconds = server.clock.nowSeconds() + 86_400
    await allowImplicit({ clientId: client.id, reason: 'legacy', endsAtSeconds }, owner, developer)
    const redirect = encodeURIComponent('https://gadget.example/')
    const query = `response_type=token&client_id=${client.id}&redirect_uri=${redirect}`
    const browser = new TestBrowser()
    const signIn = await browser.open(`${at(AUTHORIZE)}?${query}&scope=read`)
    const consent = await browser.submitAndFollow(signIn, { username: 'ada', password: PASSWORD })
    expect(consent.text).toContain('The access ends by itself')
    const location = await allow(`${query}&scope=read&state=xyz`, browser)
    expect(location.startsWith('https://gadget.example/#access_token=')).toBe(true)
    const fields = Object.fromEntries(new URLSearchParams(new URL(location).hash.slice(1)))
    expect(fields).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      token_type: 'Bearer',
      expires_in: '3600',
      scope: 'read',
      state: 'xyz',
    })
    const asked = await allow(`${query}&response_mode=query`)
    expect(asked).toContain('#error=invalid_request')
  })

  it('mister-james K "token request": a POST of a form, for the two documented grants', async () => {
    const code = codeIn(await allow(usual()))
    const query = `grant_type=authorization_code&code=${code}&redirect_uri=${SENT_CALLBACK}${bySecret()}`
    expect((await ask(`${at(TOKEN)}?${query}`)).status).toBe(405)
    const inUrl = await post(`${at(TOKEN)}?${query}`, '')
    expect([inUrl.status, inUrl.body.error]).toEqual([400, 'invalid_request'])
    const json = JSON.stringify(Object.fromEntries(new URLSearchParams(query)))
    const asJson = await post(at(TOKEN), json, { 'content-type': 'application/json' })
    expect([asJson.status, asJson.body.error]).toEqual([400, 'invalid_request'])
    for (const grant of ['client_credentials', 'password', 'implicit', 'token']) {
      const { body } = await token(`grant_type=${grant}&username=ada&password=x${bySecret()}`)
      expect(body.error, grant).toBe('unsupported_grant_type')
    }
    const answer = await post(at(TOKEN), query, FORM)
    expect(answer.status).toBe(200)
    expect((await refresh(answer.body.refresh_token, bySecret())).status).toBe(200)
  })

  it('mister-james K "token response": five members of JSON', async () => {
    const code = codeIn(await allow(`${usual()}&scope=read%20write`))
    const { status, headers, body } = await redeem(code, bySecret())
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect([headers['cache-control'], headers.pragma]).toEqual(['no-store', 'no-cache'])
    expect(body).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^\S{40,}$/),
      scope: 'read write',
    })
  })

  it('mister-james K "refresh": answers with two new tokens, and the old one is spent', async () => {
    const first = await getTokens()
    const bare = await refresh(first.refresh_token, `&client_id=${id}`)
    expect([bare.status, bare.body.error]).toEqual([401, 'invalid_client'])
    const { status, body: second } = await refresh(first.refresh_token, bySecret())
    expect(status).toBe(200)
    expect(Object.keys(second).toSorted()).toEqual(Object.keys(first).toSorted())
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(second.access_token).not.toBe(first.access_token)
    const spent = await server.clock.ahead(AFTER_RETRY_WINDOW_SECONDS, () =>
      refresh(first.refresh_token, bySecret()),
    )
    expect([spent.status, spent.body.error]).toEqual([400, 'invalid_grant'])
  })

  it('mister-james D "refresh by an app that used PKCE without a secret": client_id alone, with rotation', async () => {
    const first = await getTokens(PKCE)
    const { status, body: second } = await refresh(first.refresh_token, `&client_id=${id}`)
    expect(status).toBe(200)
    expect(second.refresh_token).not.toBe(first.refresh_token)
    const reused = await server.clock.ahead(AFTER_RETRY_WINDOW_SECONDS, () =>
      refresh(first.refresh_token, `&client_id=${id}`),
    )
    expect(reused.body.error).toBe('invalid_grant')
    // RFC 9700 §4.14.2: one of the two who hold it stole it, so nobody goes on.
    expect((await refresh(second.refresh_token, `&client_id=${id}`)).body.error).toBe(
      'invalid_grant',
    )
  })

  it('B1, RFC 9700 §4.14.2: an app that leaves out its secret is given a new refresh token, whatever its policy', async () => {
    const stable = await registerApp(server.context, {
      name: 'Stable',
      type: 'confidential',
      redirectUris: [CALLBACK],
      scopes: ['read'],
      defaultScopes: ['read'],
      refreshPolicy: 'stable',
    })
    const query = `response_type=code&client_id=${stable.id}&redirect_uri=${SENT_CALLBACK}${PKCE}`
    const named = `&client_id=${stable.id}`
    const first = await redeem(codeIn(await allow(query)), `${named}&code_verifier=${VERIFIER}`)
    const second = await refresh(first.body.refresh_token, named)
    expect(second.status).toBe(200)
    expect(second.body.refresh_token).not.toBe(first.body.refresh_token)
    const proven = `${named}&client_secret=${stable.secret}`
    const third = await refresh(second.body.refresh_token, proven)
    expect(third.body.refresh_token).toBe(second.body.refresh_token)
  })

  it('mister-james K "API calls": the access token as Bearer opens the API', async () => {
    const { access_token } = await getTokens()
    const answer = await ask(at(ME), { headers: { authorization: `Bearer ${access_token}` } })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ client_id: id, organisation_id: 'acme' })
    for (const authorization of [access_token, `Token ${access_token}`, 'Bearer x.y.z']) {
      expect((await ask(at(ME), { headers: { authorization } })).status).toBe(401)
    }
    expect((await ask(`${at(ME)}?access_token=${access_token}`)).status).toBe(401)
  })

  it.each(['access_token', 'refresh_token'])(
    'mister-james K "revoke": after a POST of the %s it neither opens the API nor refreshes anything',
    async (which) => {
      const tokens = await getTokens()
      expect(await callApi(tokens.access_token)).toBe(200)
      const wrong = await post(at(REVOKE), `token=${tokens[which]}&client_id=${id}&client_secret=x`)
      expect([wrong.status, wrong.body.error]).toEqual([401, 'invalid_client'])
      const { status, text } = await post(at(REVOKE), `token=${tokens[which]}${bySecret()}`)
      expect([status, text]).toEqual([200, '{}'])
      expect((await refresh(tokens.refresh_token, bySecret())).body.error).toBe('invalid_grant')
      await expectClosed(tokens.access_token)
    },
  )

  it.each(['access_token', 'refresh_token'])(
    'mister-james K "after a revocation": the very next call after the answer to a POST of the %s is refused',
    async (which) => {
      for (let round = 0; round < ROUNDS; round++) {
        const tokens = await getTokens()
        expect(await callApi(tokens.access_token)).toBe(200)
        const { status } = await post(at(REVOKE), `token=${tokens[which]}${bySecret()}`)
        expect([status, await callApi(tokens.access_token)], `round ${round}`).toEqual([200, 401])
      }
    },
  )

  it('mister-james K "revoking an access token": the whole grant ends, and a new authorization is needed', async () => {
    const first = await getTokens()
    const { body: second } = await refresh(first.refresh_token, bySecret())
    await post(at(REVOKE), `token=${first.access_token}${bySecret()}`)
    expect((await refresh(second.refresh_token, bySecret())).body.error).toBe('invalid_grant')
    await expectClosed(second.access_token)
    const again = await getTokens()
    expect(await callApi(again.access_token)).toBe(200)
  })

  it.each(['access_token', 'refresh_token'] as const)(
    'mister-james K "a new access token after that", clients F10: after a POST of the %s there is a page before the next code',
    async (name) => {
      const browser = new TestBrowser()
      const query = `${usual()}&scope=contacts%3Aread`
      const code = new URL(await allow(query, browser)).searchParams.get('code') ?? ''
      const { body } = await redeem(code, bySecret())
      const silently = async () => (await browser.open(`${at(AUTHORIZE)}?${query}`)).location
      expect(await silently()).toContain('code=')
      expect((await post(at(REVOKE), `token=${body[name]}${bySecret()}`)).status).toBe(200)
      expect(await silently()).toBeUndefined()
      const none = await browser.open(`${at(AUTHORIZE)}?${query}&prompt=none`)
      expect(none.location).toContain('error=consent_required')
      expect(await allow(query, browser)).toContain('code=')
      expect(await silently()).toContain('code=')
    },
  )

  it('mister-james D "revoke by a public client": client_id alone; unknown tokens answer 200', async () => {
    const { id: spa, redirectUri } = server.apps.spa
    const redirect = encodeURIComponent(redirectUri)
    const query = `response_type=code&client_id=${spa}&redirect_uri=${redirect}${PKCE}`
    const { body } = await token(
      `grant_type=authorization_code&code=${codeIn(await allow(query))}` +
        `&redirect_uri=${redirect}&client_id=${spa}&code_verifier=${VERIFIER}`,
    )
    const unknown = await post(at(REVOKE), `token=nobody-gave-this&client_id=${spa}`)
    expect([unknown.status, unknown.text]).toEqual([200, '{}'])
    expect((await refresh(body.refresh_token, `&client_id=${spa}`)).status).toBe(200)
    expect((await post(at(REVOKE), `token=${body.access_token}&client_id=${spa}`)).status).toBe(200)
    expect((await refresh(body.refresh_token, `&client_id=${spa}`)).body.error).toBe(
      'invalid_grant',
    )

    // So it is for an app with a secret that used PKCE instead of it, for what it was given that way.
    const pkce = await getTokens(PKCE)
    const bySecretOnly = await getTokens()
    expect(
      (await post(at(REVOKE), `token=${bySecretOnly.refresh_token}&client_id=${id}`)).status,
    ).toBe(401)
    expect((await refresh(bySecretOnly.refresh_token, bySecret())).status).toBe(200)
    expect((await post(at(REVOKE), `token=${pkce.refresh_token}&client_id=${id}`)).status).toBe(200)
    expect((await refresh(pkce.refresh_token, `&client_id=${id}`)).body.error).toBe('invalid_grant')
  })

  it('mister-james D "access token format": RFC 9068 §2.2, signed with ES256', async () => {
    const { access_token } = await getTokens('&scope=read')
    const { header, claims } = readJwt(access_token)
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) })
    expect(claims).toMatchObject({
      iss: server.issuer,
      aud: at('/_utalic_release/api/v1'),
      client_id: id,
      scope: 'read',
      exp: claims.iat + 3600,
    })
    await jwtVerify(access_token, createRemoteJWKSet(new URL(at('/jwks'))), {
      currentDate: new Date(claims.iat * 1000),
    })
  })
})
