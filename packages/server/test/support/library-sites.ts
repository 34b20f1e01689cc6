// Web sites that sign people in with a library, written as its own documentation begins: address, id and secret, and
// no setting that a developer would only find after an error. One more library is one more entry of LIBRARY_SITES.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import express from 'express'
import openid from 'express-openid-connect'
import passport from 'passport'
import OpenIdStrategy, { type Profile } from 'passport-openidconnect'
import type { Allowance } from '../../src/protocol/allowance.ts'

export interface SiteConfig {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Where the site itself is. */
  readonly origin: string
}

export interface LibrarySite {
  /** Answers `/login`; `/me` with name and e-mail address as JSON; the callback; and the paths below. */
  build(config: SiteConfig): RequestListener
  readonly callback: string
  /** Answers with the access token of a refresh; undefined where the library has none. */
  readonly refresh?: string
  /** Ends the session at the site and at the issuer; undefined where the library ends its own alone. */
  readonly signOut?: string
  /** What the app has to be excused. */
  readonly allowance?: Allowance
}

const SCOPE = 'openid profile email contacts:read'
const SECRET = 'a secret of the site for its own session'

const expressOpenIdConnect: LibrarySite = {
  callback: '/callback',
  refresh: '/refresh',
  signOut: '/logout',
  build: ({ issuer, clientId, clientSecret, origin }) => {
    const site = express()
    site.use(
      openid.auth({
        issuerBaseURL: issuer,
        baseURL: origin,
        clientID: clientId,
        clientSecret,
        secret: SECRET,
        idpLogout: true,
        authorizationParams: { response_type: 'code', scope: SCOPE },
      }),
    )
    site.get('/me', ({ oidc }, response) => void response.json(oidc.user))
    site.get('/refresh', async ({ oidc }, response) => {
      response.send((await oidc.accessToken?.refresh())?.access_token)
    })
    return site
  },
}

/** Required, because its types would bring those of the DOM into every file of the project. */
const require = createRequire(import.meta.url)
const { Auth, skipCSRFCheck }: AuthCore = require('@auth/core')

interface AuthCore {
  Auth(request: Request, config: object): Promise<Response>
  readonly skipCSRFCheck: symbol
}

const authJs: LibrarySite = {
  callback: '/auth/callback/ostiary',
  build: ({ issuer, clientId, clientSecret, origin }) => {
    const config = {
      secret: SECRET,
      trustHost: true,
      basePath: '/auth',
      skipCSRFCheck,
      providers: [{ id: 'ostiary', name: 'Ostiary', type: 'oidc', issuer, clientId, clientSecret }],
    }
    return async (request, response) => {
      const answer = await Auth(await toAuthRequest(request, origin), config)
      response.writeHead(answer.status, [...answer.headers].flat())
      response.end(Buffer.from(await answer.arrayBuffer()))
    }
  },
}

/** What its packages for each framework do; `/login` stands for its button. */
async function toAuthRequest(request: IncomingMessage, origin: string): Promise<Request> {
  const { url = '', headers } = request
  const init = { headers: { cookie: headers.cookie ?? '' } }
  if (url === '/login') {
    const body = new URLSearchParams({ callbackUrl: `${origin}/me` })
    return new Request(`${origin}/auth/signin/ostiary`, { ...init, method: 'POST', body })
  }
  if (url === '/me') return new Request(`${origin}/auth/session`, init)
  return new Request(origin + url, init)
}

/** It has no PKCE. */
const passportOpenIdConnect: LibrarySite = {
  callback: '/callback',
  allowance: 'without-pkce',
  build: ({ issuer, clientId, clientSecret, origin }) => {
    const strategy = new OpenIdStrategy(
      {
        issuer,
        authorizationURL: `${issuer}/authorize`,
        tokenURL: `${issuer}/token`,
        userInfoURL: `${issuer}/userinfo`,
        clientID: clientId,
        clientSecret,
        callbackURL: `${origin}/callback`,
        scope: ['profile', 'email'],
      },
      (_issuer: string, profile: Profile, done: (error: null, user: object) => void) => {
        done(null, { name: profile.displayName, email: profile.emails?.[0]?.value })
      },
    )
    const session: Record<string, unknown> = {}
    const authenticate = new passport.Passport()
      .use('it', strategy)
      .authenticate('it', { session: false })
    const site = express()
    site.use((request, _response, next) => {
      Object.assign(request, { session })
      next()
    })
    site.get('/login', authenticate)
    site.get('/callback', authenticate, (request, response) => {
      session.user = request.user
      response.redirect('/me')
    })
    site.get('/me', (_request, response) => void response.json(session.user))
    return site
  },
}

export const LIBRARY_SITES: Readonly<Record<string, LibrarySite>> = {
  'express-openid-connect': expressOpenIdConnect,
  '@auth/core': authJs,
  'passport-openidconnect': passportOpenIdConnect,
}

export interface RunningSite {
  readonly origin: string
  /** From here on it answers. */
  serve(listener: RequestListener): void
  stop(): void
}

/** An address first: the issuer has to know it before the site can be built. */
export async function reserveSite(): Promise<RunningSite> {
  const server = createServer()
  await once(server.listen(0, 'localhost'), 'listening')
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    serve: (listener) => void server.on('request', listener),
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
