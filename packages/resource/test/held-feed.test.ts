// How the feed is followed: by requests that the issuer holds, and by polling where that does not work.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { GuardOptions } from '../src/index.ts'
import { createGuard } from '../src/index.ts'
import { newGuardUnderTest } from './support/guard-under-test.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

type Fetch = typeof fetch

/** A guard whose requests for the feed go this way; `held`: how long the issuer is asked to hold it, in seconds. */
function newGuardOn(
  way: (held: number, call: () => ReturnType<Fetch>, init: RequestInit) => ReturnType<Fetch>,
  options: GuardOptions = {},
) {
  const asked: number[] = []
  const under = newGuardUnderTest({
    ...options,
    fetch: async (input, init = {}) => {
      const { pathname, searchParams } = new URL(String(input))
      const call = () => under.issuer.fetch(input, init)
      if (pathname !== '/revocations') return await call()
      const held = Number(searchParams.get('wait'))
      asked.push(held)
      return await way(held, call, init)
    },
  })
  return { ...under, asked }
}

test('contracts: a revocation is in force when the issuer has told of it, and one request is held', async () => {
  let [underWay, most] = [0, 0]
  const { issuer, ask, asked } = newGuardOn(async (_held, call) => {
    underWay += 1
    most = Math.max(most, underWay)
    try {
      return await call()
    } finally {
      underWay -= 1
    }
  })
  for (let round = 0; round < 16; round += 1) {
    const token = await issuer.mint()
    expect(await ask(token)).toMatchObject({ status: 200 })
    await vi.waitFor(() => expect(underWay).toBe(1))
    issuer.revoke(token)
    await vi.waitFor(async () => expect(await ask(token)).toMatchObject({ status: 401 }))
  }
  expect(most).toBe(1)
  expect(asked.slice(1).every((held) => held > 0)).toBe(true)
  expect(asked.length).toBeLessThanOrEqual(18)
})

test('while nothing happens it asks three times a minute, and tokens pass', async () => {
  vi.useFakeTimers()
  const { issuer, ask, asked } = newGuardOn((_held, call) => call())
  const token = await issuer.mint({ expiresInSeconds: 3600 })
  await ask(token)
  await vi.advanceTimersByTimeAsync(600_000)
  expect(await ask(token)).toMatchObject({ status: 200 })
  expect(asked.length).toBeGreaterThan(25)
  expect(asked.length).toBeLessThan(35)
})

test('an issuer that does not hold requests is polled', async () => {
  vi.useFakeTimers()
  const { issuer, ask, asked } = newGuardOn(() => issuer.fetch('https://issuer.test/revocations'))
  await ask(await issuer.mint())
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked.length).toBeGreaterThan(25)
  expect(asked.length).toBeLessThan(35)
})

describe('a proxy that cuts what is silent for five seconds', () => {
  const cutting = async (_held: number, call: () => ReturnType<Fetch>) => {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new TypeError('fetch failed: other side closed')), 5000)
    try {
      return await Promise.race([call(), promise])
    } finally {
      clearTimeout(timer)
    }
  }

  test('is no failure of the feed, and after two cuts requests are held for a shorter time', async () => {
    vi.useFakeTimers()
    const onFeedError = vi.fn()
    const { issuer, guard, ask, asked } = newGuardOn(cutting, { onFeedError })
    const token = await issuer.mint({ expiresInSeconds: 3600 })
    await ask(token)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(onFeedError).not.toHaveBeenCalled()
    expect(guard.status().feed).toMatchObject({ state: 'current', lastError: undefined })
    expect(asked.slice(0, 5)).toEqual([0, 20, 0, 20, 0])
    expect(new Set(asked.slice(5))).toEqual(new Set([2]))
    issuer.revoke(token)
    await vi.advanceTimersByTimeAsync(100)
    expect(await ask(token)).toMatchObject({ status: 401 })
  })

  test('is forgotten after ten minutes, for it may have been mended', async () => {
    vi.useFakeTimers()
    const { issuer, ask, asked } = newGuardOn(cutting)
    await ask(await issuer.mint())
    await vi.advanceTimersByTimeAsync(630_000)
    expect(asked.slice(5)).toContain(20)
  })
})

test('one that allows no request to wait at all leaves polling', async () => {
  vi.useFakeTimers()
  const { issuer, ask, asked } = newGuardOn(async (held, call) => {
    if (held > 0) throw new TypeError('fetch failed')
    return await call()
  })
  const token = await issuer.mint({ expiresInSeconds: 3600 })
  await ask(token)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked.filter((held) => held > 0)).toHaveLength(2)
  expect(asked.length).toBeGreaterThan(25)
  issuer.revoke(token)
  await vi.advanceTimersByTimeAsync(2100)
  expect(await ask(token)).toMatchObject({ status: 401 })
})

describe('security M6: a held request that is never answered', () => {
  const never = (_held: number, _call: unknown, { signal }: RequestInit) =>
    new Promise<never>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason))
    })

  test('is given up in time, so that tokens still pass', async () => {
    vi.useFakeTimers()
    const { issuer, ask } = newGuardOn((held, call, init) =>
      held > 0 ? never(held, call, init) : call(),
    )
    const token = await issuer.mint({ expiresInSeconds: 3600 })
    for (let minute = 0; minute < 20; minute += 1) {
      expect(await ask(token)).toMatchObject({ status: 200 })
      await vi.advanceTimersByTimeAsync(15_000)
    }
  })

  test('closes the guard after a minute when nothing else is answered either', async () => {
    vi.useFakeTimers()
    let isAway = false
    const { issuer, ask } = newGuardOn((held, call, init) =>
      isAway ? never(held, call, init) : call(),
    )
    const token = await issuer.mint({ expiresInSeconds: 3600 })
    await ask(token)
    isAway = true
    const asked = vi.advanceTimersByTimeAsync(90_000)
    await asked
    const answer = ask(token)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(await answer).toMatchObject({
      status: 503,
      error: { reason: 'revocations_unavailable' },
    })
  })
})

test('catching up does not wait for a held request, whose late answer changes nothing', async () => {
  const { issuer, guard, ask, asked } = newGuardOn((_held, call) => call())
  const token = await issuer.mint()
  await ask(token)
  await vi.waitFor(() => expect(asked.at(-1)).toBeGreaterThan(0))
  await guard.catchUp()
  expect(asked.at(-1)).toBe(0)
  expect(guard.status().feed.lastError).toBeUndefined()
})

test('closing the guard ends the request that is held', async () => {
  let isHeld = false
  const { issuer, guard, ask } = newGuardOn(async (held, call) => {
    isHeld = held > 0
    try {
      return await call()
    } finally {
      isHeld = false
    }
  })
  await ask(await issuer.mint())
  await vi.waitFor(() => expect(isHeld).toBe(true))
  await guard.close()
  await vi.waitFor(() => expect(isHeld).toBe(false))
})

test('a request that is held keeps no process alive', async () => {
  const epoch = 'epoch'
  const server = createServer(({ url }, response) => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const endpoints = { jwks_uri: `${issuer}/jwks`, revocation_feed_endpoint: `${issuer}/feed` }
    const feed = { format: 2, epoch, sequence: 0, last_sequence: 0, more: false, revocations: [] }
    if (url?.includes('wait=')) return
    response.end(JSON.stringify(url?.includes('/feed') ? feed : { issuer, ...endpoints }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const heldBy = once(server, 'request', { signal: AbortSignal.timeout(60_000) })
  const script = `
    import { setTimeout } from 'node:timers/promises'
    import { createGuard } from '${new URL('../src/index.ts', import.meta.url)}'
    const issuer = 'http://127.0.0.1:${(server.address() as AddressInfo).port}'
    const guard = createGuard({ issuer, audience: 'https://api.test' })
    await guard.catchUp()
    // The held request is on its way.
    await setTimeout(500)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
  onTestFinished(() => void child.kill())
  await heldBy
  const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(15_000) })
  expect(code).toBe(0)
}, 60_000)

test('a guard that is never asked makes no request', () => {
  const fetched = vi.fn()
  createGuard({ issuer: 'https://issuer.test', audience: 'https://api.test', fetch: fetched })
  expect(fetched).not.toHaveBeenCalled()
})
