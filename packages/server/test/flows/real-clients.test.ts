// Two certified client libraries, as their developers publish them, against a running server: whatever they check,
// we pass. They look at the real clock, so the server's clock is never moved here.

import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import {
  API,
  API_SERVER,
  MACHINE,
  SPA,
  type TestClient,
  userIdOf,
  WEB_APP,
} from '../support/world.ts'

const SCOPE = 'openid profile email contacts:read'
const ADA = {
  sub: userIdOf('ada'),
  name: 'Ada Example',
  preferred_username: 'ada',
  email: 'ada@example.com',
  email_verified: true,
}

/** What the user does: sign in, allow. @returns where the browser ends up */
async function allow(server: TestServer, authorizationUrl: URL): Promise<URL> {
  const browser = new TestBrowser()
  const first = await browser.openAndFollow(authorizationUrl.href)
  const last = await new TestApp(server, WEB_APP).answerPages(browser, first)
  return new URL(last.location ?? '')
}

describe.each(STORES)('openid-client on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  async function configure(
    client: TestClient,
    authentication: openid.ClientAuth,
  ): Promise<openid.Configuration> {
    const config = await openid.discovery(
      new URL(server.issuer),
      client.id,
      client.secret,
      authentication,
      { execute: [openid.allowInsecureRequests] },
    )
    // Also checks the signatures of ID tokens, which over TLS a client may leave out.
    openid.enableNonRepudiationChecks(config)
    return config
  }

  async function authorize(config: openid.Configuration, client: TestClient, extra: object = {}) {
    const verifier = openid.randomPKCECodeVerifier()
    const checks = {
      pkceCodeVerifier: verifier,
      expectedState: openid.randomState(),
      expectedNonce: openid.randomNonce(),
      idTokenExpected: true,
    }
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: client.redirectUri,
      scope: SCOPE,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      ...extra,
    })
    return { url, checks }
  }

  it.each([
    ['client_secret_basic', WEB_APP, openid.ClientSecretBasic(WEB_APP.secret)],
    ['client_secret_post', WEB_APP, openid.ClientSecretPost(WEB_APP.secret)],
    ['no secret', SPA, openid.None()],
  ])('goes the whole way with %s', async (_, client, authentication) => {
    const config = await configure(client, authentication)
    const { url, checks } = await authorize(config, client)
    const tokens = await openid.authorizationCodeGrant(config, await allow(server, url), checks)
    expect(tokens.claims()).toMatchObject({ iss: server.issuer, sub: ADA.sub, aud: client.id })
    expect(await openid.fetchUserInfo(config, tokens.access_token, ADA.sub)).toEqual(ADA)

    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
    expect(refreshed.claims()?.sub).toBe(ADA.sub)
    await openid.fetchUserInfo(config, refreshed.access_token, ADA.sub)

    await openid.tokenRevocation(config, refreshed.access_token)
    await expect(
      openid.refreshTokenGrant(config, refreshed.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' })
    await expect(
      openid.fetchUserInfo(config, refreshed.access_token, ADA.sub),
    ).rejects.toMatchObject({ status: 401 })
  })

  it('takes the answer of response_mode=form_post', async () => {
    const config = await configure(WEB_APP, openid.ClientSecretBasic(WEB_APP.secret))
    const { url, checks } = await authorize(config, WEB_APP, { response_mode: 'form_post' })
    const browser = new TestBrowser()
    const app = new TestApp(server, WEB_APP)
    const page = await app.answerPages(browser, await browser.openAndFollow(url.href))
    const fields = page.root
      .querySelectorAll('form input')
      .map((field) => [field.getAttribute('name') ?? '', field.getAttribute('value') ?? ''])
    const callback = new Request(WEB_APP.redirectUri, {
      method: 'POST',
      body: new URLSearchParams(fields),
    })
    const tokens = await openid.authorizationCodeGrant(config, callback, checks)
    expect(tokens.claims()?.sub).toBe(ADA.sub)
  })

  it('hears of a refusal by its name', async () => {
    const config = await configure(WEB_APP, openid.ClientSecretBasic(WEB_APP.secret))
    const { url, checks } = await authorize(config, WEB_APP, { prompt: 'none' })
    const { location = '' } = await new TestBrowser().open(url.href)
    await expect(
      openid.authorizationCodeGrant(config, new URL(location), checks),
    ).rejects.toMatchObject({ error: 'login_required' })
  })

  it('gets a machine token, and an API introspects it', async () => {
    const machine = await configure(MACHINE, openid.ClientSecretBasic(MACHINE.secret))
    const tokens = await openid.clientCredentialsGrant(machine, { scope: 'contacts:write' })
    const api = await configure(API_SERVER, openid.ClientSecretPost(API_SERVER.secret))
    expect(await openid.tokenIntrospection(api, tokens.access_token)).toMatchObject({
      active: true,
      sub: MACHINE.id,
      scope: 'contacts:write',
    })
    await openid.tokenRevocation(machine, tokens.access_token)
    expect(await openid.tokenIntrospection(api, tokens.access_token)).toEqual({ active: false })
  })

  it('finds the sign-out page by itself', async () => {
    const config = await configure(WEB_APP, openid.ClientSecretBasic(WEB_APP.secret))
    const goodbye = 'https://app.example/goodbye'
    const url = openid.buildEndSessionUrl(config, { post_logout_redirect_uri: goodbye })
    expect((await new TestBrowser().open(url.href)).location).toBe(goodbye)
  })
})

const INSECURE = { [oauth.allowInsecureRequests]: true }

// The issuer has a path here, so that discovery has to find its documents the hard way (RFC 8414 §3).
describe.each(STORES)('oauth4webapi on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, { path: '/crm' })
  })
  afterAll(() => server?.stop())

  async function discover(algorithm: 'oidc' | 'oauth2'): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(server.issuer)
    const response = await oauth.discoveryRequest(issuer, { algorithm, ...INSECURE })
    return oauth.processDiscoveryResponse(issuer, response)
  }

  it.each([
    ['client_secret_basic', WEB_APP, oauth.ClientSecretBasic(WEB_APP.secret ?? '')],
    ['client_secret_post', WEB_APP, oauth.ClientSecretPost(WEB_APP.secret ?? '')],
    ['no secret', SPA, oauth.None()],
  ])('goes the whole way with %s', async (_, app, authentication) => {
    const as = await discover('oidc')
    const client: oauth.Client = { client_id: app.id }
    const tokens = await signIn(server, { as, client, authentication, app })
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ sub: ADA.sub, aud: app.id })

    const answer = await oauth.userInfoRequest(as, client, tokens.access_token, INSECURE)
    expect(await oauth.processUserInfoResponse(as, client, ADA.sub, answer)).toEqual(ADA)

    const refresh = await oauth.refreshTokenGrantRequest(
      as,
      client,
      authentication,
      tokens.refresh_token ?? '',
      INSECURE,
    )
    const refreshed = await oauth.processRefreshTokenResponse(as, client, refresh)
    expect(oauth.getValidatedIdTokenClaims(refreshed)?.sub).toBe(ADA.sub)

    const revocation = await oauth.revocationRequest(
      as,
      client,
      authentication,
      refreshed.refresh_token ?? '',
      INSECURE,
    )
    await oauth.processRevocationResponse(revocation)
    const refused = await oauth.userInfoRequest(as, client, refreshed.access_token, INSECURE)
    await expect(oauth.processUserInfoResponse(as, client, ADA.sub, refused)).rejects.toMatchObject(
      { status: 401, cause: [{ parameters: { error: 'invalid_token' } }] },
    )
  })

  it('RFC 9068 §4: its verifier for APIs takes our access tokens, and for this API only', async () => {
    const as = await discover('oauth2')
    const { access_token } = await new TestApp(server, WEB_APP).obtainTokens()
    const request = new Request(`${API}/contacts`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    const claims = await oauth.validateJwtAccessToken(as, request, API, INSECURE)
    expect(claims).toMatchObject({ client_id: WEB_APP.id, scope: 'contacts:read', org_id: 'acme' })
    await expect(
      oauth.validateJwtAccessToken(as, request, 'https://other.example/v1', INSECURE),
    ).rejects.toThrow()
  })

  it('gets a machine token, and an API introspects it', async () => {
    const as = await discover('oauth2')
    const machine: oauth.Client = { client_id: MACHINE.id }
    const authentication = oauth.ClientSecretBasic(MACHINE.secret ?? '')
    const parameters = { scope: 'contacts:read', resource: API }
    const answer = await oauth.clientCredentialsGrantRequest(
      as,
      machine,
      authentication,
      parameters,
      INSECURE,
    )
    const tokens = await oauth.processClientCredentialsResponse(as, machine, answer)
    const api: oauth.Client = { client_id: API_SERVER.id }
    const introspection = await oauth.introspectionRequest(
      as,
      api,
      oauth.ClientSecretPost(API_SERVER.secret ?? ''),
      tokens.access_token,
      INSECURE,
    )
    expect(await oauth.processIntrospectionResponse(as, api, introspection)).toMatchObject({
      active: true,
      client_id: MACHINE.id,
      aud: [API],
    })
  })

  it('hears of a refusal by its name', async () => {
    const as = await discover('oidc')
    const client: oauth.Client = { client_id: WEB_APP.id }
    const answer = await oauth.refreshTokenGrantRequest(
      as,
      client,
      oauth.ClientSecretBasic('wrong'),
      'ost_rt_nothing',
      INSECURE,
    )
    await expect(oauth.processRefreshTokenResponse(as, client, answer)).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'basic' }],
    })
  })
})

/** Code flow with PKCE, state and nonce, all of it checked by the library. */
async function signIn(
  server: TestServer,
  context: {
    as: oauth.AuthorizationServer
    client: oauth.Client
    authentication: oauth.ClientAuth
    app: TestClient
  },
): Promise<oauth.TokenEndpointResponse> {
  const { as, client, authentication, app } = context
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const nonce = oauth.generateRandomNonce()
  const url = new URL(as.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    client_id: app.id,
    redirect_uri: app.redirectUri,
    response_type: 'code',
    scope: SCOPE,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  }).toString()
  const callback = oauth.validateAuthResponse(as, client, await allow(server, url), state)
  const answer = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    authentication,
    callback,
    app.redirectUri,
    verifier,
    INSECURE,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, {
    expectedNonce: nonce,
    requireIdToken: true,
  })
  await oauth.validateApplicationLevelSignature(as, answer, INSECURE)
  return tokens
}
