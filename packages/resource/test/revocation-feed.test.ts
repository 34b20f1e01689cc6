import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createGuard } from '../src/index.ts'
import { parseFeedPage, RevocationList, revocationId } from '../src/revocation-list.ts'
import { createTestIssuer } from '../src/testing.ts'
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

test('tokens issued after the revocation of an app or user are good', async () => {
  const { issuer, guard, ask } = newGuardUnderTest()
  issuer.revokeUser('user-1')
  issuer.revokeClient('client-1')
  await guard.catchUp()
  expect(await ask(await issuer.mint({ issuedAtSeconds: now() }))).toMatchObject({ status: 401 })
  expect(await ask(await issuer.mint({ issuedAtSeconds: now() + 1 }))).toMatchObject({
    status: 200,
  })
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
  issuer.revokeUser('same')
  await guard.catchUp()
  expect(await ask(await issuer.mint.forApp({ clientId: 'same' }))).toMatchObject({ status: 200 })
  expect(await ask(await issuer.mint({ userId: 'same' }))).toMatchObject({ status: 401 })
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

test('the first token waits for the feed: a restart forgets no revocation', async () => {
  const { issuer, ask } = newGuardUnderTest()
  const token = await issuer.mint()
  issuer.revoke(token)
  expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
})

test('a process that was suspended reads the feed before it trusts a token', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { issuer, ask } = newGuardUnderTest({ pollSeconds: 30 })
  const token = await issuer.mint({ expiresInSeconds: 86_400 })
  expect(await ask(token)).toMatchObject({ status: 200 })
  issuer.revoke(token)
  vi.setSystemTime(Date.now() + 4000_000)
  expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
})

test('a long feed is read page by page, and then from where it ended', async () => {
  const { issuer, guard, ask } = newGuardUnderTest()
  for (let count = 0; count < 250; count += 1) issuer.revokeUser(`user-${count}`)
  expect(await ask(await issuer.mint({ userId: 'user-249' }))).toMatchObject({ status: 401 })
  expect(guard.status().feed).toMatchObject({ state: 'current', sequence: 250, entries: 250 })
  await guard.catchUp()
  const positions = issuer.requests.flatMap((url) => /after=(\d+)/.exec(url)?.[1] ?? [])
  expect(positions).toEqual(['0', '100', '200', '250'])
})

describe('while the feed cannot be read', () => {
  test('tokens pass and the API is told, by default', async () => {
    const errors: unknown[] = []
    const { issuer, guard, ask } = newGuardUnderTest({ onFeedError: (error) => errors.push(error) })
    const token = await issuer.mint()
    await ask(token)
    issuer.reachable = false
    await guard.catchUp()
    expect(await ask(token)).toMatchObject({ status: 200 })
    expect(errors).toHaveLength(1)
    expect(guard.status().feed.lastError).toBe(errors[0])
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

  test('tokens are refused with 503 where stale means refuse, until it is back', async () => {
    vi.useFakeTimers()
    const { issuer, guard, ask } = newGuardUnderTest({ whenStale: 'refuse' })
    const token = await issuer.mint({ expiresInSeconds: 3600 })
    expect(await ask(token)).toMatchObject({ status: 200 })

    issuer.reachable = false
    await vi.advanceTimersByTimeAsync(5000)
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

  test('no token passes before the first reading, where stale means refuse', async () => {
    const { issuer, guard } = newGuardUnderTest()
    const strict = createGuard({
      ...issuer.guardOptions,
      whenStale: 'refuse',
      fetch: async (input, init) =>
        String(input).includes('/revocations')
          ? new Response(null, { status: 500 })
          : issuer.fetch(input, init),
    })
    const request = () => requestWith(`Bearer ${token}`)
    const token = await issuer.mint()
    expect(await send(strict, request())).toMatchObject({ status: 503 })
    expect(await send(guard, request())).toMatchObject({ status: 200 })
    strict.close()
  })
})

test('an issuer without feed is noticed, and its tokens are good', async () => {
  const { issuer } = newGuardUnderTest()
  const errors: unknown[] = []
  const guard = createGuard({
    ...issuer.guardOptions,
    onFeedError: (error) => errors.push(error),
    fetch: async (input, init) => {
      const response = await issuer.fetch(input, init)
      if (!String(input).includes('oauth-authorization-server')) return response
      const metadata = (await response.json()) as object
      return Response.json({ ...metadata, revocation_feed_endpoint: undefined })
    },
  })
  const jwt = await issuer.mint()
  expect(await send(guard, requestWith(`Bearer ${jwt}`))).toMatchObject({ status: 200 })
  expect(guard.status().feed.state).toBe('unsupported')
  expect(String(errors)).toContain('revocation_feed_endpoint')
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

test('revocations are forgotten when their last token has expired', () => {
  const list = new RevocationList()
  const revocation = { kind: 'user', issuedUntilSeconds: 100 } as const
  list.add({ ...revocation, id: 'a', expiresAtSeconds: 200 })
  list.add({ ...revocation, id: 'b', expiresAtSeconds: 300 })
  list.add({ ...revocation, id: 'b', expiresAtSeconds: 150 })
  list.dropExpired(200)
  expect(list.size).toBe(1)
  list.dropExpired(300)
  expect(list.size).toBe(0)
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

test('subjects are known by the SHA-256 of their kind and id', () => {
  const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')
  expect(revocationId('user', 'ada')).toBe(hashOf('user:ada'))
  expect(revocationId('grant', 'g:1')).toBe(hashOf('grant:g:1'))
})

describe('a feed page that is malformed is an error, not a page without revocations', () => {
  const entry = { kind: 'grant', id: 'x', issued_until: 1, expires_at: 2 }
  test.each([
    ['no object', []],
    ['no sequence', { more: false, revocations: [] }],
    ['no list', { sequence: 1, more: false }],
    ['an entry that is no object', { sequence: 1, revocations: ['x'] }],
    ['an entry without id', { sequence: 1, revocations: [{ ...entry, id: undefined }] }],
    ['an entry without time', { sequence: 1, revocations: [{ ...entry, issued_until: 'now' }] }],
  ])('%s', (_name, page) => {
    expect(() => parseFeedPage(page)).toThrow('The revocation feed')
  })

  test('a kind of a later version is passed over', () => {
    const page = { sequence: 1, more: false, revocations: [{ ...entry, kind: 'device' }, entry] }
    expect(parseFeedPage(page).revocations).toHaveLength(1)
  })

  test('a feed that promises more without end is given up', async () => {
    const { issuer } = newGuardUnderTest()
    const guard = createGuard({
      ...issuer.guardOptions,
      fetch: async (input, init) =>
        String(input).includes('/revocations')
          ? Response.json({ sequence: 0, more: true, revocations: [] })
          : issuer.fetch(input, init),
    })
    await guard.catchUp()
    expect(String(guard.status().feed.lastError)).toContain('does not move on')
    guard.close()
  })
})
