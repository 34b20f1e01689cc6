import { afterEach, describe, expect, test, vi } from 'vitest'
import type { GuardOptions } from '../src/index.ts'
import { newGuardUnderTest } from './support/guard-under-test.ts'

const credentials = { clientId: 'test:api', clientSecret: 'secret%+ of:é' }
const options: GuardOptions = { introspection: credentials, revocation: 'off' }

afterEach(() => {
  vi.useRealTimers()
})

function callsTo(path: string, requests: readonly string[]): number {
  return requests.filter((url) => url.endsWith(path)).length
}

test('RFC 7662 §2.2: an opaque token is good when the issuer says so', async () => {
  const { issuer, guard } = newGuardUnderTest(options)
  const token = issuer.mintOpaque({ userId: 'ada', scopes: ['a'], organisationId: 'acme' })
  const verdict = await guard.authorize({ authorization: `Bearer ${token}` }, {}, undefined)
  expect(verdict).toMatchObject({
    ok: true,
    token: { userId: 'ada', scopes: new Set(['a']), organisationId: 'acme' },
  })
})

test('RFC 6749 §2.3.1: credentials with colons, blanks and accents arrive whole', async () => {
  const { issuer, ask } = newGuardUnderTest(options)
  expect(await ask(issuer.mintOpaque())).toMatchObject({ status: 200 })
})

describe('refuses', () => {
  test('an opaque token that the issuer does not know', async () => {
    const { ask } = newGuardUnderTest(options)
    expect(await ask('unknown')).toMatchObject({
      status: 401,
      error: { reason: 'token_inactive' },
      challenge: { error: 'invalid_token' },
    })
  })

  test.each([
    ['of another issuer', { iss: 'https://other.test' }, 'issuer_mismatch'],
    ['for another API', { aud: 'https://other.test' }, 'audience_mismatch'],
    ['that has expired', { exp: 1 }, 'token_expired'],
    ['that is a refresh token', { token_type: undefined }, 'token_type_wrong'],
    ['of another kind', { token_type: 'N_A' }, 'token_type_wrong'],
    ['without expiry', { exp: undefined }, 'claims_invalid'],
    ['bound to a key', { cnf: { jkt: 'x' } }, 'token_sender_constrained'],
    ['whose "active" is only like true', { active: 'true' }, 'token_inactive'],
  ])('an opaque token %s', async (_name, claims, reason) => {
    const { issuer, ask } = newGuardUnderTest(options)
    expect(await ask(issuer.mintOpaque({ claims }))).toMatchObject({
      status: 401,
      error: { reason },
    })
  })

  test('every opaque token of an API that takes only JWTs', async () => {
    const { issuer, ask } = newGuardUnderTest({ revocation: 'off' })
    expect(await ask(issuer.mintOpaque())).toMatchObject({
      status: 401,
      error: { reason: 'token_opaque' },
    })
    expect(issuer.requests).toEqual([])
  })
})

describe('fails closed with 503', () => {
  test('when the issuer is down', async () => {
    const { issuer, ask } = newGuardUnderTest(options)
    const token = issuer.mintOpaque()
    issuer.reachable = false
    expect(await ask(token)).toMatchObject({
      status: 503,
      error: { reason: 'introspection_unavailable' },
    })
  })

  test('when it does not take the credentials of this API', async () => {
    const introspection = { ...credentials, clientSecret: 'wrong' }
    const { issuer, ask } = newGuardUnderTest({ introspection, revocation: 'off' })
    const answer = await ask(issuer.mintOpaque())
    expect(answer).toMatchObject({ status: 503, error: { reason: 'introspection_unavailable' } })
    expect(String(answer.error?.cause)).toContain('401')
  })

  test('and a failure is not remembered', async () => {
    const { issuer, ask } = newGuardUnderTest(options)
    await ask(await issuer.mint())
    const token = issuer.mintOpaque()
    issuer.reachable = false
    expect(await ask(token)).toMatchObject({ status: 503 })
    issuer.reachable = true
    expect(await ask(token)).toMatchObject({ status: 200 })
  })
})

describe('an answer', () => {
  test('is used again for a few seconds only', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { issuer, ask } = newGuardUnderTest(options)
    const token = issuer.mintOpaque()
    await ask(token)
    issuer.revoke(token)
    vi.setSystemTime(Date.now() + 4000)
    expect(await ask(token)).toMatchObject({ status: 200 })
    vi.setSystemTime(Date.now() + 2000)
    expect(await ask(token)).toMatchObject({ status: 401 })
    expect(callsTo('/introspect', issuer.requests)).toBe(2)
  })

  test('is not kept at all, when the API wants none', async () => {
    const { issuer, ask } = newGuardUnderTest({
      ...options,
      introspection: { ...credentials, cacheSeconds: 0 },
    })
    const token = issuer.mintOpaque()
    expect(await ask(token)).toMatchObject({ status: 200 })
    issuer.revoke(token)
    expect(await ask(token)).toMatchObject({ status: 401 })
  })

  test('is shared by requests that wait for the same one', async () => {
    const { issuer, ask } = newGuardUnderTest(options)
    const token = issuer.mintOpaque()
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(token)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(callsTo('/introspect', issuer.requests)).toBe(1)
  })

  test('never outlives the token', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { issuer, ask } = newGuardUnderTest(options)
    const token = issuer.mintOpaque({ expiresInSeconds: 2 })
    expect(await ask(token)).toMatchObject({ status: 200 })
    vi.setSystemTime(Date.now() + 3000)
    expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'token_expired' } })
  })
})

test('an operation may insist on asking, even for a JWT', async () => {
  const { issuer, ask } = newGuardUnderTest(options)
  const jwt = await issuer.mint()
  expect(await ask(jwt, { introspect: true })).toMatchObject({ status: 200 })

  const revoked = await issuer.mint()
  issuer.revoke(revoked)
  expect(await ask(revoked)).toMatchObject({ status: 200 })
  expect(await ask(revoked, { introspect: true })).toMatchObject({
    status: 401,
    error: { reason: 'token_inactive' },
  })
})
