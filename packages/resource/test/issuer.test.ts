import { createServer, type RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createGuard } from '../src/index.ts'
import { metadataUrl } from '../src/issuer.ts'
import { createTestIssuer } from '../src/testing.ts'
import { newGuardUnderTest, requestWith, send } from './support/guard-under-test.ts'

const withoutFeed = { revocation: 'off' } as const

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

function pass(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000)
}

describe('RFC 8414 §3.1: the metadata is looked for', () => {
  test.each([
    ['https://auth.test', 'https://auth.test/.well-known/oauth-authorization-server'],
    ['https://auth.test/', 'https://auth.test/.well-known/oauth-authorization-server'],
    ['https://a.test/tenant', 'https://a.test/.well-known/oauth-authorization-server/tenant'],
    ['https://a.test/t/1/', 'https://a.test/.well-known/oauth-authorization-server/t/1'],
  ])('for %s at %s', (issuer, url) => {
    expect(metadataUrl(issuer)).toBe(url)
  })

  test('at the first token, not at start, and once', async () => {
    const { issuer, ask } = newGuardUnderTest(withoutFeed)
    expect(issuer.requests).toEqual([])
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.mint()))
    await Promise.all(tokens.map((token) => ask(token)))
    await ask(await issuer.mint())
    expect(issuer.requests).toEqual([metadataUrl(issuer.issuer), `${issuer.issuer}/jwks`])
  })
})

describe('metadata is read anew, so that nobody has to restart the API', () => {
  /** An issuer whose feed is where its metadata says, if it says so. */
  function guardOfFeed(initially: string | undefined) {
    const issuer = createTestIssuer()
    let feed = initially
    const guard = createGuard({
      ...issuer.guardOptions,
      fetch: async (input, init) => {
        const url = String(input)
        if (url === metadataUrl(issuer.issuer)) {
          const metadata = (await (await issuer.fetch(input, init)).json()) as object
          const place = feed && `${issuer.issuer}${feed}`
          return Response.json({ ...metadata, revocation_feed_endpoint: place })
        }
        if (!url.includes('revocations')) return issuer.fetch(input, init)
        if (!url.includes(`${feed}?`)) return new Response(null, { status: 404 })
        return issuer.fetch(url.replace(`${feed}?`, '/revocations?'), init)
      },
    })
    onTestFinished(() => guard.close())
    return {
      moveFeed(to: string | undefined) {
        feed = to
      },
      ask: async () => {
        const token = await issuer.mint({ expiresInSeconds: 3000 })
        return (await send(guard, requestWith(`Bearer ${token}`))).status
      },
    }
  }

  test('an issuer that gets a feed is found within half a minute', async () => {
    const { ask, moveFeed } = guardOfFeed(undefined)
    expect(await ask()).toBe(503)
    moveFeed('/revocations')
    pass(31)
    expect(await ask()).toBe(200)
  })

  test('so is a feed that has moved, once it was asked for without being held', async () => {
    const { ask, moveFeed } = guardOfFeed('/revocations')
    expect(await ask()).toBe(200)
    moveFeed('/new/revocations')
    pass(61)
    expect(await ask()).toBe(503)
    pass(31)
    await ask()
    pass(31)
    expect(await ask()).toBe(200)
  })

  test('an issuer that has no feed any more closes the guard', async () => {
    const { ask, moveFeed } = guardOfFeed('/revocations')
    expect(await ask()).toBe(200)
    moveFeed(undefined)
    pass(601)
    expect(await ask()).toBe(503)
  })
})

test('RFC 8414 §3.3: metadata of another issuer is refused, with both names in the log', async () => {
  const issuer = createTestIssuer({ issuer: 'https://issuer.test/' })
  const errors: unknown[] = []
  const guard = createGuard({
    ...issuer.guardOptions,
    ...withoutFeed,
    issuer: 'https://issuer.test',
    onRefusal: (error) => errors.push(error.cause),
  })
  const answer = await send(guard, requestWith(`Bearer ${await issuer.mint()}`))
  expect(answer).toMatchObject({ status: 503, error: { reason: 'keys_unavailable' } })
  expect(String(errors)).toContain('"https://issuer.test/"')
  expect(String(errors)).toContain('"https://issuer.test"')
})

test('field 46: an issuer that is reached under an inner address is called there alone', async () => {
  const issuer = createTestIssuer({ issuer: 'https://auth.example.com/crm' })
  const called: string[] = []
  const guard = createGuard({
    ...issuer.guardOptions,
    issuerOrigin: 'https://auth.internal:8443',
    fetch: (input, init) => {
      called.push(String(input))
      return issuer.fetch(String(input).replace('auth.internal:8443', 'auth.example.com'), init)
    },
  })
  onTestFinished(() => guard.close())
  const answer = await send(guard, requestWith(`Bearer ${await issuer.mint()}`))
  expect(answer).toMatchObject({ status: 200 })
  expect(called).toContain('https://auth.internal:8443/crm/jwks')
  expect(called.filter((url) => !url.startsWith('https://auth.internal:8443/'))).toEqual([])
  expect(guard.metadata().authorization_servers).toEqual(['https://auth.example.com/crm'])
})

test('field 46: what the issuer has at another origin is asked for there', async () => {
  const issuer = createTestIssuer()
  const called: string[] = []
  const guard = createGuard({
    ...issuer.guardOptions,
    ...withoutFeed,
    issuerOrigin: 'https://auth.internal',
    fetch: async (input, init) => {
      called.push(String(input))
      const url = String(input).replace(/auth\.internal|keys\.test/, 'issuer.test')
      const answer = await issuer.fetch(url, init)
      if (url !== metadataUrl(issuer.issuer)) return answer
      const metadata = (await answer.json()) as object
      return Response.json({ ...metadata, jwks_uri: 'https://keys.test/jwks' })
    },
  })
  const answer = await send(guard, requestWith(`Bearer ${await issuer.mint()}`))
  expect(answer).toMatchObject({ status: 200 })
  expect(called).toEqual([metadataUrl('https://auth.internal'), 'https://keys.test/jwks'])
})

describe('metadata that cannot be trusted or used refuses every token', () => {
  const issuer = 'https://issuer.test'
  const good = { issuer, jwks_uri: `${issuer}/jwks` }
  const padding = 'a'.repeat(5_000_000)

  // The keys are there whatever their URL is, so that only the metadata can be at fault.
  async function askWith(metadata: Response): Promise<Response | undefined> {
    const testIssuer = createTestIssuer({ issuer })
    const answer = (url: string) =>
      url === metadataUrl(issuer) ? metadata : testIssuer.fetch(good.jwks_uri)
    const guard = createGuard({
      ...testIssuer.guardOptions,
      ...withoutFeed,
      fetch: async (input) => answer(String(input)),
    })
    const verdict = await guard.verify(requestWith(`Bearer ${await testIssuer.mint()}`))
    return verdict.ok ? undefined : verdict.response
  }

  test('unlike metadata that is as it should be', async () => {
    expect(await askWith(Response.json(good))).toBeUndefined()
  })

  test.each<[string, () => Response]>([
    ['no JSON', () => new Response('<html>')],
    ['no object', () => Response.json([])],
    ['an error', () => Response.json(good, { status: 500 })],
    ['no keys', () => Response.json({ issuer })],
    ['keys on plain http', () => Response.json({ ...good, jwks_uri: 'http://issuer.test/jwks' })],
    ['keys in a file', () => Response.json({ ...good, jwks_uri: 'file:///etc/keys' })],
    ['keys that are no URL', () => Response.json({ ...good, jwks_uri: 5 })],
    ['5 MB', () => Response.json({ ...good, padding })],
  ])('%s', async (_name, metadata) => {
    const response = await askWith(metadata())
    expect(response?.status).toBe(503)
    expect(response?.headers.get('retry-after')).toBe('1')
    expect(await response?.json()).toMatchObject({ error: 'temporarily_unavailable' })
  })
})

describe('an issuer that is down', () => {
  test('at the start of the API is asked again a second later', async () => {
    const { issuer, ask } = newGuardUnderTest(withoutFeed)
    const token = await issuer.mint({ expiresInSeconds: 3600 })
    issuer.reachable = false
    for (let count = 0; count < 10; count += 1) {
      expect(await ask(token)).toMatchObject({ status: 503 })
    }
    expect(issuer.requests).toHaveLength(1)
    issuer.reachable = true
    pass(2)
    expect(await ask(token)).toMatchObject({ status: 200 })
  })

  test('later does not matter: its last keys go on', async () => {
    const { issuer, ask } = newGuardUnderTest(withoutFeed)
    const minted = { expiresInSeconds: 86_400 }
    const seen = await issuer.mint(minted)
    await ask(seen)
    issuer.reachable = false
    pass(3600)
    expect(await ask(seen)).toMatchObject({ status: 200 })
    expect(await ask(await issuer.mint(minted))).toMatchObject({ status: 200 })
    expect(await ask(await issuer.mint.forged(minted))).toMatchObject({ status: 401 })
    const before = issuer.requests.length
    await ask(await issuer.mint(minted))
    expect(issuer.requests).toHaveLength(before)
  })

  test('leaves a token of a key that nobody has seen undecided', async () => {
    const { issuer, ask } = newGuardUnderTest(withoutFeed)
    await ask(await issuer.mint())
    issuer.rotateKey()
    issuer.reachable = false
    pass(60)
    expect(await ask(await issuer.mint())).toMatchObject({
      status: 503,
      error: { reason: 'keys_unavailable' },
    })
  })
})

describe('a new signing key', () => {
  test('is found at its first token', async () => {
    const { issuer, ask } = newGuardUnderTest(withoutFeed)
    await ask(await issuer.mint())
    issuer.rotateKey()
    pass(31)
    expect(await ask(await issuer.mint())).toMatchObject({ status: 200 })
  })

  test('ends tokens of a withdrawn one, even remembered ones', async () => {
    const { issuer, ask } = newGuardUnderTest(withoutFeed)
    const token = await issuer.mint({ expiresInSeconds: 86_400 })
    expect(await ask(token)).toMatchObject({ status: 200 })
    issuer.rotateKey({ withdrawOld: true })
    pass(601)
    expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'key_unknown' } })
  })
})

test('a clock that is set back keeps no withdrawn key', async () => {
  vi.useRealTimers()
  vi.useFakeTimers()
  const { issuer, ask } = newGuardUnderTest(withoutFeed)
  const token = await issuer.mint({ expiresInSeconds: 86_400 })
  expect(await ask(token)).toMatchObject({ status: 200 })
  issuer.rotateKey({ withdrawOld: true })
  vi.setSystemTime(Date.now() - 3_600_000)
  await vi.advanceTimersByTimeAsync(601_000)
  expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'key_unknown' } })
})

test('a redirect of the issuer is not followed', async () => {
  vi.useRealTimers()
  const paths: (string | undefined)[] = []
  const origin = await startServer((request, response) => {
    paths.push(request.url)
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  const token = await createTestIssuer().mint()
  expect(await send(guardOf(origin), requestWith(`Bearer ${token}`))).toMatchObject({ status: 503 })
  expect(paths).toEqual(['/.well-known/oauth-authorization-server'])
})

test('an issuer that never answers is given up, and the token with it', async () => {
  vi.useRealTimers()
  const origin = await startServer(() => undefined)
  const token = await createTestIssuer().mint()
  expect(await send(guardOf(origin), requestWith(`Bearer ${token}`))).toMatchObject({ status: 503 })
})

function guardOf(issuer: string) {
  return createGuard({
    issuer,
    audience: 'https://api.test',
    timeoutSeconds: 0.5,
    ...withoutFeed,
  })
}

async function startServer(handler: RequestListener): Promise<string> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}
