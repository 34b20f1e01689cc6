// Attacks on the exchange of identity JWTs: forged, foreign and stolen ones, and the keys they are verified with.

import { createHmac, createPublicKey } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linkIdentity } from '../../src/operations/access-identifiers.ts'
import { addTrustedIssuer } from '../../src/operations/trusted-issuers.ts'
import {
  IDENTITY_AUDIENCE,
  IDENTITY_ISSUER,
  type IdentityKey,
  type IdentitySystem,
  jwksOf,
  newIdentityKey,
  signIdentity,
  startIdentitySystem,
} from '../support/identity-system.ts'
import { EXCHANGE, exchange, jwtBody, outcomeOf, tokenIn } from '../support/key-exchange.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'

const GENEROUS = { failedClientAuthenticationsPerMinute: 100_000 }
const WRONG = [401, 'INVALID_CREDENTIALS']
const AWAY = [503, 'TEMPORARILY_UNAVAILABLE']

describe.each(STORES)('attacks on identity JWTs on %s', (kind) => {
  let server: TestServer
  let issuerKey: IdentityKey

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'crm-com', rateLimits: GENEROUS })
    issuerKey = await newIdentityKey('k1')
    await trust(server, { pinnedKeys: jwksOf([issuerKey, await newIdentityKey('k2', 'RS256')]) })
  })
  afterAll(() => server?.stop())

  const good = (claims: object = {}): JWTPayload => ({
    sub: 'ada',
    exp: server.clock.nowSeconds() + 300,
    ...claims,
  })
  const newJwt = (claims: object = {}, header: object = {}) =>
    signIdentity(issuerKey, good(claims), header)
  const sendJwt = (jwt: string, rest?: string) => exchange(server, jwtBody(jwt, rest))
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = (header: object, claims: object) => `${encode(header)}.${encode(claims)}`
  const full = (claims: object = {}) => ({
    ...{ iss: IDENTITY_ISSUER, aud: IDENTITY_AUDIENCE },
    ...good(claims),
  })

  it('B10: takes no unsigned JWT, however none is written', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      const jwt = `${unsigned({ alg, kid: 'k1' }, full())}.`
      expect(outcomeOf(await sendJwt(jwt)), alg).toEqual(WRONG)
    }
  })

  it('B10, RFC 8725 §3.1: takes no HS256 that is made with what is public', async () => {
    const pem = createPublicKey({ key: issuerKey.publicJwk as object, format: 'jwk' }).export({
      ...{ type: 'spki', format: 'pem' },
    })
    for (const secret of [pem, JSON.stringify(issuerKey.publicJwk), '']) {
      const input = unsigned({ alg: 'HS256', kid: 'k1' }, full())
      const signature = createHmac('sha256', secret).update(input).digest('base64url')
      expect(outcomeOf(await sendJwt(`${input}.${signature}`))).toEqual(WRONG)
    }
  })

  it('B10: takes no key for another algorithm than its own', async () => {
    const other = { ...(await newIdentityKey('k1', 'ES384')), kid: 'k1' }
    expect(outcomeOf(await sendJwt(await signIdentity(other, good())))).toEqual(WRONG)
    expect(outcomeOf(await sendJwt(await newJwt({}, { kid: 'k2' })))).toEqual(WRONG)
  })

  it('B11: looks keys up by nothing but their name', async () => {
    const forger = await newIdentityKey('k1')
    const kids = ['../../etc/passwd', "k1' or '1'='1", 'x'.repeat(10_000), '__proto__', '']
    for (const kid of [...kids, 'constructor', 'k3']) {
      const jwt = await signIdentity({ ...forger, kid }, good())
      expect(outcomeOf(await sendJwt(jwt)), kid.slice(0, 20)).toEqual(WRONG)
    }
    expect(outcomeOf(await sendJwt(await signIdentity(forger, good())))).toEqual(WRONG)
  })

  it('B11, RFC 8725 §3.10: fetches no key that a JWT points to, and uses none that it brings', async () => {
    const forger = await newIdentityKey('evil')
    const trap = await startIdentitySystem([forger])
    const headers = [
      { jku: trap.jwksUri },
      { x5u: trap.jwksUri },
      { jwk: forger.publicJwk },
      { x5c: ['MIIB'] },
      { jku: trap.jwksUri, kid: 'k1' },
    ]
    for (const header of headers) {
      const jwt = await signIdentity(forger, good(), header)
      expect(outcomeOf(await sendJwt(jwt))).toEqual(WRONG)
    }
    expect(trap.requests()).toBe(0)
    await trap.stop()
  })

  it('B11, RFC 7515 §4.1.11: takes no extension that it does not know', async () => {
    const payload = JSON.stringify(full())
    for (const header of [
      { alg: 'ES256', kid: 'k1', crit: ['exp'], exp: 1 },
      { alg: 'ES256', kid: 'k1', crit: ['b64'], b64: false },
      { alg: 'ES256', kid: 'k1', crit: [] },
    ]) {
      const input = `${encode(header)}.${Buffer.from(payload).toString('base64url')}`
      expect(outcomeOf(await sendJwt(`${input}.${await signText(issuerKey, input)}`))).toEqual(
        WRONG,
      )
    }
  })

  it('B12, RFC 8725 §3.11: takes no other kind of JWT of the same issuer', async () => {
    for (const typ of ['at+jwt', 'logout+jwt', 'dpop+jwt', 'application/at+jwt', 'JWTX']) {
      expect(outcomeOf(await sendJwt(await newJwt({}, { typ }))), typ).toEqual(WRONG)
    }
    for (const typ of ['JWT', 'jwt', 'application/jwt']) {
      expect((await sendJwt(await newJwt({}, { typ }))).status).toBe(200)
    }
    // A token of ours is a JWT as well.
    const ours = tokenIn(await sendJwt(await newJwt()))
    expect(outcomeOf(await sendJwt(ours))).toEqual(WRONG)
  })

  it('RFC 8725 §3.8: believes an issuer under its own keys, about its own subjects', async () => {
    const issuer = 'https://other-identity.example'
    const otherKey = await newIdentityKey('k1')
    await trust(server, { issuer, pinnedKeys: jwksOf([otherKey]) })
    expect((await sendJwt(await signIdentity(otherKey, good({ iss: issuer })))).status).toBe(200)
    const wrongs = [
      await signIdentity(otherKey, good()),
      await newJwt({ iss: issuer }),
      await newJwt({ iss: 'https://stranger.example' }),
      await newJwt({ sub: 'nobody' }),
    ]
    for (const wrong of wrongs) expect(outcomeOf(await sendJwt(wrong))).toEqual(WRONG)
  })

  it('B13, B17, RFC 8725 §3.9: takes no JWT that is for others, or for others as well', async () => {
    const audiences = [
      'https://other.example',
      server.issuer,
      server.issuer + EXCHANGE,
      `${IDENTITY_AUDIENCE}/`,
      [IDENTITY_AUDIENCE, 'https://other.example'],
      [],
      { 0: IDENTITY_AUDIENCE },
      null,
    ]
    for (const aud of audiences) {
      expect(outcomeOf(await sendJwt(await newJwt({ aud }))), String(aud)).toEqual(WRONG)
    }
    expect((await sendJwt(await newJwt({ aud: [IDENTITY_AUDIENCE] }))).status).toBe(200)
  })

  it('security M9: a JWT without jti lives for minutes, one with jti for an hour, whatever it says', async () => {
    const now = server.clock.nowSeconds()
    const status = async (claims: object) => (await sendJwt(await newJwt(claims))).status
    let ids = 0
    const jti = () => `m9 ${++ids}`
    const END_OF_2099 = 4_102_444_799
    expect(await status({ exp: now + 360 })).toBe(200)
    expect(await status({ exp: now + 361 })).toBe(401)
    expect(await status({ exp: END_OF_2099 })).toBe(401)
    expect(await status({ exp: now + 3660, jti: jti() })).toBe(200)
    expect(await status({ exp: now + 3661, jti: jti() })).toBe(401)
    expect(await status({ exp: END_OF_2099, jti: jti() })).toBe(401)
  })

  it('B16: expired is expired; other clocks may be a minute ahead, and no more', async () => {
    const now = server.clock.nowSeconds()
    const status = async (claims: object) => (await sendJwt(await newJwt(claims))).status
    expect(await status({ exp: now + 1 })).toBe(200)
    expect(await status({ exp: now })).toBe(401)
    expect(await status({ nbf: now + 8, iat: now + 8 })).toBe(200)
    expect(await status({ nbf: now + 61 })).toBe(401)
    expect(await status({ iat: now + 61 })).toBe(401)
  })

  it.each([
    ['no exp', { exp: undefined }],
    ['a text as exp', { exp: '9999999999' }],
    ['an exp beyond all dates', { exp: 1e300 }],
    ['a text as nbf', { nbf: 'soon' }],
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['a list as sub', { sub: ['ada'] }],
    ['a list as iss', { iss: [IDENTITY_ISSUER] }],
    ['a NUL in iss', { iss: `${IDENTITY_ISSUER}\0` }],
    ['a number as jti', { jti: 1 }],
    ['a jti of 10 kB', { jti: 'x'.repeat(10_000) }],
  ])('RFC 7519 §4.1: refuses %s', async (_what, claims) => {
    expect(outcomeOf(await sendJwt(await newJwt(claims)))).toEqual(WRONG)
  })

  it.each([
    ['nothing', 'x'],
    ['two parts', 'a.b'],
    ['five parts', 'a.b.c.d.e'],
    ['no JSON', 'eyJ.eyJ.AA'],
    ['a list as claims', 'eyJhbGciOiJFUzI1NiJ9.W10.AA'],
  ])('E13: refuses what is no JWT: %s', async (_what, jwt) => {
    expect(outcomeOf(await sendJwt(jwt))).toEqual(WRONG)
  })

  it('B17: of 50 at once with one jti exactly one gets a token', async () => {
    for (let round = 0; round < 3; round++) {
      const jwt = await newJwt({ jti: `race-${round}` })
      const answers = await Promise.all(Array.from({ length: 50 }, () => sendJwt(jwt)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(49)
    }
  })

  it('B17: a jti is not spent by a request that is refused for something else', async () => {
    const jwt = await newJwt({ jti: 'spared' })
    const elsewhere = await sendJwt(jwt, ', "organisation": "acme", "unit": "globex-north"')
    expect(outcomeOf(elsewhere)).toEqual([403, 'NOT_ALLOWED'])
    expect((await sendJwt(jwt)).status).toBe(200)
    expect(outcomeOf(await sendJwt(jwt))).toEqual(WRONG)
  })

  it('B17: a jti counts for its issuer alone', async () => {
    const issuer = 'https://namesake.example'
    await trust(server, { issuer, pinnedKeys: jwksOf([issuerKey]) })
    expect((await sendJwt(await newJwt({ jti: 'shared' }))).status).toBe(200)
    expect((await sendJwt(await newJwt({ jti: 'shared', iss: issuer }))).status).toBe(200)
  })
})

async function trust(
  { context }: TestServer,
  given: { issuer?: string; jwksUri?: string; pinnedKeys?: string },
): Promise<void> {
  const issuer = given.issuer ?? IDENTITY_ISSUER
  await addTrustedIssuer({ name: 'I', audience: IDENTITY_AUDIENCE, ...given, issuer }, context)
  await linkIdentity({ username: 'ada', issuer, subject: 'ada' }, context)
}

async function signText({ privateKey }: IdentityKey, text: string): Promise<string> {
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(algorithm, privateKey, Buffer.from(text))
  return Buffer.from(signature).toString('base64url')
}

describe('keys that a trusted issuer publishes', () => {
  let server: TestServer
  let identity: IdentitySystem
  let issuerKey: IdentityKey
  let issuers = 0

  beforeAll(async () => {
    server = await startTestServer('sqlite', { contract: 'crm-com', rateLimits: GENEROUS })
    issuerKey = await newIdentityKey('k1')
    identity = await startIdentitySystem([issuerKey])
  })
  afterAll(async () => {
    await identity?.stop()
    await server?.stop()
  })

  /** One whose keys nobody has asked for yet. */
  async function newIssuer(jwksUri = identity.jwksUri) {
    const issuer = `https://issuer-${++issuers}.example`
    await trust(server, { issuer, jwksUri })
    return async (signer = issuerKey) => {
      const claims = { iss: issuer, sub: 'ada', exp: server.clock.nowSeconds() + 300 }
      return exchange(server, jwtBody(await signIdentity(signer, claims)))
    }
  }

  it('C7: are fetched once, and once more for a key that is not among them', async () => {
    identity.publish([issuerKey])
    const send = await newIssuer()
    const before = identity.requests()
    expect((await send()).status).toBe(200)
    expect((await send()).status).toBe(200)
    const stranger = await newIdentityKey('unheard-of')
    for (let i = 0; i < 20; i++) expect(outcomeOf(await send(stranger))).toEqual(WRONG)
    expect(identity.requests() - before).toBeLessThanOrEqual(2)
  })

  it('B10: a secret key among them verifies nothing', async () => {
    const secret = { kty: 'oct', k: 'c2VjcmV0', kid: 'k1', alg: 'HS256' }
    identity.answerWith((response) => response.end(JSON.stringify({ keys: [secret] })))
    const send = await newIssuer()
    expect(outcomeOf(await send())).toEqual(WRONG)
  })

  it.each([
    ['redirects', { status: 302, body: '', location: true }],
    ['fails', { status: 500, body: '{"keys":[]}', location: false }],
    ['answers with a page', { status: 200, body: '<html>', location: false }],
    ['answers with something else', { status: 200, body: '{"keys":1}', location: false }],
    [
      'answers without end',
      { status: 200, body: `{"keys":[]${' '.repeat(70_000)}}`, location: false },
    ],
  ])(
    'C7: an issuer that %s has no keys: nobody is let in, and it is not asked at once again',
    async (_what, given) => {
      const trap = await startIdentitySystem([issuerKey])
      identity.answerWith((response) => {
        if (given.location) response.setHeader('location', trap.jwksUri)
        response.writeHead(given.status).end(given.body)
      })
      const send = await newIssuer()
      const before = identity.requests()
      const answers = [await send(), await send(), await send()]
      expect(answers.map(outcomeOf)).toEqual([AWAY, AWAY, AWAY])
      expect(answers[0]?.headers['retry-after']).toBe('10')
      expect([identity.requests() - before, trap.requests()]).toEqual([1, 0])
      identity.publish([issuerKey])
      await server.clock.ahead(10, async () => expect((await send()).status).toBe(200))
      await trap.stop()
    },
  )

  it('C7: an issuer that does not answer is not waited for', async () => {
    identity.answerWith(() => undefined)
    const send = await newIssuer()
    expect(outcomeOf(await send())).toEqual(AWAY)
    const closed = await newIssuer('http://127.0.0.1:1/jwks')
    expect(outcomeOf(await closed())).toEqual(AWAY)
  })
})
