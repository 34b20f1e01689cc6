// The access tokens of each wire contract: good ones, and all that must be refused.

import { createHmac, createPublicKey } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ContractName, Guard } from '../src/index.ts'
import { CONTRACTS } from '../src/shapes/by-contract.ts'
import type { MintOptions, TestIssuer } from '../src/testing.ts'
import { newGuardUnderTest, requestWith } from './support/guard-under-test.ts'
import { countSignatureChecks } from './support/signature-checks.ts'

const GRANT = '0123456789abcdef0123456789abcdef'
const SCOPES = ['contacts:read', 'contacts:write']

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const now = () => Math.floor(Date.now() / 1000)

function start(contract: ContractName) {
  return newGuardUnderTest({ contract, scopes: SCOPES })
}

async function tokenOf(guard: Guard, text: string) {
  const verdict = await guard.verify(requestWith(`Bearer ${text}`))
  if (!verdict.ok) throw verdict.error
  return verdict.token
}

describe.each(CONTRACTS)('%s', (contract) => {
  test('a good token says who, what for and until when', async () => {
    const { issuer, guard } = start(contract)
    const issuedAtSeconds = now()
    const text = await issuer.mint({
      userId: 'ada',
      clientId: 'sync',
      scopes: ['contacts:read'],
      organisationId: 'acme',
      unitId: 'north',
      grantId: GRANT,
      issuedAtSeconds,
      expiresInSeconds: 60,
    })
    const isConsumer = contract === 'crm-com'
    const ofClaims = contract !== 'financial-cents'
    const token = await tokenOf(guard, text)
    expect(token).toMatchObject({
      subject: 'ada',
      userId: 'ada',
      clientId: isConsumer ? undefined : 'sync',
      scopes: new Set(isConsumer ? SCOPES : ['contacts:read']),
      organisationId: ofClaims ? 'acme' : undefined,
      unitId: ofClaims ? 'north' : undefined,
      grantId: GRANT,
      audience: ['https://api.test'],
      issuedAtSeconds,
      expiresAtSeconds: issuedAtSeconds + 60,
    })
  })

  test('a forged, expired or foreign token is refused', async () => {
    const { issuer, ask } = start(contract)
    const { mint } = issuer
    for (const text of await Promise.all([
      mint.forged(),
      mint.expired(),
      mint.wrongAudience(),
      mint.wrongIssuer(),
    ])) {
      expect(await ask(text)).toMatchObject({ status: 401, challenge: { error: 'invalid_token' } })
    }
    expect(await ask(await mint())).toMatchObject({ status: 200 })
  })

  test.each(CONTRACTS.filter((other) => other !== contract))(
    'B12: what an issuer of %s makes is no token here',
    async (other) => {
      const { ask } = start(contract)
      const { mint } = start(other).issuer
      expect(await ask(await mint())).toMatchObject({ status: 401 })
    },
  )

  test('the feed ends tokens of a revoked grant or user, and no others', async () => {
    const { issuer, guard, ask } = start(contract)
    const mint = (options: MintOptions) => issuer.mint({ clientId: 'other', ...options })
    const [byGrant, byUser, good] = await Promise.all([
      mint({ userId: 'ada', grantId: GRANT }),
      mint({ userId: 'bob' }),
      mint({ userId: 'eve' }),
    ])
    for (const text of [byGrant, byUser, good]) {
      expect(await ask(text)).toMatchObject({ status: 200 })
    }
    issuer.revoke(byGrant)
    issuer.revokeUser('bob')
    await guard.catchUp()
    const revoked = { status: 401, error: { reason: 'token_revoked' } }
    expect(await ask(byGrant)).toMatchObject(revoked)
    expect(await ask(byUser)).toMatchObject(revoked)
    expect(await ask(good)).toMatchObject({ status: 200 })
  })
})

describe.each(CONTRACTS.filter((contract) => contract !== 'crm-com'))('%s', (contract) => {
  test('the feed ends the tokens of a revoked app', async () => {
    const { issuer, guard, ask } = start(contract)
    const text = await issuer.mint({ clientId: 'sync' })
    expect(await ask(text)).toMatchObject({ status: 200 })
    issuer.revokeClient('sync')
    await guard.catchUp()
    expect(await ask(text)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
  })

  test('an app that acts for itself is no user', async () => {
    const { issuer, guard } = start(contract)
    const token = await tokenOf(guard, await issuer.mint.forApp({ clientId: 'nightly' }))
    expect(token).toMatchObject({ subject: 'nightly', userId: undefined, clientId: 'nightly' })
  })
})

const SIGNED = CONTRACTS.filter((contract) => contract !== 'json-api')

describe.each(SIGNED)('%s', (contract) => {
  test('the reasons of a refusal are told apart', async () => {
    const { issuer, ask } = start(contract)
    const { mint } = issuer
    const reason = async (text: Promise<string>) => (await ask(await text)).error?.reason
    expect(await reason(mint.forged())).toBe('signature_invalid')
    expect(await reason(mint.expired())).toBe('token_expired')
    const bound = contract === 'crm-com' || contract === 'financial-cents'
    expect(await reason(mint.wrongAudience())).toBe(bound ? 'key_unknown' : 'audience_mismatch')
    expect(await reason(mint.wrongIssuer())).toBe(bound ? 'key_unknown' : 'issuer_mismatch')
    expect(await reason(mint({ claims: { cnf: { jkt: 'x' } } }))).toBe('token_sender_constrained')
  })

  test('a token seen before costs no signature check', async () => {
    const { issuer, ask } = start(contract)
    const text = await issuer.mint()
    const signatureChecks = countSignatureChecks()
    for (let round = 0; round < 20; round += 1) await ask(text)
    expect(signatureChecks()).toBe(1)
  })

  test('an operation may insist on asking the issuer', async () => {
    const { introspection } = start(contract).issuer
    const { issuer, ask } = newGuardUnderTest({ contract, introspection, revocation: 'off' })
    const text = await issuer.mint()
    expect(await ask(text, { introspect: true })).toMatchObject({ status: 200 })
    const revoked = await issuer.mint()
    issuer.revoke(revoked)
    expect(await ask(revoked)).toMatchObject({ status: 200 })
    expect(await ask(revoked, { introspect: true })).toMatchObject({
      status: 401,
      error: { reason: 'token_inactive' },
    })
  })

  test('B10: no other algorithm, whatever the token says', async () => {
    const { issuer, ask } = start(contract)
    const text = await issuer.mint()
    const { alg, ...header } = decodeProtectedHeader(text)
    const [, payload, signature] = text.split('.')
    const others = ['none', 'None', 'HS256', 'HS384', 'HS512', 'RS384', 'PS256', 'ES384']
    const choice = ['RS256', 'ES256', 'EdDSA']
    const isFixed = contract === 'financial-cents' || contract === 'crm-com'
    for (const other of isFixed ? [...others, ...choice] : others) {
      if (other === alg) continue
      const forged = `${encode({ ...header, alg: other })}.${payload}.${signature}`
      expect(await ask(forged), other).toMatchObject({
        status: 401,
        error: { reason: 'algorithm_not_allowed' },
      })
    }
  })

  test('B11: keys and extensions named by the token itself are not looked at', async () => {
    const { issuer, ask } = start(contract)
    const foreign = start(contract).issuer
    const jwk = { kty: 'oct', k: 'A'.repeat(43), kid: 'own' }
    const { kid } = decodeProtectedHeader(await issuer.mint())
    for (const header of [
      { jwk },
      { jku: 'https://evil.test/jwks' },
      { x5u: 'https://evil.test/chain.pem', kid },
      { kid: '__proto__' },
      { kid: undefined },
    ]) {
      expect(await ask(await foreign.mint({ header }))).toMatchObject({ status: 401 })
    }
    const critical = { crit: ['x-admin'], 'x-admin': true }
    const [, payload, signature] = (await issuer.mint()).split('.')
    const header = encode({ ...decodeProtectedHeader(await issuer.mint()), ...critical })
    expect(await ask(`${header}.${payload}.${signature}`)).toMatchObject({ status: 401 })
    expect(issuer.requests.filter((url) => !url.startsWith(issuer.issuer))).toEqual([])
  })

  test.each(['logout+jwt', 'dpop+jwt', 'client-authentication+jwt', 'at+jwt2', 'JWT2', undefined])(
    'B12: a JWT of the type %s is no access token',
    async (typ) => {
      const { issuer, ask } = start(contract)
      expect(await ask(await issuer.mint({ header: { typ } }))).toMatchObject({
        status: 401,
        error: { reason: 'token_type_wrong' },
      })
    },
  )

  test('B16: accepts iat 8 s ahead, refuses 62 s; one second after its expiry it is refused', async () => {
    const { issuer, ask } = start(contract)
    const mint = (issuedAtSeconds: number) => issuer.mint({ issuedAtSeconds, expiresInSeconds: 90 })
    expect(await ask(await mint(now() + 8))).toMatchObject({ status: 200 })
    const early = await ask(await mint(now() + 62))
    expect(early).toMatchObject({ status: 401, error: { reason: 'token_not_yet_valid' } })
    const late = await ask(await mint(now() - 91))
    expect(late).toMatchObject({ status: 401, error: { reason: 'token_expired' } })
  })

  test('B16: a remembered token expires like any other', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { issuer, ask } = newGuardUnderTest({ contract, revocation: 'off' })
    const text = await issuer.mint({ expiresInSeconds: 60 })
    expect(await ask(text)).toMatchObject({ status: 200 })
    vi.setSystemTime(Date.now() + 61_000)
    expect(await ask(text)).toMatchObject({ status: 401, error: { reason: 'token_expired' } })
  })
})

describe('json-api', () => {
  test('RFC 7662 §2.2: the issuer is asked, and another issuer or API is told apart', async () => {
    const { issuer, ask } = start('json-api')
    const reason = async (text: string) => (await ask(text)).error?.reason
    expect(await issuer.mint()).toMatch(/^[0-9a-f]{64}$/)
    expect(await reason(await issuer.mint.forged())).toBe('token_inactive')
    expect(await reason(await issuer.mint.wrongAudience())).toBe('audience_mismatch')
    expect(await reason(await issuer.mint.wrongIssuer())).toBe('issuer_mismatch')
    expect(await reason(await issuer.mint({ claims: { token_type: undefined } }))).toBe(
      'token_type_wrong',
    )
  })

  test.each(['A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), 'g'.repeat(64), 'a.b.c'])(
    'what has not the form of a token is refused without a call: %s',
    async (text) => {
      const { issuer, ask } = newGuardUnderTest({ contract: 'json-api', revocation: 'off' })
      expect(await ask(text)).toMatchObject({ status: 401, error: { reason: 'token_malformed' } })
      expect(issuer.requests).toEqual([])
    },
  )
})

describe('financial-cents', () => {
  test('the wire form is the documented one', async () => {
    const text = await start('financial-cents').issuer.mint({ grantId: GRANT, scopes: SCOPES })
    expect(decodeProtectedHeader(text)).toMatchObject({ typ: 'JWT', alg: 'RS256' })
    expect(decodeJwt(text)).toEqual({
      aud: 'client-1',
      jti: expect.stringMatching(new RegExp(`^${GRANT}[0-9a-f]{48}$`)),
      iat: expect.any(Number),
      nbf: expect.any(Number),
      exp: expect.any(Number),
      sub: 'user-1',
      scopes: SCOPES,
    })
  })

  test('a token without scopes has none', async () => {
    const { issuer, guard } = start('financial-cents')
    expect((await tokenOf(guard, await issuer.mint({ scopes: [] }))).scopes.size).toBe(0)
  })

  test.each([
    ['an aud that is a list', { aud: ['client-1'] }, 'claims_invalid'],
    ['no aud', { aud: undefined }, 'claims_invalid'],
    ['no sub', { sub: undefined }, 'claims_invalid'],
    ['no nbf', { nbf: undefined }, 'claims_invalid'],
    ['no exp', { exp: undefined }, 'claims_invalid'],
    ['an exp that is text', { exp: '9999999999' }, 'claims_invalid'],
    ['no jti', { jti: undefined }, 'claims_invalid'],
    ['a short jti', { jti: GRANT }, 'claims_invalid'],
    ['a jti in upper case', { jti: 'A'.repeat(80) }, 'claims_invalid'],
    ['no scopes', { scopes: undefined }, 'claims_invalid'],
    ['scopes that are text', { scopes: 'contacts:read' }, 'claims_invalid'],
    ['scopes that are no texts', { scopes: [['contacts:read']] }, 'claims_invalid'],
    ['an iss, like an ID token', { iss: 'https://issuer.test' }, 'token_type_wrong'],
    ['nbf 62 s ahead', { nbf: now() + 62.5 }, 'token_not_yet_valid'],
  ])('%s is refused', async (_name, claims, reason) => {
    const { issuer, ask } = start('financial-cents')
    expect(await ask(await issuer.mint({ claims }))).toMatchObject({
      status: 401,
      error: { reason },
    })
  })

  test('a revocation within the second of issue ends the token, in spite of its fraction', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    const { issuer, guard, ask } = start('financial-cents')
    const text = await issuer.mint({ claims: { iat: 1_800_000_000.9 } })
    issuer.revokeUser('user-1')
    await guard.catchUp()
    expect(await ask(text)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
  })

  test('B10: HS256 with the public key as its secret', async () => {
    const { issuer, ask } = start('financial-cents')
    const jwk = await publishedKey(issuer)
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
    const [, payload] = (await issuer.mint()).split('.')
    const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid: jwk.kid })}.${payload}`
    for (const secret of [
      key.export({ type: 'spki', format: 'pem' }),
      key.export({ type: 'spki', format: 'der' }),
      JSON.stringify(jwk),
      String(jwk.n),
    ]) {
      const signature = createHmac('sha256', secret).update(signed).digest('base64url')
      expect(await ask(`${signed}.${signature}`)).toMatchObject({
        status: 401,
        error: { reason: 'algorithm_not_allowed' },
      })
    }
  })
})

describe('crm-com', () => {
  test('the wire form is the documented one', async () => {
    const text = await start('crm-com').issuer.mint({ grantId: GRANT, unitId: 'north' })
    const upperHex = expect.stringMatching(/^[0-9A-F]{32}$/)
    const seconds = expect.stringMatching(/^\d{10}$/)
    expect(decodeProtectedHeader(text)).toMatchObject({ typ: 'JWT', alg: 'HS256' })
    expect(decodeJwt(text)).toEqual({
      cii: 'user-1',
      usr: 'user-1',
      org: 'organisation-1',
      ari: upperHex,
      oun: 'north',
      jti: GRANT.toUpperCase(),
      iat: seconds,
      exp: seconds,
    })
    expect(text.length).toBeGreaterThan(32)
  })

  test('a consumer without a unit has none', async () => {
    const { issuer, guard } = start('crm-com')
    for (const oun of [undefined, null]) {
      const token = await tokenOf(guard, await issuer.mint({ claims: { oun } }))
      expect(token.unitId).toBeUndefined()
    }
  })

  test.each([
    ['no cii', { cii: undefined }, 'claims_invalid'],
    ['a cii that is no text', { cii: { $ne: '' } }, 'claims_invalid'],
    ['no org', { org: undefined }, 'claims_invalid'],
    ['no ari', { ari: undefined }, 'claims_invalid'],
    ['no jti', { jti: undefined }, 'claims_invalid'],
    ['a jti in lower case', { jti: GRANT }, 'claims_invalid'],
    ['a long jti', { jti: 'A'.repeat(33) }, 'claims_invalid'],
    ['no exp', { exp: undefined }, 'claims_invalid'],
    ['an exp that is a number', { exp: now() + 60 }, 'claims_invalid'],
    ['an exp in words', { exp: 'never' }, 'claims_invalid'],
    ['an exp without end', { exp: 'Infinity' }, 'claims_invalid'],
    ['an exp in hexadecimal', { exp: '0xFFFFFFFFF' }, 'claims_invalid'],
    ['an iat below zero', { iat: '-1' }, 'claims_invalid'],
    ['an iss, like an ID token', { iss: 'https://issuer.test' }, 'token_type_wrong'],
  ])('%s is refused', async (_name, claims, reason) => {
    const { issuer, ask } = start('crm-com')
    expect(await ask(await issuer.mint({ claims }))).toMatchObject({
      status: 401,
      error: { reason },
    })
  })

  test('its tokens open every method of the API, so each scope must be listed', async () => {
    const { issuer, ask, guard } = start('crm-com')
    expect(await ask(await issuer.mint(), { scopes: SCOPES })).toMatchObject({ status: 200 })
    expect(() => guard.assertRequirements({ scopes: ['contacts:erase'] })).toThrow(TypeError)
    expect(() => guard.assertRequirements({ anyScope: ['contacts:erase'] })).toThrow(/erase/)
  })

  test('a token that is no JWT is refused without a call', async () => {
    const { issuer, ask } = newGuardUnderTest({ contract: 'crm-com', revocation: 'off' })
    expect(await ask(issuer.mintOpaque())).toMatchObject({
      status: 401,
      error: { reason: 'token_opaque' },
    })
    expect(issuer.requests).toEqual([])
  })
})

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
