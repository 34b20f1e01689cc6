import { afterEach, describe, expect, test, vi } from 'vitest'
import { newGuardUnderTest, requestWith } from './support/guard-under-test.ts'
import { countSignatureChecks } from './support/signature-checks.ts'

const now = () => Math.floor(Date.now() / 1000)

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('RFC 9068 §2.2: the claims of a good token are there by their names', async () => {
  const { issuer, guard } = newGuardUnderTest()
  const issuedAtSeconds = now()
  const jwt = await issuer.mint({
    userId: 'ada',
    clientId: 'crm-sync',
    scopes: ['contacts:read', 'contacts:write'],
    organisationId: 'acme',
    unitId: 'north',
    grantId: 'g1',
    issuedAtSeconds,
    expiresInSeconds: 60,
    authTimeSeconds: issuedAtSeconds - 5,
  })

  const verdict = await guard.verify(requestWith(`Bearer ${jwt}`))

  expect(verdict).toMatchObject({
    ok: true,
    token: {
      subject: 'ada',
      userId: 'ada',
      clientId: 'crm-sync',
      scopes: new Set(['contacts:read', 'contacts:write']),
      organisationId: 'acme',
      unitId: 'north',
      grantId: 'g1',
      audience: ['https://api.test'],
      issuedAtSeconds,
      expiresAtSeconds: issuedAtSeconds + 60,
      authTimeSeconds: issuedAtSeconds - 5,
    },
  })
})

test('RFC 9068 §2.2: an app that acts for itself has no user', async () => {
  const { issuer, guard } = newGuardUnderTest()
  const jwt = await issuer.mint.forApp({ clientId: 'nightly' })
  const verdict = await guard.verify(requestWith(`Bearer ${jwt}`))
  expect(verdict).toMatchObject({ ok: true, token: { subject: 'nightly', userId: undefined } })
})

describe('RFC 9068 §4: refuses', () => {
  test.each([
    ['a token of another issuer', { claims: { iss: 'https://other.test' } }, 'issuer_mismatch'],
    ['a token without issuer', { claims: { iss: undefined } }, 'claims_invalid'],
    ['a token for another audience', { claims: { aud: 'https://b.test' } }, 'audience_mismatch'],
    ['a token without audience', { claims: { aud: undefined } }, 'claims_invalid'],
    ['a token without expiry', { claims: { exp: undefined } }, 'claims_invalid'],
    ['a token with an expiry in words', { claims: { exp: 'never' } }, 'claims_invalid'],
    ['a token without time of issue', { claims: { iat: undefined } }, 'claims_invalid'],
    ['a token without subject', { claims: { sub: undefined } }, 'claims_invalid'],
    ['a token without client', { claims: { client_id: undefined } }, 'claims_invalid'],
    ['a scope that is no text', { claims: { scope: ['a', 'b'] } }, 'claims_invalid'],
    ['an organisation that is no text', { claims: { org_id: { $ne: '' } } }, 'claims_invalid'],
  ] as const)('%s', async (_name, options, reason) => {
    const { issuer, ask } = newGuardUnderTest()
    const answer = await ask(await issuer.mint(options))
    expect(answer).toMatchObject({
      status: 401,
      error: { reason },
      challenge: { error: 'invalid_token' },
    })
  })

  test('a token signed with a key that the issuer never published', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const answer = await ask(await issuer.mint.forged())
    expect(answer).toMatchObject({ status: 401, error: { reason: 'signature_invalid' } })
  })

  test('RFC 9449 §7.1: a token bound to a key, because a thief would send it just like this', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const answer = await ask(await issuer.mint({ claims: { cnf: { jkt: 'thumbprint' } } }))
    expect(answer).toMatchObject({ status: 401, error: { reason: 'token_sender_constrained' } })
  })

  test.each(['abc', 'a.b.c', 'a.b.c.d.e', '..', `${'e30.'.repeat(2)}e30`])(
    'garbage: %s',
    async (garbage) => {
      const { ask } = newGuardUnderTest()
      expect(await ask(garbage)).toMatchObject({ status: 401 })
    },
  )
})

test('RFC 7519 §4.1.3: one of several audiences is enough', async () => {
  const { issuer, ask } = newGuardUnderTest()
  const jwt = await issuer.mint({ claims: { aud: ['https://b.test', issuer.audience] } })
  expect(await ask(jwt)).toMatchObject({ status: 200 })
})

test.each([
  ['https://API.test:443', 200],
  ['https://api.test/', 200],
  ['https://api.test/v1', 401],
  ['http://api.test/', 401],
])('field 43, RFC 3986 §6.2.3: a token for %s is answered %i', async (aud, status) => {
  const { issuer, ask } = newGuardUnderTest()
  expect(await ask(await issuer.mint({ claims: { aud } }))).toMatchObject({ status })
})

test('RFC 7515 §4.1.9: the type may be written with its prefix and in any case', async () => {
  const { issuer, ask } = newGuardUnderTest()
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) {
    expect(await ask(await issuer.mint({ header: { typ } }))).toMatchObject({ status: 200 })
  }
})

describe('B16: clock skew', () => {
  test('accepts iat and nbf 8 s ahead, refuses 61 s', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const minted = (claims: object) => issuer.mint({ claims: { ...claims } })
    expect(await ask(await minted({ iat: now() + 8, nbf: now() + 8 }))).toMatchObject({
      status: 200,
    })
    expect(await ask(await minted({ iat: now() + 62 }))).toMatchObject({
      status: 401,
      error: { reason: 'token_not_yet_valid' },
    })
    expect(await ask(await minted({ nbf: now() + 62 }))).toMatchObject({
      status: 401,
      error: { reason: 'token_not_yet_valid' },
    })
  })

  test('refuses a token one second after its expiry', async () => {
    const { issuer, ask } = newGuardUnderTest()
    expect(await ask(await issuer.mint({ claims: { exp: now() - 1 } }))).toMatchObject({
      status: 401,
      error: { reason: 'token_expired' },
      challenge: { error: 'invalid_token' },
    })
  })

  test('accepts it within the tolerance that the API has chosen', async () => {
    const { issuer, ask } = newGuardUnderTest({ clockToleranceSeconds: 5 })
    expect(await ask(await issuer.mint({ claims: { exp: now() - 1 } }))).toMatchObject({
      status: 200,
    })
    expect(await ask(await issuer.mint({ claims: { exp: now() - 7 } }))).toMatchObject({
      status: 401,
      error: { reason: 'token_expired' },
    })
  })

  test('a remembered token expires like any other', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { issuer, ask } = newGuardUnderTest({ revocation: 'off' })
    const jwt = await issuer.mint({ expiresInSeconds: 60 })
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    vi.setSystemTime(Date.now() + 59_000)
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    vi.setSystemTime(Date.now() + 2000)
    expect(await ask(jwt)).toMatchObject({ status: 401, error: { reason: 'token_expired' } })
  })
})

test('remembers at most as many tokens as it was told', async () => {
  const { issuer, guard, ask } = newGuardUnderTest({ cacheSize: 3 })
  for (let count = 0; count < 5; count += 1) await ask(await issuer.mint())
  expect(guard.status().cachedTokens).toBe(3)
})

test('a token seen before costs no signature check', async () => {
  const { issuer, ask } = newGuardUnderTest()
  const jwt = await issuer.mint()
  const signatureChecks = countSignatureChecks()
  for (let round = 0; round < 20; round += 1) await ask(jwt)
  expect(signatureChecks()).toBe(1)
})
