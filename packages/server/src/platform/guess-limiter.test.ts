import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createGuessLimiter } from './guess-limiter.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('C4: the guess limiter', () => {
  const create = () => createGuessLimiter({ failures: 3, windowSeconds: 60 })

  it('lets a key fail as often as it may, then says how long to wait', async () => {
    const limiter = create()
    for (let failure = 0; failure < 3; failure++) {
      expect(await limiter.blockedFor('a')).toBeUndefined()
      await limiter.recordFailure('a')
    }
    expect(await limiter.blockedFor('a')).toBe(60)
    await vi.advanceTimersByTimeAsync(20_500)
    expect(await limiter.blockedFor('a')).toBe(40)
  })

  it('leaves other keys alone', async () => {
    const limiter = create()
    for (let failure = 0; failure < 3; failure++) await limiter.recordFailure('a')
    for (const other of ['b', 'A', 'a ', '']) {
      expect(await limiter.blockedFor(other)).toBeUndefined()
    }
  })

  it('forgets when the window is over, however many failures came meanwhile', async () => {
    const limiter = create()
    for (let failure = 0; failure < 30; failure++) {
      await limiter.recordFailure('a')
      await vi.advanceTimersByTimeAsync(1_000)
    }
    expect(await limiter.blockedFor('a')).toBe(30)
    await vi.advanceTimersByTimeAsync(29_999)
    expect(await limiter.blockedFor('a')).toBe(1)
    await vi.advanceTimersByTimeAsync(2)
    expect(await limiter.blockedFor('a')).toBeUndefined()
  })
})
