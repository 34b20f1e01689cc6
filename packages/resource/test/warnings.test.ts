import { createServer } from 'node:https'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { explain } from '../src/explain.ts'
import { createGuard, type GuardOptions } from '../src/index.ts'
import { createTestIssuer } from '../src/testing.ts'
import { requestWith, send } from './support/guard-under-test.ts'
import { SELF_SIGNED } from './support/self-signed.ts'

let warnings: string[] = []

beforeEach(() => {
  warnings = []
  vi.spyOn(process, 'emitWarning').mockImplementation((text, how) => {
    warnings.push(`${Object(how).code}: ${text}`)
  })
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Asks three times; what is said once in a process needs an issuer of its own in each test. */
async function askThrice(options: GuardOptions, token: string) {
  const guard = createGuard({ audience: 'https://api.test', ...options })
  onTestFinished(() => guard.close())
  guard.metadata()
  for (let count = 0; count < 3; count += 1) {
    expect(await send(guard, requestWith(`Bearer ${token}`))).toMatchObject({ status: 503 })
  }
}

describe('operating 18: why every request is refused is said once, and loudly', () => {
  test('an issuer whose name differs by the slash at the end', async () => {
    const issuer = createTestIssuer({ issuer: 'https://slash.test/' })
    const { guardOptions } = issuer
    await askThrice({ ...guardOptions, issuer: 'https://slash.test' }, await issuer.mint())
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain("write issuer: 'https://slash.test/'")
  })

  test('an issuer of another name', async () => {
    const issuer = createTestIssuer({ issuer: 'https://one.test' })
    const options = {
      ...issuer.guardOptions,
      issuer: 'https://two.test',
      fetch: () => issuer.fetch('https://one.test/.well-known/oauth-authorization-server'),
    }
    await askThrice(options, await issuer.mint())
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('the metadata of "https://one.test"')
    expect(warnings[0]).toContain('character by character')
  })

  test('an issuer that cannot be reached, with what led to it', async () => {
    await askThrice({ issuer: 'http://127.0.0.1:1' }, await createTestIssuer().mint())
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('OSTIARY_UNAVAILABLE')
    expect(warnings[0]).toContain(
      'http://127.0.0.1:1/.well-known/oauth-authorization-server cannot',
    )
    expect(warnings[0]).toMatch(/ECONNREFUSED|bad port/)
  })

  test('an authority that signed the certificate and is not known, with the remedy', async () => {
    const server = createServer(SELF_SIGNED, (_request, response) => void response.end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    await askThrice({ issuer: `https://localhost:${port}` }, await createTestIssuer().mint())
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/SELF_SIGNED/)
    expect(warnings[0]).toContain('NODE_EXTRA_CA_CERTS')
  })
})

describe('operating 24: a challenge that leads to a document nobody serves', () => {
  test.each([
    ['is warned of once', false, 1],
    ['is not, where the process has set it up, by any guard of the API', true, 0],
  ])('%s', async (_name, isSetUp, count) => {
    const audience = `https://api-${count}.test`
    const { guardOptions } = createTestIssuer({ audience })
    if (isSetUp) createGuard(guardOptions).metadataPath()
    const guard = createGuard(guardOptions)
    for (let asked = 0; asked < 3; asked += 1) await guard.verify(requestWith(undefined))
    expect(warnings.filter((text) => text.includes('OSTIARY_METADATA'))).toHaveLength(count)
    if (count > 0) expect(warnings[0]).toContain(`${audience}/.well-known/oauth-protected-resource`)
  })

  test('is no matter for an audience that is no URL', async () => {
    const { guardOptions } = createTestIssuer({ audience: 'urn:api' })
    await createGuard(guardOptions).verify(requestWith(undefined))
    expect(warnings).toEqual([])
  })
})

describe('an error is explained with everything that led to it', () => {
  test.each<[string, unknown, string]>([
    ['nothing but itself', new Error('a'), 'a'],
    ['one cause', new TypeError('fetch failed', { cause: new Error('b') }), 'fetch failed: b'],
    [
      'a code',
      new Error('a', { cause: Object.assign(new Error('b'), { code: 'ENOENT' }) }),
      'a: b (ENOENT)',
    ],
    [
      'several addresses',
      new Error('a', { cause: new AggregateError([new Error('b'), new Error('c')]) }),
      'a: b; c',
    ],
    ['a cause that is repeated', new Error('a: b', { cause: new Error('b') }), 'a: b'],
    ['a text', 'a', 'a'],
    ['no message', new RangeError(''), 'RangeError'],
  ])('%s', (_name, error, text) => {
    expect(explain(error)).toBe(text)
  })

  test('a circle of causes ends', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    a.cause = b
    b.cause = a
    expect(explain(a)).toBe('a: b')
  })
})
