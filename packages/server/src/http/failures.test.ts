import Fastify from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { SAMPLE_CONTEXT, SAMPLE_TENANT } from '../../test/support/sample-pages.ts'
import { oauthErrorResponse } from '../contracts/oauth-responses.ts'
import { OAuthError, RedirectError, type ResponseMode } from '../protocol/errors.ts'
import { parseForm } from '../protocol/params.ts'
import type { VerifiedRedirectUri } from '../protocol/redirect-uri.ts'
import { describeError, describeErrorInEnglish } from '../ui/error-descriptions.ts'
import { renderFormPost, renderLeaving, renderPage } from '../ui/render.ts'
import { nameCallers } from './caller.ts'
import { describeCookies } from './cookies.ts'
import type { Audience, Route, Site } from './route.ts'
import { serveSite } from './site.ts'

const ORIGIN = 'https://app.example'

function refusing(audience: Audience, path: string, failure: () => unknown): Route {
  const endpoint = async () => {
    throw failure()
  }
  return { methods: ['GET', 'POST'], audience, path, endpoint }
}

function redirecting(responseMode: ResponseMode, uiLocales: string | undefined): RedirectError {
  const redirectUri = `${ORIGIN}/cb` as VerifiedRedirectUri
  const target = { redirectUri, responseMode, state: 'kept' }
  return new RedirectError(new OAuthError('user_denied'), { target, uiLocales })
}

const SITE: Site = {
  tenant: SAMPLE_TENANT.name,
  issuer: SAMPLE_TENANT.issuer,
  cookies: describeCookies(SAMPLE_TENANT.name, SAMPLE_TENANT.issuer),
  responseIssuer: undefined,
  responseEnd: '#',
  behindTrustedProxy: false,
  routes: [
    refusing('app', '/token', () => new OAuthError('parameter_missing', { parameter: 'code' })),
    refusing('app', '/broken', () => new Error('a bug')),
    refusing('app', '/userinfo', () => new OAuthError('bearer_invalid')),
    refusing('server', '/introspect', () => new OAuthError('client_unknown')),
    refusing('public', '/jwks', () => new OAuthError('overloaded')),
    refusing('page', '/plain', () => redirecting('query', undefined)),
    refusing('page', '/dutch', () => redirecting('fragment', 'tlh nl')),
    refusing('page', '/form', () => redirecting('form_post', 'el')),
  ],
  rootRoutes: [],
  traffic: undefined,
  assets: new Map(),
  brandStylesheet: '',
  errorResponse: oauthErrorResponse,
  describeError,
  renderPage: (page, reader) => renderPage(page, { ...SAMPLE_CONTEXT, ...reader }),
  renderFormPost: (formPost, reader) => renderFormPost(formPost, { ...SAMPLE_CONTEXT, ...reader }),
  renderLeaving: (leaving, reader) => renderLeaving(leaving, { ...SAMPLE_CONTEXT, ...reader }),
  isAllowedOrigin: async (origin) => origin === ORIGIN,
}

function serve(site: Site) {
  const server = Fastify()
  nameCallers(server, { trustedProxies: [], log: server.log })
  serveSite(server, site, undefined)
  afterAll(() => server.close())
  return (url: string, acceptLanguage?: string) =>
    server.inject({
      url,
      headers: { origin: ORIGIN, ...(acceptLanguage && { 'accept-language': acceptLanguage }) },
    })
}

describe('where refusals speak the language of the reader', () => {
  const get = serve(SITE)

  it.each([
    ['/token', undefined, 'en', 'A required parameter is missing. (code)'],
    ['/token', 'en;q=0.5, de-AT;q=0.8', 'de', 'Ein erforderlicher Parameter fehlt. (code)'],
    ['/token?ui_locales=fr', 'de', 'fr', 'Un paramètre obligatoire manque. (code)'],
    ['/broken', 'el', 'el', 'Κάτι πήγε στραβά από την πλευρά μας.'],
  ])(
    'RFC 9110 §12.5.4: answers %s for Accept-Language %j in %s',
    async (url, acceptLanguage, language, description) => {
      const answer = await get(url, acceptLanguage)
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
      expect(answer.headers['content-language']).toBe(language)
      expect(answer.json().error_description).toBe(description)
    },
  )

  it.each([
    ['/token', 'Origin, Accept-Language'],
    ['/introspect', 'Accept-Language'],
    ['/jwks', 'Accept-Language'],
  ])('RFC 9110 §12.5.5: says of %s what it varies with: %s', async (url, vary) => {
    expect((await get(url, 'nl')).headers.vary).toBe(vary)
  })

  it('RFC 6750 §3: keeps the challenge in ASCII', async () => {
    const answer = await get('/userinfo', 'el')
    expect(answer.json().error_description).toMatch(/^Το access token/)
    expect(answer.headers['www-authenticate']).toContain(
      'error_description="The access token is invalid, expired or revoked."',
    )
  })

  it.each([
    ['/plain', 'fr;q=0.8, tlh', 'L’utilisateur a refusé la demande.'],
    ['/dutch', 'fr', 'De gebruiker heeft het verzoek geweigerd.'],
  ])(
    'OIDC Core §3.1.2.1: tells the app by %s, for Accept-Language %j, "%s"',
    async (url, acceptLanguage, description) => {
      const answer = await get(url, acceptLanguage)
      expect(answer.statusCode).toBe(303)
      const { search, hash } = new URL(answer.headers.location ?? '')
      expect(Object.fromEntries(parseForm((search || hash).slice(1)))).toMatchObject({
        error: ['access_denied'],
        error_description: [description],
        state: ['kept'],
      })
    },
  )

  it('OIDC Core §3.1.2.1: tells the app by form, too', async () => {
    expect((await get('/form')).body).toContain('value="Ο χρήστης απέρριψε το αίτημα."')
  })
})

describe('where refusals are English', () => {
  const get = serve({ ...SITE, describeError: describeErrorInEnglish })

  it('RFC 6749 §5.2: answers in ASCII whatever the reader wishes, and varies with no wish', async () => {
    const answer = await get('/token?ui_locales=el', 'de')
    expect(answer.json().error_description).toBe('A required parameter is missing. (code)')
    expect(answer.headers['content-language']).toBeUndefined()
    expect(answer.headers.vary).toBe('Origin')
    const redirected = await get('/dutch', 'fr')
    expect(redirected.headers.location).toContain('=The%20user%20denied%20the%20request.&')
  })
})
