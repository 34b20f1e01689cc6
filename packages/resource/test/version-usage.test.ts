// What the issuer is told of the use of versions: batched, each batch once, and never at the cost of a request.

import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Guard } from '../src/index.ts'
import { createIssuer } from '../src/issuer.ts'
import { readSettings } from '../src/options.ts'
import { createTestIssuer, type TestIssuer } from '../src/testing.ts'
import { VersionUsage } from '../src/version-usage.ts'
import { newGuardUnderTest, requestWith } from './support/guard-under-test.ts'

afterEach(() => void vi.useRealTimers())

const VERSIONS = {
  versions: [
    { version: '1.7.0', state: 'current' },
    { version: '1.8.0', state: 'current' },
  ],
} as const

const TEN_SECONDS = 10_000

interface UnderTest {
  readonly issuer: TestIssuer
  readonly guard: Guard
  readonly errors: unknown[]
  /** Every report that was sent, as it was sent. */
  readonly reports: { readonly batch: string; readonly uses: readonly object[] }[]
  /** What the issuer answers to reports, after it has taken them. Default: what it really answers. */
  answer: (() => Response) | undefined
  call(clientId: string, version: string | undefined): Promise<number>
}

function start({ reportUse }: { reportUse?: boolean } = {}): UnderTest {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 12) })
  const errors: unknown[] = []
  const { issuer, guard } = newGuardUnderTest({
    introspection: { clientId: 'test:api', clientSecret: 'secret%+ of:é' },
    apiVersions: {
      onError: (error) => errors.push(error),
      ...(reportUse !== undefined && { reportUse }),
    },
    fetch: async (input, init) => {
      const response = await issuer.fetch(input, init)
      if (!String(input).endsWith('/version-usage')) return response
      underTest.reports.push(JSON.parse(String(init?.body)))
      return underTest.answer?.() ?? response
    },
  })
  issuer.publishVersions(VERSIONS)
  const underTest: UnderTest = {
    issuer,
    guard,
    errors,
    reports: [],
    answer: undefined,
    async call(clientId, version) {
      const request = requestWith(`Bearer ${await issuer.mint({ clientId })}`)
      const verdict = await guard.versions.choose(version, request)
      if (!verdict.ok) return verdict.refusal.status
      const { ok } = await guard.verify(request)
      return ok ? 200 : 401
    },
  }
  return underTest
}

test('calls are counted per app, version and day, and told every ten seconds', async () => {
  const { issuer, call, reports } = start()
  for (let calls = 0; calls < 3; calls++) await call('sync', '1.7.0')
  await call('sync', '1.8.0')
  await call('export', undefined)
  expect(reports).toEqual([])
  await vi.advanceTimersByTimeAsync(TEN_SECONDS)
  const day = '2026-11-21'
  expect(issuer.versionUses()).toEqual([
    { clientId: 'sync', version: '1.7.0', day, calls: 3 },
    { clientId: 'sync', version: '1.8.0', day, calls: 1 },
    { clientId: 'export', version: '1.8.0', day, calls: 1 },
  ])
  vi.setSystemTime(Date.UTC(2026, 10, 22))
  await call('sync', '1.7.0')
  await vi.advanceTimersByTimeAsync(TEN_SECONDS)
  expect(issuer.versionUses().at(-1)).toMatchObject({ day: '2026-11-22', calls: 1 })
  expect(reports).toHaveLength(2)
})

test('a call that was refused is no use', async () => {
  const { issuer, guard, call } = start()
  expect(await call('sync', '9.9.9')).toBe(400)
  const stranger = requestWith(undefined)
  await guard.versions.choose('1.7.0', stranger)
  expect(await guard.verify(stranger)).toMatchObject({ ok: false })
  await guard.close()
  expect(issuer.versionUses()).toEqual([])
})

test('a call that is checked twice is one use, one without a version is none', async () => {
  const { issuer, guard } = start()
  const request = requestWith(`Bearer ${await issuer.mint()}`)
  await guard.verify(request)
  await guard.versions.choose('1.7.0', request)
  await guard.verify(request)
  await guard.verify(request)
  await guard.close()
  expect(issuer.versionUses()).toMatchObject([{ version: '1.7.0', calls: 1 }])
})

test('close tells what is left', async () => {
  const { issuer, guard, call } = start()
  await call('sync', '1.7.0')
  await guard.close()
  expect(issuer.versionUses()).toMatchObject([{ clientId: 'sync', calls: 1 }])
})

describe('a report that fails', () => {
  test('is sent again with the same batch, until it arrives', async () => {
    const underTest = start()
    const { issuer, call, reports, errors } = underTest
    underTest.answer = () => {
      throw new TypeError('the answer was lost')
    }
    await call('sync', '1.7.0')
    await vi.advanceTimersByTimeAsync(TEN_SECONDS)
    await call('sync', '1.7.0')
    underTest.answer = () => new Response(null, { status: 503 })
    await vi.advanceTimersByTimeAsync(TEN_SECONDS)
    underTest.answer = undefined
    await vi.advanceTimersByTimeAsync(TEN_SECONDS)
    const [first, second, third, fourth] = reports
    expect(second).toEqual(first)
    expect(third).toEqual(first)
    expect(fourth?.batch).not.toBe(first?.batch)
    expect(reports).toHaveLength(4)
    expect(errors).toHaveLength(2)
    expect(issuer.versionUses()).toMatchObject([{ calls: 1 }, { calls: 1 }])
  })

  test('costs no request anything', async () => {
    const { issuer, call } = start()
    await call('sync', '1.7.0')
    issuer.reachable = false
    await vi.advanceTimersByTimeAsync(TEN_SECONDS)
    expect(await call('sync', '1.7.0')).toBe(200)
  })

  test('is dropped when the issuer will never take it, and the log hears of it', async () => {
    const underTest = start()
    underTest.answer = () => Response.json({ error: 'unauthorized_client' }, { status: 400 })
    await underTest.call('sync', '1.7.0')
    await vi.advanceTimersByTimeAsync(4 * TEN_SECONDS)
    expect(underTest.reports).toHaveLength(1)
    expect(String(underTest.errors[0])).toContain('answered 400')
  })

  test('does not keep close from ending', async () => {
    const { issuer, guard, call } = start()
    await call('sync', '1.7.0')
    issuer.reachable = false
    await expect(guard.close()).resolves.toBeUndefined()
  })
})

test('what waits for the issuer is bounded, and goes out in batches that it takes', async () => {
  const issuer = createTestIssuer({ apiVersions: VERSIONS })
  const sizes: number[] = []
  const settings = readSettings({
    ...issuer.guardOptions,
    fetch: async (input, init) => {
      if (init?.body) sizes.push(JSON.parse(String(init.body)).uses.length)
      return await issuer.fetch(input, init)
    },
  })
  const usage = new VersionUsage(settings, createIssuer(settings), issuer.introspection)
  for (let app = 0; app < 10_100; app++) usage.count(`app-${app}`, '1.7.0')
  usage.count('app-0', '1.7.0')
  await usage.close()
  expect(issuer.versionUses()).toHaveLength(10_000)
  expect(issuer.versionUses()[0]).toMatchObject({ clientId: 'app-0', calls: 2 })
  expect(Math.max(...sizes)).toBe(200)
})

test('nothing is told where that is switched off', async () => {
  const { guard, call, reports } = start({ reportUse: false })
  await call('sync', '1.7.0')
  await guard.close()
  expect(reports).toEqual([])
})
