import { expect, it, vi } from 'vitest'
import { FollowPace } from './follow-pace.ts'

const EVERY_SECONDS = 2
const LONG = { milliseconds: 20_000, hasFailed: false, broughtNews: false }
const AT_ONCE = { ...LONG, milliseconds: 5 }
const CUT = { ...LONG, hasFailed: true }

it('a follower asks plainly at first, then lets the issuer wait, and asks again as soon as it was answered', () => {
  const pace = new FollowPace(EVERY_SECONDS)
  expect(pace.waitSeconds).toBe(0)
  const soon = pace.next({ ...AT_ONCE, waitSeconds: 0 })
  expect(soon).toBeLessThan(EVERY_SECONDS * 1000)
  const { waitSeconds } = pace
  expect(waitSeconds).toBeGreaterThan(0)
  expect(pace.next({ ...LONG, waitSeconds })).toBe(soon)
  expect(pace.next({ ...AT_ONCE, broughtNews: true, waitSeconds })).toBe(soon)
  // Nobody held it: without a pause it would ask for ever.
  expect(pace.next({ ...AT_ONCE, waitSeconds })).toBe(EVERY_SECONDS * 1000)
})

it('while the issuer is away it is asked plainly, with pauses', () => {
  const pace = new FollowPace(EVERY_SECONDS)
  expect(pace.next({ ...AT_ONCE, hasFailed: true, waitSeconds: 0 })).toBe(EVERY_SECONDS * 1000)
  expect(pace.waitSeconds).toBe(0)
})

it('what cuts silent requests twice is left alone for ten minutes', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const pace = new FollowPace(EVERY_SECONDS)
    pace.next({ ...AT_ONCE, waitSeconds: 0 })
    for (const _ of [1, 2]) {
      const { waitSeconds } = pace
      expect(waitSeconds).toBeGreaterThan(0)
      pace.next({ ...CUT, waitSeconds })
      expect(pace.waitSeconds).toBe(0)
      pace.next({ ...AT_ONCE, waitSeconds: 0 })
    }
    expect(pace.waitSeconds).toBe(0)
    expect(pace.next({ ...AT_ONCE, waitSeconds: 0 })).toBe(EVERY_SECONDS * 1000)
    vi.advanceTimersByTime(600_000)
    expect(pace.waitSeconds).toBeGreaterThan(0)
  } finally {
    vi.useRealTimers()
  }
})
