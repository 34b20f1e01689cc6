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

describe('B24, security L9: what somebody made up', () => {
  const withFeed: GuardOptions = { introspection: credentials }
  const asked = (requests: readonly string[]) => callsTo('/introspect', requests)

  test('is told by its form, before the issuer is asked', async () => {
    const { issuer, ask } = newGuardUnderTest(withFeed)
    const real = issuer.mintOpaque()
    const typo = real.replace(/.{3}$/, (end) => (end === 'abc' ? 'cba' : 'abc'))
    for (const madeUp of ['guess', 'ost_at_', typo, `${real}x`, real.replace('_at_', '_rt_')]) {
      expect(await ask(madeUp)).toMatchObject({ status: 401, error: { reason: 'token_malformed' } })
    }
    expect(asked(issuer.requests)).toBe(0)
    expect(await ask(real)).toMatchObject({ status: 200 })
  })

  test('but not at an issuer that may not be an Ostiary: it has no feed to follow', async () => {
    const { issuer, ask } = newGuardUnderTest(options)
    expect(await ask('guess')).toMatchObject({ status: 401, error: { reason: 'token_inactive' } })
    expect(asked(issuer.requests)).toBe(1)
  })

  test('as a JWT is not asked about either, where an operation insists on asking', async () => {
    const { issuer, ask } = newGuardUnderTest(withFeed)
    const forged = await issuer.mint.forged()
    expect(await ask(forged, { introspect: true })).toMatchObject({
      error: { reason: 'signature_invalid' },
    })
    expect(asked(issuer.requests)).toBe(0)
  })

  test('pushes no good answer out of the memory', async () => {
    const { issuer, ask } = newGuardUnderTest({ ...withFeed, contract: 'json-api', cacheSize: 10 })
    const good = await issuer.mint()
    expect(await ask(good)).toMatchObject({ status: 200 })
    for (let count = 0; count < 100; count += 1) {
      await ask(count.toString(16).padStart(64, '0'))
    }
    expect(asked(issuer.requests)).toBe(101)
    expect(await ask(good)).toMatchObject({ status: 200 })
    expect(asked(issuer.requests)).toBe(101)
  })

  test('is asked about once', async () => {
    const { issuer, ask } = newGuardUnderTest({ ...withFeed, contract: 'json-api', cacheSize: 0 })
    const madeUp = 'a'.repeat(64)
    for (let count = 0; count < 5; count += 1) {
      expect(await ask(madeUp)).toMatchObject({ status: 401, error: { reason: 'token_inactive' } })
    }
    expect(asked(issuer.requests)).toBe(1)
  })
})

describe('ruling 1: a token that was called inactive stays so', () => {
  /** An issuer that says yes or no as it is told, and whose answers may be held up on their way. */
  function guardOfAnswers(more: GuardOptions = {}) {
    let says = true
    let held: Promise<void> | undefined
    const under = newGuardUnderTest({
      ...options,
      fetch: async (input, init) => {
        const response = await under.issuer.fetch(input, init)
        if (!String(input).endsWith('/introspect')) return response
        const body = says ? await response.json() : { active: false }
        await held
        return Response.json(body)
      },
      ...more,
    })
    return {
      ...under,
      say: (active: boolean) => {
        says = active
      },
      /** The answers of now arrive when this is called. */
      holdUp() {
        const { promise, resolve } = Promise.withResolvers<void>()
        held = promise
        return {
          later: () => {
            held = undefined
          },
          arrive: resolve,
        }
      },
    }
  }

  test('whatever the issuer says later, and however long after', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { issuer, ask, say } = guardOfAnswers()
    const token = issuer.mintOpaque({ expiresInSeconds: 86_400 })
    say(false)
    expect(await ask(token)).toMatchObject({ status: 401 })
    say(true)
    vi.setSystemTime(Date.now() + 3_600_000)
    expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'token_inactive' } })
  })

  test('also where its JWT is only verified', async () => {
    const { issuer, ask, say } = guardOfAnswers()
    const jwt = await issuer.mint()
    expect(await ask(jwt)).toMatchObject({ status: 200 })
    say(false)
    expect(await ask(jwt, { introspect: true })).toMatchObject({ status: 401 })
    expect(await ask(jwt)).toMatchObject({ status: 401, error: { reason: 'token_inactive' } })
  })

  test('though an older yes arrives after the no', async () => {
    const { issuer, ask, say, holdUp } = guardOfAnswers()
    const jwt = await issuer.mint()
    await ask(jwt)
    const { later, arrive } = holdUp()
    const older = ask(jwt, { introspect: true })
    await vi.waitFor(() => expect(callsTo('/introspect', issuer.requests)).toBe(1))
    later()
    say(false)
    expect(await ask(jwt, { introspect: true })).toMatchObject({ status: 401 })
    arrive()
    expect(await older).toMatchObject({ status: 401, error: { reason: 'token_inactive' } })
    expect(await ask(jwt)).toMatchObject({ status: 401 })
  })

  test('and a yes from before a restore is not used after it', async () => {
    const { issuer, guard, ask } = guardOfAnswers({ revocation: 'feed' })
    // By a clock that was ahead: the line about all tokens from before the restore does not reach it.
    const token = issuer.mintOpaque({ claims: { iat: Math.floor(Date.now() / 1000) + 30 } })
    expect(await ask(token)).toMatchObject({ status: 200 })
    issuer.restore()
    await guard.catchUp()
    await ask(token)
    expect(callsTo('/introspect', issuer.requests)).toBe(2)
  })

  test.each(['revokeUser', 'revokeClient'] as const)(
    'the feed ends what is remembered of a token (%s), and nothing is asked for anew',
    async (revoke) => {
      const { issuer, guard, ask } = guardOfAnswers({ revocation: 'feed' })
      const token = issuer.mintOpaque({ userId: 'ada', clientId: 'web' })
      expect(await ask(token)).toMatchObject({ status: 200 })
      issuer[revoke]('somebody-else')
      await guard.catchUp()
      expect(await ask(token)).toMatchObject({ status: 200 })
      issuer[revoke](revoke === 'revokeUser' ? 'ada' : 'web')
      await guard.catchUp()
      expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
      expect(callsTo('/introspect', issuer.requests)).toBe(1)
    },
  )
})

test('an operation that insists gets the answer of now, not that of a moment ago', async () => {
  const { issuer, ask } = newGuardUnderTest(options)
  const token = issuer.mintOpaque()
  expect(await ask(token, { introspect: true })).toMatchObject({ status: 200 })
  issuer.revoke(token)
  expect(await ask(token, { introspect: true })).toMatchObject({ status: 401 })
})

test('an answer is not kept longer by a clock that is set back', async () => {
  vi.useFakeTimers()
  const { issuer, ask } = newGuardUnderTest(options)
  const token = issuer.mintOpaque({ expiresInSeconds: 86_400 })
  await ask(token)
  issuer.revoke(token)
  vi.setSystemTime(Date.now() - 3_600_000)
  await vi.advanceTimersByTimeAsync(6000)
  expect(await ask(token)).toMatchObject({ status: 401 })
})
