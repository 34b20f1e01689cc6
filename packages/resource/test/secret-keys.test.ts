// Keys that an issuer shares with one API alone: how they are fetched, kept, renewed, and never given away.

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createGuard, type GuardOptions } from '../src/index.ts'
import { createTestIssuer } from '../src/testing.ts'
import { newGuardUnderTest, requestWith, send } from './support/guard-under-test.ts'

const options: GuardOptions = { contract: 'crm-com', revocation: 'off' }
const lasting = { expiresInSeconds: 86_400 }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

function pass(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000)
}

function callsForKeys(requests: readonly string[]): number {
  return requests.filter((url) => url.endsWith('/resource-keys')).length
}

test('are asked for at the first token, and once for many', async () => {
  const { issuer, ask } = newGuardUnderTest(options)
  expect(issuer.requests).toEqual([])
  const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.mint()))
  const answers = await Promise.all(tokens.map((token) => ask(token)))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(callsForKeys(issuer.requests)).toBe(1)
})

test('wrong credentials of the API get none, and every token waits', async () => {
  const introspection = { clientId: 'test:api', clientSecret: 'wrong' }
  const { issuer, ask } = newGuardUnderTest({ ...options, introspection })
  const answer = await ask(await issuer.mint())
  expect(answer).toMatchObject({ status: 503, error: { reason: 'keys_unavailable' } })
  expect(String(answer.error?.cause)).toContain('401')
})

describe('a new key', () => {
  test('is found at its first token, and the one before is still good', async () => {
    const { issuer, ask } = newGuardUnderTest(options)
    const old = await issuer.mint(lasting)
    expect(await ask(old)).toMatchObject({ status: 200 })
    issuer.rotateKey()
    pass(31)
    expect(await ask(await issuer.mint(lasting))).toMatchObject({ status: 200 })
    expect(await ask(await issuer.mint(lasting))).toMatchObject({ status: 200 })
    pass(601)
    expect(await ask(old)).toMatchObject({ status: 200 })
  })

  test('is looked for at most every thirty seconds', async () => {
    const { issuer, ask } = newGuardUnderTest(options)
    await ask(await issuer.mint())
    const flood = Array.from({ length: 50 }, (_, index) =>
      issuer.mint({ header: { kid: `unknown-${index}` } }).then((jwt) => ask(jwt)),
    )
    for (const answer of await Promise.all(flood)) {
      expect(answer).toMatchObject({ status: 401, error: { reason: 'key_unknown' } })
    }
    expect(callsForKeys(issuer.requests)).toBe(1)
    pass(31)
    await ask(await issuer.mint({ header: { kid: 'unknown' } }))
    await ask(await issuer.mint({ header: { kid: 'unknown again' } }))
    expect(callsForKeys(issuer.requests)).toBe(2)
  })

  test('ends tokens of a withdrawn one, even remembered ones', async () => {
    const { issuer, ask } = newGuardUnderTest(options)
    const token = await issuer.mint(lasting)
    expect(await ask(token)).toMatchObject({ status: 200 })
    issuer.rotateKey({ withdrawOld: true })
    pass(601)
    expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'key_unknown' } })
  })
})

describe('an issuer that is away', () => {
  test('at the start of the API is asked again a second later', async () => {
    const { issuer, ask } = newGuardUnderTest(options)
    const token = await issuer.mint(lasting)
    issuer.reachable = false
    for (let count = 0; count < 10; count += 1) {
      expect(await ask(token)).toMatchObject({ status: 503, error: { reason: 'keys_unavailable' } })
    }
    expect(issuer.requests).toHaveLength(1)
    issuer.reachable = true
    pass(2)
    expect(await ask(token)).toMatchObject({ status: 200 })
  })

  test('or in trouble is left alone for a second', async () => {
    const { issuer } = newGuardUnderTest(options)
    let calls = 0
    const guard = createGuard({
      ...issuer.guardOptions,
      revocation: 'off',
      fetch: async (input, init) => {
        if (!String(input).endsWith('/resource-keys')) return issuer.fetch(input, init)
        calls += 1
        return new Response(null, { status: 503 })
      },
    })
    const token = await issuer.mint(lasting)
    for (let count = 0; count < 10; count += 1) {
      expect(await send(guard, requestWith(`Bearer ${token}`))).toMatchObject({ status: 503 })
    }
    expect(calls).toBe(1)
  })

  test('later does not matter: its last keys go on', async () => {
    const { issuer, ask } = newGuardUnderTest(options)
    await ask(await issuer.mint())
    issuer.reachable = false
    pass(3600)
    expect(await ask(await issuer.mint(lasting))).toMatchObject({ status: 200 })
    expect(await ask(await issuer.mint.forged(lasting))).toMatchObject({ status: 401 })
    issuer.rotateKey()
    expect(await ask(await issuer.mint(lasting))).toMatchObject({ status: 503 })
  })
})

describe('an answer that cannot be used refuses every token', () => {
  const key = { kty: 'oct', alg: 'HS256', kid: 'key-1', k: randomBytes(32).toString('base64url') }

  /** A guard whose issuer answers this when it is asked for keys. */
  async function askWith(answer: () => Response, metadata: object = {}) {
    const issuer = createTestIssuer({ contract: 'crm-com' })
    const guard = createGuard({
      ...issuer.guardOptions,
      revocation: 'off',
      fetch: async (input, init) => {
        if (String(input).endsWith('/resource-keys')) return answer()
        const response = await issuer.fetch(input, init)
        return Response.json({ ...((await response.json()) as object), ...metadata })
      },
    })
    onTestFinished(() => guard.close())
    return await send(
      guard,
      requestWith(`Bearer ${await issuer.mint({ header: { kid: 'key-1' } })}`),
    )
  }

  test('unlike one that is as it should be', async () => {
    const answer = await askWith(() => Response.json({ keys: [key] }))
    expect(answer).toMatchObject({ status: 401, error: { reason: 'signature_invalid' } })
  })

  test.each<[string, () => Response]>([
    ['no JSON', () => new Response(`{"keys":[${JSON.stringify(key)}`)],
    ['no object', () => Response.json([key])],
    ['no list', () => Response.json({ keys: key })],
    ['an error', () => Response.json({ keys: [key] }, { status: 500 })],
    ['a key without kid', () => Response.json({ keys: [{ ...key, kid: undefined }] })],
    ['RFC 7518 §3.2: a short key', () => Response.json({ keys: [{ ...key, k: 'c2hvcnQ' }] })],
  ])('%s', async (_name, respond) => {
    const answer = await askWith(respond)
    expect(answer).toMatchObject({ status: 503, error: { reason: 'keys_unavailable' } })
    expect(inspect(answer.error, { depth: 10 })).not.toContain(key.k)
  })

  test('B10: a public key is never taken for a secret one', async () => {
    const jwk = { kty: 'RSA', alg: 'HS256', kid: 'key-1', n: key.k, e: 'AQAB', k: key.k }
    const answer = await askWith(() => Response.json({ keys: [jwk] }))
    expect(answer).toMatchObject({ status: 401, error: { reason: 'key_unknown' } })
  })

  test.each([
    ['is not there', { resource_keys_endpoint: undefined }],
    ['is on plain http', { resource_keys_endpoint: 'http://issuer.test/resource-keys' }],
  ])('the endpoint %s', async (_name, metadata) => {
    const answer = await askWith(() => Response.json({ keys: [key] }), metadata)
    expect(answer).toMatchObject({ status: 503, error: { reason: 'keys_unavailable' } })
  })
})
