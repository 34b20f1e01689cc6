// The attacks on an API by their numbers: each token or request here must be refused.

import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { exportSPKI, importJWK, type JWK } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createGuard, type Guard } from '../src/index.ts'
import { createTestIssuer, type TestIssuer } from '../src/testing.ts'
import { newGuardUnderTest, requestWith, send } from './support/guard-under-test.ts'

const URL_WITH_TOKEN = 'https://api.test/contacts?page=1&access_token='

describe('B9: a token outside the Authorization header', () => {
  test('in the query alone counts as none', async () => {
    const { issuer, guard } = newGuardUnderTest()
    const answer = await send(guard, requestWith(undefined, URL_WITH_TOKEN + (await issuer.mint())))
    expect(answer).toMatchObject({ status: 401, error: { reason: 'token_missing' } })
    expect(answer.challenge).not.toHaveProperty('error')
  })

  test('in the query and in the header is one too many', async () => {
    const { issuer, guard } = newGuardUnderTest()
    const jwt = await issuer.mint()
    for (const url of [URL_WITH_TOKEN + jwt, 'https://api.test/?%61ccess_token=x#fragment']) {
      expect(await send(guard, requestWith(`Bearer ${jwt}`, url))).toMatchObject({
        status: 400,
        error: { reason: 'token_in_several_places' },
        challenge: { error: 'invalid_request' },
      })
    }
  })

  test('in two Authorization headers is one too many', async () => {
    const { issuer, guard } = newGuardUnderTest()
    const request = requestWith(`Bearer ${await issuer.mint()}`)
    request.headers.append('authorization', `Bearer ${await issuer.mint()}`)
    expect(await send(guard, request)).toMatchObject({
      status: 400,
      challenge: { error: 'invalid_request' },
    })
  })

  test('in a field of a form beside the header is one too many', async () => {
    const { issuer, guard } = newGuardUnderTest()
    const authorization = `Bearer ${await issuer.mint()}`
    const verdict = await guard.authorize({ authorization, form: { access_token: 'x' } }, {}, null)
    expect(verdict).toMatchObject({ ok: false, refusal: { status: 400 } })
  })

  test('a parameter with a similar name is no token', async () => {
    const { issuer, guard } = newGuardUnderTest()
    const request = requestWith(
      `Bearer ${await issuer.mint()}`,
      'https://api.test/?q=access_token&x_access_token=1#access_token=1',
    )
    expect(await send(guard, request)).toMatchObject({ status: 200 })
  })
})

describe('B10: algorithm confusion', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', ''])('alg %j without signature', async (alg) => {
    const { issuer, ask } = newGuardUnderTest()
    const [, payload] = (await issuer.mint()).split('.')
    const header = encode({ alg, typ: 'at+jwt' })
    expect((await ask(`${header}.${payload}.`)).status).toBeOneOf([400, 401])
    expect(await ask(`${header}.${payload}.AAAA`)).toMatchObject({ status: 401 })
  })

  test.each(['HS256', 'HS384', 'HS512'])('%s with our public key as its secret', async (alg) => {
    const { issuer, ask } = newGuardUnderTest()
    const jwk = await publishedKey(issuer)
    const key = await importJWK(jwk, 'ES256', { extractable: true })
    if (key instanceof Uint8Array) throw new Error('The published key is not a public one')
    const pem = await exportSPKI(key)
    for (const secret of [pem, pem.trim(), JSON.stringify(jwk), String(jwk.x)]) {
      const [, payload] = (await issuer.mint()).split('.')
      const signed = `${encode({ alg, typ: 'at+jwt', kid: jwk.kid })}.${payload}`
      const signature = createHmac(`sha${alg.slice(2)}`, secret)
        .update(signed)
        .digest('base64url')
      expect(await ask(`${signed}.${signature}`)).toMatchObject({
        status: 401,
        error: { reason: 'algorithm_not_allowed' },
      })
    }
  })

  test('symmetric algorithms cannot be switched on', () => {
    for (const algorithm of ['none', 'HS256'] as never[]) {
      const options = { ...createTestIssuer().guardOptions, algorithms: [algorithm] }
      expect(() => createGuard(options)).toThrow('not allowed')
    }
  })
})

describe('B11: keys and extensions named by the token itself', () => {
  test('jwk, jku and x5u are never followed: the trap gets no request', async () => {
    const trap = await startTrap()
    const { guard, issuer } = guardOnTheRealNetwork()
    const foreign = createTestIssuer()
    const foreignJwk = await publishedKey(foreign)
    for (const header of [
      { jwk: foreignJwk },
      { jku: `${trap.url}/jwks` },
      { x5u: `${trap.url}/chain.pem` },
      { jku: `${trap.url}/jwks`, kid: (await publishedKey(issuer)).kid },
      { kid: `${trap.url}/jwks` },
    ]) {
      const jwt = await foreign.mint({ claims: { aud: issuer.audience }, header })
      expect(await send(guard, requestWith(`Bearer ${jwt}`))).toMatchObject({ status: 401 })
    }
    expect(trap.requests).toBe(0)
  })

  test.each([
    '../../../../etc/passwd',
    "' OR 1=1 --",
    '__proto__',
    'constructor',
    'k'.repeat(8000),
  ])('a key named %.20s is unknown', async (kid) => {
    const { issuer, ask } = newGuardUnderTest()
    expect(await ask(await issuer.mint({ header: { kid } }))).toMatchObject({
      status: 401,
      error: { reason: 'key_unknown' },
    })
  })

  test('a critical extension that is not known is refused', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const [, payload, signature] = (await issuer.mint()).split('.')
    const { kid } = await publishedKey(issuer)
    for (const crit of [['x-admin'], ['exp'], [], 'x-admin']) {
      const header = encode({ alg: 'ES256', typ: 'at+jwt', kid, crit, 'x-admin': true })
      expect(await ask(`${header}.${payload}.${signature}`)).toMatchObject({
        status: 401,
        challenge: { error: 'invalid_token' },
      })
    }
  })

  test('a flood of unknown keys makes one call to the issuer', async () => {
    const { issuer, ask } = newGuardUnderTest({ revocation: 'off' })
    await ask(await issuer.mint())
    const before = issuer.requests.length
    const flood = Array.from({ length: 50 }, (_, index) =>
      issuer.mint({ header: { kid: `unknown-${index}` } }).then((jwt) => ask(jwt)),
    )
    for (const answer of await Promise.all(flood)) expect(answer.status).toBe(401)
    expect(issuer.requests.length - before).toBeLessThanOrEqual(1)
  })

  test('a token of 100 kB is refused before it is looked at', async () => {
    const { ask } = newGuardUnderTest()
    expect(await ask('a'.repeat(100_000))).toMatchObject({
      status: 400,
      error: { reason: 'token_too_long' },
    })
  })
})

describe('B12: another kind of JWT', () => {
  test.each([
    ['an ID token', 'JWT'],
    ['a token without type', undefined],
    ['a logout token', 'logout+jwt'],
    ['a DPoP proof', 'dpop+jwt'],
    ['a client assertion', 'client-authentication+jwt'],
    ['an introspection answer', 'token-introspection+jwt'],
    ['a look-alike', 'at+jwt2'],
    ['a type with another prefix', 'text/at+jwt'],
  ])('%s is no access token', async (_name, typ) => {
    const { issuer, ask } = newGuardUnderTest()
    expect(await ask(await issuer.mint({ header: { typ } }))).toMatchObject({
      status: 401,
      error: { reason: 'token_type_wrong' },
    })
  })
})

describe('B13: a token made for another API', () => {
  test('is refused, as JWT and as opaque token', async () => {
    const issuer = createTestIssuer()
    const { introspection } = issuer
    const guard = newGuard(issuer, { audience: 'https://other.test', introspection })
    for (const token of [await issuer.mint(), issuer.mintOpaque()]) {
      expect(await send(guard, requestWith(`Bearer ${token}`))).toMatchObject({
        status: 401,
        error: { reason: 'audience_mismatch' },
        challenge: { error: 'invalid_token' },
      })
    }
  })

  test.each(['https://api.test/V1', 'https://api.test.', 'https://api.test:8443', 'api.test'])(
    'only another spelling of the same URI is the same audience: %s',
    async (aud) => {
      const { issuer, ask } = newGuardUnderTest()
      expect(await ask(await issuer.mint({ claims: { aud } }))).toMatchObject({
        status: 401,
        error: { reason: 'audience_mismatch' },
      })
    },
  )

  test('an opaque token without audience is not for any API', async () => {
    const issuer = createTestIssuer()
    const guard = newGuard(issuer, { introspection: issuer.introspection })
    const token = issuer.mintOpaque({ claims: { aud: [] } })
    expect(await send(guard, requestWith(`Bearer ${token}`))).toMatchObject({
      status: 401,
      error: { reason: 'audience_mismatch' },
    })
  })
})

function newGuard(issuer: TestIssuer, options: object): Guard {
  const guard = createGuard({ ...issuer.guardOptions, ...options })
  onTestFinished(() => guard.close())
  return guard
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

async function publishedKey(issuer: TestIssuer): Promise<JWK> {
  const response = await issuer.fetch(`${issuer.issuer}/jwks`)
  const { keys } = (await response.json()) as { keys: JWK[] }
  const [key] = keys
  if (!key) throw new Error('The test issuer has no key')
  return key
}

/** Calls to anything but the issuer go out for real, so that the trap could be reached. */
function guardOnTheRealNetwork() {
  const issuer = createTestIssuer()
  const guard = newGuard(issuer, {
    fetch: ((input, init) =>
      String(input).startsWith(issuer.issuer)
        ? issuer.fetch(input, init)
        : fetch(input, init)) satisfies typeof fetch,
  })
  return { guard, issuer }
}

async function startTrap() {
  const trap = { requests: 0, url: '' }
  const server = createServer((_request, response) => {
    trap.requests += 1
    response.end('{"keys":[]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (typeof address === 'object' && address) trap.url = `http://127.0.0.1:${address.port}`
  return trap
}
