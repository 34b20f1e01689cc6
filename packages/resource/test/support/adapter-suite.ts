// What every adapter must do, over real HTTP: the same requests for each framework.

import { request as httpRequest } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createGuard, type Guard } from '../../src/index.ts'
import { createTestIssuer, parseChallenge, type TestIssuer } from '../../src/testing.ts'

/**
 * Starts a server on a free port with these routes and returns its origin:
 * - GET /contacts: needs `contacts:read`, answers the token's client and organisation
 * - POST /contacts: needs `contacts:write`, answers 200
 * - GET /organisations/:id: the token must be for this organisation
 * - GET /late: needs no scope, but asserts `admin` in its handler
 * - GET /broken: a handler that throws an Error
 * - GET at the metadata path of the guard
 */
export type StartServer = (guard: Guard) => Promise<string>

interface ServerUnderTest {
  readonly origin: string
  readonly issuer: TestIssuer
  get(path: string, token?: string): Promise<Response>
}

export function describeAdapter(name: string, startServer: StartServer): void {
  const start = () => startServerUnderTest(startServer)
  describe(name, () => {
    testTokens(start)
    testSecondTokens(start)
    testRequirements(start)
    testMetadata(start)
  })
}

type Start = () => Promise<ServerUnderTest>

async function startServerUnderTest(startServer: StartServer): Promise<ServerUnderTest> {
  const issuer = createTestIssuer({ audience: 'https://api.test/v1' })
  const guard = createGuard({ ...issuer.guardOptions, scopes: ['contacts:read'] })
  onTestFinished(() => guard.close())
  const origin = await startServer(guard)
  return {
    origin,
    issuer,
    get: (path, token) =>
      fetch(origin + path, { headers: token ? { authorization: `Bearer ${token}` } : {} }),
  }
}

function testTokens(start: Start): void {
  test('lets a good token in and hands it to the handler', async () => {
    const { get, issuer } = await start()
    const token = await issuer.mint({
      clientId: 'sync',
      organisationId: 'acme',
      scopes: ['contacts:read'],
    })
    const response = await get('/contacts', token)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ clientId: 'sync', organisationId: 'acme' })
  })

  test('RFC 6750 §3.1: asks for a token without an error code', async () => {
    const { get } = await start()
    const response = await get('/contacts')
    expect(response.status).toBe(401)
    expect(parseChallenge(response.headers.get('www-authenticate'))).toEqual({
      scheme: 'Bearer',
      parameters: {
        realm: 'https://api.test/v1',
        scope: 'contacts:read',
        resource_metadata: 'https://api.test/.well-known/oauth-protected-resource/v1',
      },
    })
    expect(await response.json()).toMatchObject({ error: 'unauthorized' })
  })

  test('RFC 6750 §3.1: refuses an expired token with 401, a short scope with 403', async () => {
    const { get, issuer } = await start()
    const expired = await get('/contacts', await issuer.mint.expired())
    expect(expired.status).toBe(401)
    expect(await expired.json()).toMatchObject({ error: 'invalid_token' })

    const short = await get('/contacts', await issuer.mint({ scopes: ['other'] }))
    expect(short.status).toBe(403)
    const { parameters } = parseChallenge(short.headers.get('www-authenticate'))
    expect(parameters).toMatchObject({ error: 'insufficient_scope', scope: 'contacts:read' })
  })

  test('a revoked token is refused', async () => {
    const { get, issuer } = await start()
    const token = await issuer.mint({ scopes: ['contacts:read'] })
    issuer.revoke(token)
    expect((await get('/contacts', token)).status).toBe(401)
  })
}

function testSecondTokens(start: Start): void {
  test('B9: a token in the query is no token, beside the header it is one too many', async () => {
    const { get, issuer } = await start()
    const token = await issuer.mint({ scopes: ['contacts:read'] })
    expect((await get(`/contacts?access_token=${token}`)).status).toBe(401)
    expect((await get(`/contacts?access_token=${token}`, token)).status).toBe(400)
  })

  test('B9: two Authorization headers are one too many', async () => {
    const { origin, issuer } = await start()
    const token = await issuer.mint({ scopes: ['contacts:read'] })
    const status = await sendTwoHeaders(`${origin}/contacts`, token)
    expect(status).toBe(400)
  })
}

function testRequirements(start: Start): void {
  test('guards by what the request says', async () => {
    const { get, issuer } = await start()
    const token = await issuer.mint({ organisationId: 'acme' })
    expect((await get('/organisations/acme', token)).status).toBe(200)
    const foreign = await get('/organisations/globex', token)
    expect(foreign.status).toBe(403)
    expect(await foreign.json()).toMatchObject({ error: 'access_denied' })
  })

  test('answers a token refused inside a handler with the same challenge', async () => {
    const { get, issuer } = await start()
    expect((await get('/late', await issuer.mint({ scopes: ['admin'] }))).status).toBe(200)
    const refused = await get('/late', await issuer.mint())
    expect(refused.status).toBe(403)
    const { parameters } = parseChallenge(refused.headers.get('www-authenticate'))
    expect(parameters).toMatchObject({ error: 'insufficient_scope', scope: 'admin' })
  })

  test('leaves other errors to the framework', async () => {
    const { get, issuer } = await start()
    expect((await get('/broken', await issuer.mint())).status).toBe(500)
  })
}

function testMetadata(start: Start): void {
  test('RFC 9728 §3: serves the document of this API to any web page', async () => {
    const { get } = await start()
    const response = await get('/.well-known/oauth-protected-resource/v1')
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(await response.json()).toEqual({
      resource: 'https://api.test/v1',
      authorization_servers: ['https://issuer.test'],
      scopes_supported: ['contacts:read'],
      bearer_methods_supported: ['header'],
    })
  })
}

/** For frameworks that read form bodies before the guard. */
export function describeFormBody(name: string, startServer: StartServer): void {
  test(`${name}, B9: a token in a form beside the header is one too many`, async () => {
    const issuer = createTestIssuer()
    const guard = createGuard(issuer.guardOptions)
    onTestFinished(() => guard.close())
    const origin = await startServer(guard)
    const token = await issuer.mint({ scopes: ['contacts:write'] })
    const post = (contentType: string, body: string) =>
      fetch(`${origin}/contacts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
        body,
      })
    const form = 'application/x-www-form-urlencoded'
    expect((await post(form, `access_token=${token}`)).status).toBe(400)
    expect((await post(form, 'name=A')).status).toBe(200)
    expect((await post('application/json', '{"access_token":"a field like any"}')).status).toBe(200)
  })
}

function sendTwoHeaders(url: string, token: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    // As a flat list, node:http sends both lines instead of joining them.
    const header = ['authorization', `Bearer ${token}`]
    const sent = httpRequest(url, { headers: ['host', new URL(url).host, ...header, ...header] })
    sent.on('response', (response) => resolve(response.resume().statusCode))
    sent.on('error', reject)
    sent.end()
  })
}
