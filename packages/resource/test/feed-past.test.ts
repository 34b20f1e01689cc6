// What was ended stays ended, whatever becomes of the issuer's feed and of the clocks.

import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createGuard } from '../src/index.ts'
import { createTestIssuer } from '../src/testing.ts'
import { feedLine, guardOfFeed } from './support/feed-of.ts'
import { newGuardUnderTest, requestWith, send } from './support/guard-under-test.ts'

afterEach(() => {
  vi.useRealTimers()
})

const now = () => Math.floor(Date.now() / 1000)

describe('security M5: a feed that starts anew', () => {
  test('after a restore of the issuer is read from its start, and nothing comes back to life', async () => {
    const { issuer, guard, ask } = newGuardUnderTest()
    const [early, late, alive] = [await issuer.mint(), await issuer.mint(), await issuer.mint()]
    for (let count = 0; count < 120; count += 1) issuer.revokeUser(`user-${count + 2}`)
    issuer.revoke(early)
    issuer.revoke(late)
    await guard.catchUp()
    expect(guard.status().feed).toMatchObject({ sequence: 122, entries: 122 })

    issuer.restore({ revocations: 121 })
    await guard.catchUp()
    // The number of lines is what it was before, which without an epoch would look like no news.
    expect(guard.status().feed).toMatchObject({ state: 'current', sequence: 122, entries: 122 })
    for (const token of [early, late, alive]) {
      expect(await ask(token)).toMatchObject({ status: 401, error: { code: 'invalid_token' } })
    }
    const after = await issuer.mint({ issuedAtSeconds: now() + 1 })
    expect(await ask(after)).toMatchObject({ status: 200 })
    issuer.revoke(after)
    await guard.catchUp()
    expect(await ask(after)).toMatchObject({ status: 401 })
  })

  test.each(['standard', 'financial-cents', 'crm-com'] as const)(
    'after a restore lets no token in that a clock far ahead dated after it: %s',
    async (contract) => {
      const { issuer, guard, ask } = newGuardUnderTest({ contract })
      const ahead = { issuedAtSeconds: now() + 8 }
      const [known, unknown] = [await issuer.mint(ahead), await issuer.mint(ahead)]
      expect(await ask(known)).toMatchObject({ status: 200 })
      issuer.restore()
      await guard.catchUp()
      for (const token of [known, unknown]) {
        expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'key_unknown' } })
      }
      expect(await ask(await issuer.mint(ahead))).toMatchObject({ status: 200 })
    },
  )

  test('after a restore lets none in whose signature was checked before, and whose answer comes after', async () => {
    const { issuer, guard, ask } = newGuardUnderTest()
    await guard.catchUp()
    const token = await issuer.mint({ issuedAtSeconds: now() + 8 })
    const wide = issuer.fetch
    let hasRestored = false
    Object.assign(issuer, {
      async fetch(...args: Parameters<typeof fetch>) {
        const answer = await wide(...args)
        // The former keys are on their way while the guard learns of the restore.
        if (!hasRestored && String(args[0]).includes('jwks')) {
          hasRestored = true
          issuer.restore()
          await guard.catchUp()
        }
        return answer
      },
    })
    expect(await ask(token)).toMatchObject({ status: 401, error: { reason: 'key_unknown' } })
    expect(hasRestored).toBe(true)
  })

  test('with lower numbers at the same epoch is read from its start as well', async () => {
    let lines = [feedLine('grant', 'a'), feedLine('grant', 'b'), feedLine('grant', 'c')]
    const { guard, issuer } = await guardOfFeed((url) => {
      const after = Math.min(Number(url.searchParams.get('after')), lines.length)
      const page = { format: 2, epoch: 'e', sequence: lines.length, last_sequence: lines.length }
      return Response.json({ ...page, more: false, revocations: lines.slice(after) })
    })
    await guard.catchUp()
    expect(guard.status().feed).toMatchObject({ sequence: 3, entries: 3 })
    lines = [feedLine('grant', 'd')]
    await guard.catchUp()
    expect(guard.status().feed).toMatchObject({ state: 'current', sequence: 1, entries: 4 })
    for (const grantId of ['a', 'd']) {
      const answer = await send(guard, requestWith(`Bearer ${await issuer.mint({ grantId })}`))
      expect(answer).toMatchObject({ error: { reason: 'token_revoked' } })
    }
  })

  test('again and again is an error, not a loop', async () => {
    let count = 0
    const { guard } = await guardOfFeed(() => {
      count += 1
      const page = { format: 2, epoch: `e${count}`, sequence: count, last_sequence: count }
      return Response.json({ ...page, more: count < 20, revocations: [] })
    })
    await guard.catchUp()
    expect(count).toBe(4)
    expect(guard.status().feed.lastError?.message).toContain('several databases')
  })
})

describe('a clock that steps brings no revoked token back', () => {
  /** A guard that knows of a revoked token, with an issuer whose clock is right while that of this machine is set. */
  async function guardOfRevoked() {
    vi.useFakeTimers({ toFake: ['Date'] })
    const issuer = createTestIssuer()
    const atMilliseconds = Date.now()
    let passedMilliseconds = 0
    const guard = createGuard({
      ...issuer.guardOptions,
      fetch: async (input, init) => {
        const response = await issuer.fetch(input, init)
        const headers = new Headers(response.headers)
        headers.set('date', new Date(atMilliseconds + passedMilliseconds).toUTCString())
        return new Response(response.body, { status: response.status, headers })
      },
    })
    onTestFinished(() => guard.close())
    const token = await issuer.mint({ expiresInSeconds: 86_000 })
    issuer.revoke(token)
    await guard.catchUp()
    return {
      guard,
      ask: () => send(guard, requestWith(`Bearer ${token}`)),
      /** Sets the clock of this machine to so many seconds after the beginning. */
      setClock: (seconds: number) => vi.setSystemTime(atMilliseconds + seconds * 1000),
      pass: (seconds: number) => {
        passedMilliseconds += seconds * 1000
      },
    }
  }

  test('forwards by two days, and back', async () => {
    const { guard, ask, setClock } = await guardOfRevoked()
    setClock(2 * 86_400)
    await guard.catchUp()
    await guard.catchUp()
    setClock(0)
    expect(await ask()).toMatchObject({ status: 401, error: { reason: 'token_revoked' } })
    expect(guard.status().feed.entries).toBe(1)
  })

  test('backwards by an hour, after the line was forgotten', async () => {
    const { guard, ask, setClock, pass } = await guardOfRevoked()
    setClock(86_401)
    pass(86_401)
    await guard.catchUp()
    expect(guard.status().feed.entries).toBe(0)
    for (const seconds of [86_400 - 60, 86_400 - 3600, 0]) {
      setClock(seconds)
      expect(await ask()).toMatchObject({ status: 401, error: { reason: 'token_expired' } })
    }
  })

  test('backwards keeps no feed current', async () => {
    vi.useFakeTimers()
    const { issuer, guard, ask } = newGuardUnderTest()
    const token = await issuer.mint({ expiresInSeconds: 86_400 })
    expect(await ask(token)).toMatchObject({ status: 200 })
    issuer.reachable = false
    vi.setSystemTime(Date.now() - 3_600_000)
    await vi.advanceTimersByTimeAsync(62_000)
    expect(guard.status().feed.state).toBe('stale')
    expect(await ask(token)).toMatchObject({ status: 503 })
  })
})
