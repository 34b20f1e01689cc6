import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createGuard, type GuardOptions } from '../src/index.ts'
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

describe('metadata that cannot be trusted or used refuses every token', () => {
  const issuer = 'https://issuer.test'
  test.each<[string, () => Response]>([
    ['no JSON', () => new Response('<html>')],
    ['no object', () => Response.json([])],
    ['an error', () => Response.json({ issuer, jwks_uri: `${issuer}/jwks` }, { status: 500 })],
    ['no keys', () => Response.json({ issuer })],
    ['keys on plain http', () => Response.json({ issuer, jwks_uri: 'http://issuer.test/jwks' })],
    ['keys in a file', () => Response.json({ issuer, jwks_uri: 'file:///etc/keys' })],
    ['keys that are no URL', () => Response.json({ issuer, jwks_uri: 5 })],
    ['5 MB', () => new Response(`{"a":"${'a'.repeat(5_000_000)}"}`)],
  ])('%s', async (_name, respond) => {
    const options: GuardOptions = { issuer, audience: 'https://api.test', ...withoutFeed }
    const guard = createGuard({ ...options, fetch: async () => respond() })
    const token = await createTestIssuer().mint()
    const verdict = await guard.verify(requestWith(`Bearer ${token}`))
    if (verdict.ok) throw new Error('A token was accepted without keys')
    expect(verdict.response.status).toBe(503)
    expect(verdict.response.headers.get('retry-after')).toBe('1')
    expect(await verdict.response.json()).toMatchObject({ error: 'temporarily_unavailable' })
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

test('an issuer that never answers is given up, and the token with it', async () => {
  vi.useRealTimers()
  const server = createServer(() => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const guard = createGuard({
    issuer: `http://127.0.0.1:${port}`,
    audience: 'https://api.test',
    timeoutSeconds: 0.2,
    ...withoutFeed,
  })
  const token = await createTestIssuer().mint()
  expect(await send(guard, requestWith(`Bearer ${token}`))).toMatchObject({ status: 503 })
})
