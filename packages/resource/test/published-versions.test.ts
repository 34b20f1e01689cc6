// Where the guard has the versions of its API from, and what it does when it cannot have them.

import { afterEach, describe, expect, test, vi } from 'vitest'
import { createGuard } from '../src/index.ts'
import { createTestIssuer, type TestIssuer } from '../src/testing.ts'
import { newGuardUnderTest } from './support/guard-under-test.ts'

const OLD = { version: '1.7.0', state: 'current' } as const
const NEW = { version: '1.8.0', state: 'current' } as const

afterEach(() => void vi.useRealTimers())

/** Everything asked for up to now has been answered. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

const asksFor = ({ requests }: TestIssuer) =>
  requests.filter((url) => url.endsWith('/api-versions')).length

test('requests that come together share the first question, later ones are answered from memory', async () => {
  const { issuer, guard } = newGuardUnderTest()
  issuer.publishVersions({ versions: [OLD] })
  const verdicts = await Promise.all(
    Array.from({ length: 20 }, () => guard.versions.choose('1.7.0', {})),
  )
  expect(verdicts.every(({ ok }) => ok)).toBe(true)
  await guard.versions.choose('1.7.0', {})
  expect(asksFor(issuer)).toBe(1)
})

test('the issuer is asked again after a minute, and no request waits for it', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { issuer, guard } = newGuardUnderTest()
  issuer.publishVersions({ versions: [OLD] })
  await guard.versions.choose(undefined, {})
  issuer.publishVersions({ versions: [OLD, NEW] })
  const latest = async () => (await guard.versions.choose('1.7.0', {})).headers['x-version-latest']

  vi.setSystemTime(Date.now() + 59_000)
  expect(await latest()).toBe('1.7.0')
  await settle()
  expect(asksFor(issuer)).toBe(1)
  vi.setSystemTime(Date.now() + 1000)
  expect(await latest()).toBe('1.7.0')
  await settle()
  expect(await latest()).toBe('1.8.0')
  expect(asksFor(issuer)).toBe(2)
})

describe('while the issuer is away', () => {
  test('the versions that were heard last stay', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const errors: unknown[] = []
    const { issuer, guard } = newGuardUnderTest({
      apiVersions: { onError: (error) => errors.push(error) },
    })
    issuer.publishVersions({ versions: [OLD] })
    await guard.versions.choose('1.7.0', {})
    issuer.reachable = false
    for (let minute = 1; minute <= 3; minute++) {
      vi.setSystemTime(Date.now() + 60_000)
      expect(await guard.versions.choose('1.7.0', {})).toMatchObject({ ok: true })
      await settle()
    }
    expect(errors).toHaveLength(3)
  })

  test('an API that has heard of none yet answers 503, and works as soon as it is back', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const errors: unknown[] = []
    const { issuer, guard } = newGuardUnderTest({
      apiVersions: { onError: (error) => errors.push(error) },
    })
    issuer.publishVersions({ versions: [OLD] })
    issuer.reachable = false
    expect(await guard.versions.choose('1.7.0', {})).toMatchObject({
      ok: false,
      refusal: {
        status: 503,
        headers: { 'retry-after': '1' },
        body: { error: 'temporarily_unavailable' },
      },
    })
    expect(errors).toHaveLength(1)
    issuer.reachable = true
    vi.setSystemTime(Date.now() + 2000)
    expect(await guard.versions.choose('1.7.0', {})).toMatchObject({ ok: true })
  })
})

test('an issuer without versions is a mistake that the log names', async () => {
  const errors: unknown[] = []
  const { guard } = newGuardUnderTest({ apiVersions: { onError: (error) => errors.push(error) } })
  expect(await guard.versions.choose(undefined, {})).toMatchObject({ ok: false })
  expect(String(errors[0])).toContain('publishes no API versions')
})

describe('a document that is malformed is not believed', () => {
  const version = { version: '1.7.0', state: 'current' }
  const good = { default: '1.7.0', latest: '1.7.0', versions: [version] }

  test.each([
    ['no object', []],
    ['no list', { ...good, versions: undefined }],
    ['an unknown state', { ...good, versions: [version, { version: '1', state: 'gone' }] }],
    [
      'a name with a line break',
      { ...good, versions: [version, { ...version, version: '1\r\nx' }] },
    ],
    ['a date as text', { ...good, versions: [{ ...version, sunset_at: '2026-11-21' }] }],
    ['a default that is not in the list', { ...good, default: '1.8.0' }],
    ['a retired latest', { ...good, versions: [{ ...version, state: 'retired' }] }],
  ])('%s', async (_what, document) => {
    const issuer = createTestIssuer({ apiVersions: { versions: [OLD] } })
    const guard = createGuard({
      ...issuer.guardOptions,
      fetch: async (input, init) =>
        String(input).endsWith('/api-versions')
          ? Response.json(document)
          : await issuer.fetch(input, init),
    })
    expect(await guard.versions.choose(undefined, {})).toMatchObject({
      ok: false,
      refusal: { status: 503 },
    })
    await guard.close()
  })
})

describe('versions of its own', () => {
  test('an API that lists them asks nobody', async () => {
    const { issuer, guard } = newGuardUnderTest({
      apiVersions: { versions: [OLD, NEW], default: '1.7.0' },
    })
    issuer.reachable = false
    expect(await guard.versions.choose(undefined, {})).toMatchObject({
      ok: true,
      version: '1.7.0',
      headers: { 'x-version-latest': '1.8.0', 'x-version-status': 'update-available' },
    })
  })

  test.each<[string, object, RegExp]>([
    ['a misspelt option', { headers: 'X' }, /"headers" is not known/],
    ['a header that is none', { header: 'X VERSION' }, /is not the name of a header/],
    ['a default without a list', { default: '1.7.0' }, /needs apiVersions\.versions/],
    ['a list with a mistake', { versions: [] }, /apiVersions\.versions has no version/],
  ])('refuses %s at start', (_what, apiVersions, message) => {
    const { guardOptions } = createTestIssuer()
    expect(() => createGuard({ ...guardOptions, apiVersions })).toThrow(message)
  })
})
