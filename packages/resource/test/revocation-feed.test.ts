import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { AccessToken } from '../src/access-token.ts'
import { takeInstant } from '../src/elapsed.ts'
import { createGuard, type GuardOptions } from '../src/index.ts'
import { createIssuer } from '../src/issuer.ts'
import { readSettings } from '../src/options.ts'
import { RevocationFeed } from '../src/revocation-feed.ts'
import { RevocationList } from '../src/revocation-list.ts'
import { jwtAt } from '../src/shapes/jwt-at.ts'
import { createTestIssuer } from '../src/testing.ts'
import { feedLine, guardOfFeed } from './support/feed-of.ts'
import { newGuardUnderTest, requestWith, send } from './support/guard-under-test.ts'

afterEach(() => {
  vi.useRealTimers()
})

const now = () => Math.floor(Date.now() / 1000)

describe('a token is refused once', () => {
  test.each([
    ['its grant', { grantId: 'g1' }],
    ['its app', { clientId: 'c1' }],
    ['its user', { userId: 'u1' }],
  ])('%s is revoked, and others are not', async (_name, minted) => {
    const { issuer, guard, ask } = newGuardUnderTest()
    const token = await issuer.mint(minted)
    const other = await issuer.mint({ userId: 'u2', clientId: 'c2', grantId: 'g2' })
    expect(await ask(token)).toMatchObject({ status: 200 })

    if ('grantId' in minted) issuer.revoke(token)
    if ('clientId' in minted) issuer.revokeClient('c1')
    if ('userId' in minted) issuer.revokeUser('u1')
    await guard.catchUp()

    expect(await ask(token)).toMatchObject({
      status: 401,
      error: { reason: 'token_revoked' },
      challenge: { error: 'invalid_token' },
    })
    expect(await ask(other)).toMatchObject({ status: 200 })
  })

  test('also one that is opaque and was introspected a moment ago', async () => {
    const introspection = { clientId: 'test:api', clientSecret: 'secret%+ of:é' }
    const { issuer, guard, ask } = newGuardUnderTest({ introspection })
    const token = issuer.mintOpaque()
    expect(await ask(token)).toMatchObject({ status: 200 })
    issuer.revoke(token)
    await guard.catchUp()
    expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
  })
})

test('security H6: what app or user had is ended, whatever its time of issue, and what they get then is good', async () => {
  const { issuer, guard, ask } = newGuardUnderTest()
  const former = await issuer.mint({ issuedAtSeconds: now() + 50 })
  issuer.revokeUser('user-1')
  await guard.catchUp()
  expect(await ask(former)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
  const next = await issuer.mint({ issuedAtSeconds: now() - 50 })
  expect(await ask(next)).toMatchObject({ status: 200 })
  issuer.revokeClient('client-1')
  await guard.catchUp()
  expect(await ask(next)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
  expect(await ask(await issuer.mint())).toMatchObject({ status: 200 })
})

test('a revoked grant ends its tokens whenever they were issued', async () => {
  const { issuer, guard, ask } = newGuardUnderTest()
  issuer.revoke(await issuer.mint({ grantId: 'g1' }))
  await guard.catchUp()
  const later = await issuer.mint({ grantId: 'g1', issuedAtSeconds: now() + 30 })
  expect(await ask(later)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
})

test('a user and an app of the same name are told apart', async () => {
  const { issuer, guard, ask } = newGuardUnderTest()
  const ofApp = await issuer.mint.forApp({ clientId: 'same' })
  const ofUser = await issuer.mint({ userId: 'same' })
  issuer.revokeUser('same')
  await guard.catchUp()
  expect(await ask(ofApp)).toMatchObject({ status: 200 })
  expect(await ask(ofUser)).toMatchObject({ status: 401 })
})

test('the feed is read by itself, every few seconds', async () => {
  vi.useFakeTimers()
  const { issuer, ask } = newGuardUnderTest({ pollSeconds: 2 })
  const token = await issuer.mint()
  expect(await ask(token)).toMatchObject({ status: 200 })
  issuer.revoke(token)
  await vi.advanceTimersByTimeAsync(2100)
  expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
})

describe('a token waits for the feed, however slow that is', () => {
  /** A guard whose feed answers when it is let, which is long after everything else that a token needs. */
  function newGuardOfHeldFeed(options: GuardOptions = {}) {
    let answered: Promise<unknown> = Promise.resolve()
    const under = newGuardUnderTest({
      ...options,
      fetch: async (input, init) => {
        if (String(input).includes('/revocations')) await answered
        return await under.issuer.fetch(input, init)
      },
    })
    function hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>()
      answered = promise
      return resolve
    }
    return { ...under, hold }
  }

  /** Long enough for all that does not hang on the feed: nothing but the feed leaves the process here. */
  async function turnsOfTheEventLoop() {
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  test('the first one: a restart forgets no revocation', async () => {
    const { issuer, ask, hold } = newGuardOfHeldFeed()
    const token = await issuer.mint()
    issuer.revoke(token)
    const letGo = hold()
    const asked = ask(token)
    await turnsOfTheEventLoop()
    // What it needs besides is asked for only after the feed.
    expect(issuer.requests.filter((url) => url.endsWith('/jwks'))).toEqual([])
    letGo()
    expect(await asked).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
  })

  test.each([
    ['half a minute', 30],
    ['an hour', 3600],
  ])('one that is known, in a process that was suspended for %s', async (_name, seconds) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { issuer, ask, hold } = newGuardOfHeldFeed({ pollSeconds: 2 })
    const token = await issuer.mint({ expiresInSeconds: 86_400 })
    expect(await ask(token)).toMatchObject({ status: 200 })
    issuer.revoke(token)
    const letGo = hold()
    vi.setSystemTime(Date.now() + seconds * 1000)
    const asked = ask(token)
    const isOver = await Promise.race([asked.then(() => true), turnsOfTheEventLoop()])
    expect(isOver).toBeUndefined()
    letGo()
    expect(await asked).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
  })
})

test('a long feed is read page by page, and then from where it ended', async () => {
  const { issuer, guard, ask } = newGuardUnderTest()
  const token = await issuer.mint({ userId: 'user-249' })
  for (let count = 0; count < 250; count += 1) issuer.revokeUser(`user-${count}`)
  expect(await ask(token)).toMatchObject({ status: 401 })
  expect(guard.status().feed).toMatchObject({ state: 'current', sequence: 250, entries: 250 })
  await guard.catchUp()
  const positions = issuer.requests.flatMap((url) => /after=(\d+)$/.exec(url)?.[1] ?? [])
  expect(positions).toEqual(['0', '100', '200', '250'])
})

describe('security M6: while the feed cannot be read', () => {
  test('tokens pass for a minute, and the API is told', async () => {
    const errors: unknown[] = []
    const { issuer, guard, ask } = newGuardUnderTest({ onFeedError: (error) => errors.push(error) })
    const token = await issuer.mint()
    await ask(token)
    issuer.reachable = false
    await guard.catchUp()
    expect(await ask(token)).toMatchObject({ status: 200 })
    expect(errors).toHaveLength(1)
  })

  test('operating 23: the status says why, in JSON too', async () => {
    const { issuer, guard, ask } = newGuardUnderTest()
    await ask(await issuer.mint())
    issuer.reachable = false
    await guard.catchUp()
    const { feed } = JSON.parse(JSON.stringify(guard.status()))
    expect(feed).toMatchObject({ state: 'current', sequence: 0, entries: 0 })
    expect(feed.lastReadAtSeconds).toBeTypeOf('number')
    expect(feed.lastError.message).toContain('/revocations?after=0 cannot be reached: fetch failed')
  })

  test('known revocations stay in force', async () => {
    const { issuer, guard, ask } = newGuardUnderTest()
    const token = await issuer.mint()
    expect(await ask(token)).toMatchObject({ status: 200 })
    issuer.revoke(token)
    await guard.catchUp()
    issuer.reachable = false
    await guard.catchUp()
    expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
  })

  test('tokens are refused with 503 after a minute, until it is back', async () => {
    vi.useFakeTimers()
    const { issuer, guard, ask } = newGuardUnderTest()
    const token = await issuer.mint({ expiresInSeconds: 3600 })
    expect(await ask(token)).toMatchObject({ status: 200 })

    issuer.reachable = false
    await vi.advanceTimersByTimeAsync(55_000)
    expect(await ask(token)).toMatchObject({ status: 200 })
    await vi.advanceTimersByTimeAsync(7000)
    expect(guard.status().feed.state).toBe('stale')
    expect(await ask(token)).toMatchObject({
      status: 503,
      error: { reason: 'revocations_unavailable' },
    })

    issuer.reachable = true
    await vi.advanceTimersByTimeAsync(3000)
    expect(await ask(token)).toMatchObject({ status: 200 })
  })

  test('one failure is no outage, however seldom the feed is read', async () => {
    vi.useFakeTimers()
    const { issuer, ask } = newGuardUnderTest({ pollSeconds: 30 })
    const token = await issuer.mint({ expiresInSeconds: 3600 })
    expect(await ask(token)).toMatchObject({ status: 200 })
    issuer.reachable = false
    await vi.advanceTimersByTimeAsync(31_000)
    issuer.reachable = true
    await vi.advanceTimersByTimeAsync(25_000)
    const token2 = await issuer.mint()
    issuer.revoke(token2)
    await vi.advanceTimersByTimeAsync(7000)
    expect(await ask(token)).toMatchObject({ status: 200 })
    expect(await ask(token2)).toMatchObject({ status: 401 })
  })

  test('no token passes before the first reading', async () => {
    const { guard, token } = await guardOfFeed(() => new Response(null, { status: 500 }))
    expect(await send(guard, requestWith(`Bearer ${token}`))).toMatchObject({ status: 503 })
  })

  test("whenStale: 'accept' lets tokens pass, with a warning", async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    onTestFinished(() => warn.mockRestore())
    const { guard, token } = await guardOfFeed(() => new Response(null, { status: 500 }), {
      whenStale: 'accept',
    })
    for (let count = 0; count < 3; count += 1) {
      expect(await send(guard, requestWith(`Bearer ${token}`))).toMatchObject({ status: 200 })
      await guard.catchUp()
    }
    const warnings = warn.mock.calls.filter(([, how]) => Object(how).code === 'OSTIARY_FEED')
    expect(warnings).toHaveLength(1)
    expect(String(warnings)).toContain('revoked tokens pass')
    expect(String(warnings)).toContain('answered 500')
  })
})

describe('an issuer without feed', () => {
  const withoutFeed = async (options: GuardOptions) => {
    const issuer = createTestIssuer()
    const guard = createGuard({
      ...issuer.guardOptions,
      ...options,
      fetch: async (input, init) => {
        const response = await issuer.fetch(input, init)
        if (!String(input).includes('oauth-authorization-server')) return response
        const metadata = (await response.json()) as object
        return Response.json({ ...metadata, revocation_feed_endpoint: undefined })
      },
    })
    onTestFinished(() => guard.close())
    return { guard, answer: await send(guard, requestWith(`Bearer ${await issuer.mint()}`)) }
  }

  test("security M6: must be written down, revocation: 'off', or no token passes", async () => {
    const { guard, answer } = await withoutFeed({})
    expect(answer).toMatchObject({ status: 503, error: { reason: 'revocations_unavailable' } })
    expect(String(answer.error?.cause)).toContain("createGuard({ revocation: 'off' })")
    expect(guard.status().feed.state).toBe('unsupported')
  })

  test.each<GuardOptions>([{ revocation: 'off' }, { whenStale: 'accept' }])(
    '%j: its tokens are good',
    async (options) => {
      expect((await withoutFeed(options)).answer.status).toBe(200)
    },
  )
})

test('switched off, it is never asked for', async () => {
  const { issuer, guard, ask } = newGuardUnderTest({ revocation: 'off' })
  await ask(await issuer.mint())
  await guard.catchUp()
  expect(issuer.requests.some((url) => url.includes('/revocations'))).toBe(false)
  expect(guard.status().feed.state).toBe('off')
})

describe('while a reading is under way', () => {
  /** A guard whose next call to the feed waits: it was answered, but the answer is still on its way. */
  async function guardWithSlowFeed() {
    const issuer = createTestIssuer()
    const { promise, resolve: release } = Promise.withResolvers<void>()
    let isSlow = false
    const guard = createGuard({
      ...issuer.guardOptions,
      fetch: async (input, init) => {
        const response = await issuer.fetch(input, init)
        if (isSlow && String(input).includes('/revocations')) await promise
        return response
      },
    })
    onTestFinished(() => guard.close())
    const token = await issuer.mint()
    const ask = () => send(guard, requestWith(`Bearer ${token}`))
    expect(await ask()).toMatchObject({ status: 200 })
    isSlow = true
    return { issuer, guard, token, ask, release }
  }

  test('catching up does not take its older answer for the newest', async () => {
    const { issuer, guard, token, ask, release } = await guardWithSlowFeed()
    const earlier = guard.catchUp()
    await vi.waitFor(() => expect(issuer.requests.at(-1)).toContain('/revocations'))
    issuer.revoke(token)
    const later = guard.catchUp()
    release()
    await Promise.all([earlier, later])
    expect(await ask()).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
  })

  test('closing the guard plans no further one', async () => {
    vi.useFakeTimers()
    const { issuer, guard, release } = await guardWithSlowFeed()
    const reading = guard.catchUp()
    guard.close()
    release()
    await reading
    const before = issuer.requests.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(issuer.requests).toHaveLength(before)
  })
})

test('a guard keeps no process alive', async () => {
  const [index, testing] = ['../src/index.ts', '../src/testing.ts'].map(
    (path) => new URL(path, import.meta.url).href,
  )
  const script = `
    import { createGuard } from '${index}'
    import { createTestIssuer } from '${testing}'
    const issuer = createTestIssuer()
    const guard = createGuard(issuer.guardOptions)
    const headers = { authorization: 'Bearer ' + (await issuer.mint()) }
    console.log((await guard.verify(new Request('https://api.test', { headers }))).ok)`
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 30_000,
  })
  expect(stdout).toBe('true\n')
})

test('a closed guard reads no more by itself', async () => {
  vi.useFakeTimers()
  const { issuer, guard, ask } = newGuardUnderTest()
  await ask(await issuer.mint())
  guard.close()
  const before = issuer.requests.length
  await vi.advanceTimersByTimeAsync(60_000)
  expect(issuer.requests).toHaveLength(before)
})

test('the feed grows no longer than the tokens live that it ends', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { issuer, guard } = newGuardUnderTest()
  issuer.revokeUser('user-1')
  await guard.catchUp()
  expect(guard.status().feed.entries).toBe(1)
  vi.setSystemTime(Date.now() + 86_401_000)
  await guard.catchUp()
  expect(guard.status().feed.entries).toBe(0)
})

describe('ruling 10: a token without tags', () => {
  test.each([
    ['app', 'client', 'client-1'],
    ['user', 'user', 'user-1'],
  ] as const)('is ended by the id of its %s, and one with tags is not', async (_name, kind, id) => {
    const { guard, issuer } = await guardOfFeed(() =>
      Response.json({
        format: 2,
        epoch: 'e',
        sequence: 1,
        last_sequence: 1,
        more: false,
        revocations: [feedLine(kind, id, now())],
      }),
    )
    const ask = async (claims: object, issuedAtSeconds = now() - 5) => {
      const token = await issuer.mint({ claims: { ...claims }, issuedAtSeconds })
      return (await send(guard, requestWith(`Bearer ${token}`))).status
    }
    expect(await ask({ rev: undefined })).toBe(401)
    expect(await ask({ rev: undefined }, now() + 5)).toBe(200)
    expect(await ask({})).toBe(200)
  })

  test.each([[null], ['x'], [{ c: 5 }], [['c']]])(
    'tags that cannot be read refuse it: %j',
    async (rev) => {
      const { issuer, ask } = newGuardUnderTest()
      expect(await ask(await issuer.mint({ claims: { rev } }))).toMatchObject({
        status: 401,
        error: { reason: 'claims_invalid' },
      })
    },
  )
})

test('security M3: a feed with more lines than an API can hold closes it', async () => {
  vi.useFakeTimers()
  const issuer = createTestIssuer()
  const settings = readSettings(issuer.guardOptions)
  const feed = new RevocationFeed(settings, createIssuer(settings), new RevocationList(150))
  onTestFinished(() => feed.close())
  const check = () =>
    feed.check(new AccessToken(jwtAt.jwt?.readClaims(claims, settings) ?? never()), takeInstant())
  const claims = decodeJwt(await issuer.mint({ expiresInSeconds: 3600 }))
  for (let count = 0; count < 120; count += 1) issuer.revokeUser(`user-${count + 2}`)
  await feed.catchUp()
  expect(check).not.toThrow()
  for (let count = 0; count < 120; count += 1) issuer.revokeUser(`user-${count + 2}`)
  await vi.advanceTimersByTimeAsync(65_000)
  expect(check).toThrow('revocations_unavailable')
  expect(feed.status()).toMatchObject({ entries: 150, state: 'stale' })
  expect(feed.status().lastError?.message).toContain('more than 150 lines')
})

function never(): never {
  throw new Error('there are no JWTs')
}

describe('ruling 10: a feed of another format', () => {
  test.each([
    ['an older one', {}, 'has format 1'],
    ['a newer one', { format: 3, epoch: 'e', sequence: 0, last_sequence: 0 }, 'has format 3'],
  ])('%s closes at once, whatever stale means, and says which', async (_name, page, message) => {
    const { guard, token } = await guardOfFeed(
      () => Response.json({ sequence: 0, more: false, revocations: [], ...page }),
      { whenStale: 'accept' },
    )
    const answer = await send(guard, requestWith(`Bearer ${token}`))
    expect(answer).toMatchObject({ status: 503, error: { reason: 'revocations_unavailable' } })
    expect(String(answer.error?.cause)).toContain(message)
    expect(String(answer.error?.cause)).toContain('reads format 2')
  })

  test('is noticed in the middle of its life, and so is its return', async () => {
    let format = 2
    const { guard, token } = await guardOfFeed(() =>
      Response.json({
        format,
        epoch: 'e',
        sequence: 0,
        last_sequence: 0,
        more: false,
        revocations: [],
      }),
    )
    const ask = async () => (await send(guard, requestWith(`Bearer ${token}`))).status
    expect(await ask()).toBe(200)
    format = 3
    await guard.catchUp()
    expect(await ask()).toBe(503)
    format = 2
    await guard.catchUp()
    expect(await ask()).toBe(200)
  })
})

test('a feed that promises more without end is given up', async () => {
  const page = { format: 2, epoch: 'e', sequence: 0, last_sequence: 5, more: true, revocations: [] }
  const { guard } = await guardOfFeed(() => Response.json(page))
  await guard.catchUp()
  expect(guard.status().feed.lastError?.message).toContain('does not move on')
})
