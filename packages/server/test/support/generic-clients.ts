// OAuth clients as their developers publish them, each behind one face: the code flow, a refresh, a revocation.

import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  discoverAuthorizationServerMetadata,
  exchangeAuthorization,
  refreshAuthorization,
  startAuthorization,
} from '@modelcontextprotocol/sdk/client/auth.js'
import ClientOAuth2 from 'client-oauth2'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import passport from 'passport'
import { Strategy, type VerifyCallback } from 'passport-oauth2'
import { AuthorizationCode } from 'simple-oauth2'
import type { TestServer } from './start-server.ts'
import type { TestClient } from './world.ts'

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}

export interface GenericClient {
  /** @param visit what the user's browser does with the URL; @returns where it is sent in the end */
  signIn(visit: (url: string) => Promise<string>): Promise<Tokens>
  refresh(tokens: Tokens): Promise<Tokens>
  /** undefined in a client that has no such thing. */
  readonly revoke: ((tokens: Tokens) => Promise<void>) | undefined
}

type MakeClient = (server: TestServer, app: TestClient) => Promise<GenericClient>

/** Why a client was refused, in OAuth's word for it. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

const SCOPE = 'contacts:read'
const STATE = 'a state that was made up before'

const urlOf = ({ issuer }: TestServer, path = '') => issuer + path

/** What a developer writes at the callback, where the client leaves it to them. */
function readCallback(location: string): string {
  const { searchParams } = new URL(location)
  const error = searchParams.get('error')
  if (error !== null) throw new Refused(error)
  if (searchParams.get('state') !== STATE) throw new Error('the state is not the one that was sent')
  return searchParams.get('code') ?? ''
}

function simpleOAuth2(
  bodyFormat: 'form' | 'json',
  authorizationMethod: 'header' | 'body',
): MakeClient {
  return async (server, app) => {
    const { origin, pathname } = new URL(server.issuer)
    const at = (path = '') => pathname.replace(/\/$/, '') + path
    const client = new AuthorizationCode({
      client: { id: app.id, secret: app.secret ?? '' },
      auth: {
        tokenHost: origin,
        tokenPath: at(server.paths.token),
        authorizePath: at(server.paths.authorize),
        revokePath: at(server.paths.revoke),
      },
      options: { bodyFormat, authorizationMethod },
    })
    const read = ({ token }: { token: Record<string, unknown> }) => ({
      accessToken: String(token.access_token),
      refreshToken: String(token.refresh_token),
    })
    const toToken = ({ accessToken, refreshToken }: Tokens) =>
      client.createToken({ access_token: accessToken, refresh_token: refreshToken })
    return {
      async signIn(visit) {
        const request = { redirect_uri: app.redirectUri, scope: SCOPE }
        const code = readCallback(await visit(client.authorizeURL({ ...request, state: STATE })))
        return read(await client.getToken({ ...request, code }).catch(refusedByBoom))
      },
      refresh: async (tokens) => read(await toToken(tokens).refresh().catch(refusedByBoom)),
      revoke: (tokens) => toToken(tokens).revoke('access_token'),
    }
  }
}

function refusedByBoom(error: { data?: { payload?: { error?: string } } }): never {
  throw new Refused(error.data?.payload?.error, { cause: error })
}

const clientOAuth2: MakeClient = async (server, app) => {
  const client = new ClientOAuth2({
    clientId: app.id,
    clientSecret: app.secret ?? '',
    accessTokenUri: urlOf(server, server.paths.token),
    authorizationUri: urlOf(server, server.paths.authorize),
    redirectUri: app.redirectUri,
    scopes: [SCOPE],
    state: STATE,
  })
  const read = ({ accessToken, refreshToken }: ClientOAuth2.Token) => ({
    accessToken,
    refreshToken,
  })
  return {
    async signIn(visit) {
      const location = await visit(client.code.getUri())
      readCallback(location)
      return read(await client.code.getToken(location))
    },
    refresh: async ({ accessToken, refreshToken }) =>
      read(await client.createToken(accessToken, refreshToken, {}).refresh()),
    revoke: undefined,
  }
}

/** In the web server that it is made for, with a session of its own. */
function passportOAuth2(options: { pkce?: boolean } = {}): MakeClient {
  return async (server, app) => {
    let received: Tokens | undefined
    const strategy = new Strategy(
      {
        authorizationURL: urlOf(server, server.paths.authorize),
        tokenURL: urlOf(server, server.paths.token),
        clientID: app.id,
        clientSecret: app.secret ?? '',
        callbackURL: app.redirectUri,
        scope: SCOPE,
        state: true,
        ...options,
      },
      (accessToken: string, refreshToken: string, _profile: unknown, done: VerifyCallback) => {
        received = { accessToken, refreshToken }
        done(null, {})
      },
    )
    return {
      signIn: (visit) =>
        withPassport(strategy, async (site) => {
          const toServer = await fetch(site, { redirect: 'manual' })
          const location = await visit(toServer.headers.get('location') ?? '')
          const answer = await fetch(site + new URL(location).search)
          if (answer.status !== 200 || received === undefined)
            throw new Refused(await answer.text())
          return received
        }),
      refresh: ({ refreshToken: token }) =>
        new Promise((resolve, reject) => {
          const { _oauth2: client } = strategy as unknown as { _oauth2: OAuth2 }
          client.getOAuthAccessToken(token, { grant_type: 'refresh_token' }, (error, ...tokens) => {
            const [accessToken, refreshToken] = tokens
            if (error) reject(error)
            else resolve({ accessToken, refreshToken })
          })
        }),
      revoke: undefined,
    }
  }
}

/** The client of the package `oauth`, as passport-oauth2 hands it on. */
interface OAuth2 {
  getOAuthAccessToken(
    token: string,
    params: object,
    done: (error: Error | null, accessToken: string, refreshToken: string) => void,
  ): void
}

async function withPassport<T>(
  strategy: passport.Strategy,
  act: (site: string) => Promise<T>,
): Promise<T> {
  const authenticate = new passport.Passport()
    .use('it', strategy)
    .authenticate('it', { session: false })
  const session = {}
  const site = createServer(
    (request: IncomingMessage & { query?: object; session?: object }, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://localhost')
      Object.assign(request, { query: Object.fromEntries(searchParams), session })
      // What passport takes Express to have given it.
      Object.assign(response, {
        redirect: (location: string) => response.writeHead(302, { location }).end(),
      })
      authenticate(request, response, (error?: { code?: string }) => {
        response.statusCode = error ? 500 : 200
        response.end(error?.code ?? 'welcome')
      })
    },
  ).listen(0, '127.0.0.1')
  try {
    await new Promise((resolve) => site.once('listening', resolve))
    return await act(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
  } finally {
    site.closeAllConnections()
    site.close()
  }
}

const openIdClient: MakeClient = async (server, app) => {
  const config = await openid.discovery(
    new URL(server.issuer),
    app.id,
    app.secret,
    openid.ClientSecretBasic(app.secret),
    { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
  )
  const read = (answer: openid.TokenEndpointResponse) => ({
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? '',
  })
  return {
    async signIn(visit) {
      const pkceCodeVerifier = openid.randomPKCECodeVerifier()
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: app.redirectUri,
        scope: SCOPE,
        state: STATE,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      })
      const callback = new URL(await visit(url.href))
      const checks = { pkceCodeVerifier, expectedState: STATE }
      return read(await openid.authorizationCodeGrant(config, callback, checks))
    },
    refresh: async ({ refreshToken }) => read(await openid.refreshTokenGrant(config, refreshToken)),
    revoke: ({ accessToken }) => openid.tokenRevocation(config, accessToken),
  }
}

const INSECURE = { [oauth.allowInsecureRequests]: true }

const oauth4webapi: MakeClient = async (server, app) => {
  const issuer = new URL(server.issuer)
  const discovery = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE })
  const as = await oauth.processDiscoveryResponse(issuer, discovery)
  const client: oauth.Client = { client_id: app.id }
  const authentication = oauth.ClientSecretPost(app.secret ?? '')
  const read = (answer: oauth.TokenEndpointResponse) => ({
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? '',
  })
  return {
    async signIn(visit) {
      const verifier = oauth.generateRandomCodeVerifier()
      const url = new URL(as.authorization_endpoint ?? '')
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: app.id,
        redirect_uri: app.redirectUri,
        scope: SCOPE,
        state: STATE,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }).toString()
      const callback = new URL(await visit(url.href))
      const params = oauth.validateAuthResponse(as, client, callback, STATE)
      const request = [as, client, authentication, params, app.redirectUri, verifier] as const
      const response = await oauth.authorizationCodeGrantRequest(...request, INSECURE)
      return read(await oauth.processAuthorizationCodeResponse(as, client, response))
    },
    async refresh({ refreshToken }) {
      const request = [as, client, authentication, refreshToken] as const
      const response = await oauth.refreshTokenGrantRequest(...request, INSECURE)
      return read(await oauth.processRefreshTokenResponse(as, client, response))
    },
    async revoke({ accessToken }) {
      const request = [as, client, authentication, accessToken] as const
      await oauth.processRevocationResponse(await oauth.revocationRequest(...request, INSECURE))
    },
  }
}

const mcpSdk: MakeClient = async (server, app) => {
  const metadata = await discoverAuthorizationServerMetadata(server.issuer)
  const clientInformation = { client_id: app.id, client_secret: app.secret }
  const common = { ...(metadata && { metadata }), clientInformation }
  const read = (answer: { access_token: string; refresh_token?: string | undefined }) => ({
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? '',
  })
  return {
    async signIn(visit) {
      const { authorizationUrl, codeVerifier } = await startAuthorization(server.issuer, {
        ...common,
        redirectUrl: app.redirectUri,
        scope: SCOPE,
        state: STATE,
      })
      const authorizationCode = readCallback(await visit(authorizationUrl.href))
      const proof = { authorizationCode, codeVerifier, redirectUri: app.redirectUri }
      return read(await exchangeAuthorization(server.issuer, { ...common, ...proof }))
    },
    refresh: async ({ refreshToken }) =>
      read(await refreshAuthorization(server.issuer, { ...common, refreshToken })),
    revoke: undefined,
  }
}

export const GENERIC_CLIENTS = {
  'simple-oauth2, form': simpleOAuth2('form', 'header'),
  'simple-oauth2, form, secret in the body': simpleOAuth2('form', 'body'),
  'simple-oauth2, JSON': simpleOAuth2('json', 'body'),
  'passport-oauth2': passportOAuth2(),
  'passport-oauth2, PKCE': passportOAuth2({ pkce: true }),
  'client-oauth2': clientOAuth2,
  'openid-client': openIdClient,
  oauth4webapi,
  '@modelcontextprotocol/sdk': mcpSdk,
} as const satisfies Record<string, MakeClient>
