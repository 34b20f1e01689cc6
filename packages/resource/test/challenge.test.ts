import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toQuotedText, toRefusal } from '../src/refusal.ts'
import { parseChallenge } from '../src/testing.ts'
import { TokenError } from '../src/token-error.ts'
import { newGuardUnderTest, requestWith, send } from './support/guard-under-test.ts'

const requirements = { scopes: ['contacts:read', 'contacts:write'] }

describe('RFC 6750 §3.1: the challenge', () => {
  test.each([
    ['no Authorization header', undefined],
    ['an empty one', ''],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['a scheme that only begins alike', 'BearerToken abc'],
  ])('has no error code for %s', async (_name, authorization) => {
    const { guard } = newGuardUnderTest()
    const answer = await send(guard, requestWith(authorization), requirements)
    expect(answer).toMatchObject({ status: 401, error: { reason: 'token_missing' } })
    expect(answer.challenge).toEqual({
      realm: 'https://api.test',
      scope: 'contacts:read contacts:write',
      resource_metadata: 'https://api.test/.well-known/oauth-protected-resource',
    })
  })

  test.each([
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer a, Bearer b',
    'Bearer "abc"',
    'Bearer =',
    'Bearer ä',
  ])('says invalid_request with 400 for a malformed header: %s', async (authorization) => {
    const { guard } = newGuardUnderTest()
    const credentials = { authorization }
    const verdict = await guard.authorize(credentials, {}, undefined)
    expect(verdict).toMatchObject({
      ok: false,
      refusal: { status: 400, body: { error: 'invalid_request' } },
    })
  })

  test('says invalid_token with 401 for an expired, foreign or forged token', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const { expired, wrongAudience, wrongIssuer, forged } = issuer.mint
    for (const mint of [expired, wrongAudience, wrongIssuer, forged]) {
      const answer = await ask(await mint(), requirements)
      expect(answer).toMatchObject({
        status: 401,
        challenge: { error: 'invalid_token', scope: 'contacts:read contacts:write' },
      })
    }
  })

  test('says insufficient_scope with 403 and lists all scopes of the operation', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const answer = await ask(await issuer.mint({ scopes: ['contacts:read'] }), requirements)
    expect(answer).toMatchObject({
      status: 403,
      challenge: { error: 'insufficient_scope', scope: 'contacts:read contacts:write' },
    })
  })
})

test('RFC 6750 §2.1: the scheme ignores case', async () => {
  const { issuer, guard } = newGuardUnderTest()
  const jwt = await issuer.mint()
  for (const scheme of ['bearer', 'BEARER', 'bEaReR']) {
    expect(await send(guard, requestWith(`${scheme} ${jwt}`))).toMatchObject({ status: 200 })
  }
})

test('RFC 6750 §5.3: a refusal is not kept by caches', async () => {
  const { guard } = newGuardUnderTest()
  const verdict = await guard.verify(requestWith(undefined))
  expect(verdict.ok ? null : verdict.response.headers.get('cache-control')).toBe('no-store')
})

describe('B20: what a client learns from a refusal', () => {
  test('the challenge leads to the document of this API, the document to its issuer', async () => {
    const { guard, issuer } = newGuardUnderTest({ scopes: ['contacts:read'], name: 'Contacts' })
    const answer = await send(guard, requestWith(undefined))
    expect(answer.challenge.resource_metadata).toBe(`https://api.test${guard.metadataPath()}`)
    expect(guard.metadata()).toEqual({
      resource: issuer.audience,
      authorization_servers: [issuer.issuer],
      scopes_supported: ['contacts:read'],
      bearer_methods_supported: ['header'],
      resource_name: 'Contacts',
    })
  })

  test('absent, expired and foreign tokens are 401, a short scope is 403', async () => {
    const { guard, issuer, ask } = newGuardUnderTest()
    expect((await send(guard, requestWith(undefined), requirements)).status).toBe(401)
    expect((await ask(await issuer.mint.expired(), requirements)).status).toBe(401)
    expect((await ask(await issuer.mint.wrongIssuer(), requirements)).status).toBe(401)
    expect((await ask(await issuer.mint(), requirements)).status).toBe(403)
  })

  test('offline_access is never asked for', () => {
    expect(() => newGuardUnderTest({ scopes: ['offline_access'] })).toThrow('offline_access')
  })

  test('the body says the same in JSON', async () => {
    const { guard, issuer } = newGuardUnderTest()
    const verdict = await guard.verify(requestWith(`Bearer ${await issuer.mint.expired()}`))
    if (verdict.ok) throw new Error('An expired token was accepted')
    expect(verdict.response.headers.get('content-type')).toContain('application/json')
    expect(await verdict.response.json()).toEqual({
      error: 'invalid_token',
      error_description: 'The access token has expired.',
    })
  })

  test('descriptions can be muted', async () => {
    const { guard, issuer } = newGuardUnderTest({ descriptions: false })
    const verdict = await guard.verify(requestWith(`Bearer ${await issuer.mint.expired()}`))
    if (verdict.ok) throw new Error('An expired token was accepted')
    const header = verdict.response.headers.get('www-authenticate')
    expect(parseChallenge(header).parameters).not.toHaveProperty('error_description')
    expect(await verdict.response.json()).toEqual({ error: 'invalid_token' })
  })

  test('the log learns the reason, which the client does not', async () => {
    const reasons: string[] = []
    const onRefusal = (error: TokenError) => reasons.push(`${error.reason} ${error.detail}`)
    const { issuer, ask } = newGuardUnderTest({ onRefusal })
    const answer = await ask(await issuer.mint({ claims: { client_id: undefined } }))
    expect(reasons).toEqual([expect.stringMatching(/^claims_invalid .*client_id/)])
    expect(JSON.stringify(answer.challenge)).not.toContain('client_id')
  })
})

describe('RFC 9110 §11.6.1: no text can break out of the header', () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 60 })
  const injection = fc.constantFrom(
    '"\r\nset-cookie: a=b',
    'x", error="none',
    '\\", scope="admin',
    '\n',
    '"',
  )
  const text = fc.oneof(anyText, injection)

  test('whatever stands in description, scope, realm and URL', () => {
    fc.assert(
      fc.property(text, fc.array(text), text, text, (description, scopes, realm, url) => {
        const error = new TokenError('scope_missing', { description, scopes })
        const settings = { realm, resourceMetadataUrl: url, descriptions: true }
        const header = toRefusal(error, [], settings).headers['www-authenticate']
        expect(header).toMatch(/^[\x20-\x7E]+$/)
        expect(new Headers({ 'www-authenticate': String(header) })).toBeInstanceOf(Headers)
        expect(parseChallenge(header)).toEqual({
          scheme: 'Bearer',
          parameters: {
            realm: toQuotedText(realm),
            error: 'insufficient_scope',
            error_description: toQuotedText(description),
            ...(scopes.length > 0 && { scope: toQuotedText(scopes.join(' ')) }),
            resource_metadata: toQuotedText(url),
          },
        })
      }),
      { numRuns: 1000 },
    )
  })

  test('whatever stands in the Authorization header', async () => {
    const { guard } = newGuardUnderTest()
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const authorization = `Bearer ${value}`
        const verdict = await guard.authorize({ authorization }, {}, undefined)
        if (verdict.ok) throw new Error('A token of chance was accepted')
        const header = verdict.refusal.headers['www-authenticate']
        expect(Object.keys(parseChallenge(header).parameters)).toEqual(
          expect.arrayContaining(['realm', 'error', 'error_description']),
        )
      }),
      { numRuns: 300 },
    )
  })
})
