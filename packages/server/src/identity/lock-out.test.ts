import { expect, it } from 'vitest'
import { lockSeconds } from './lock-out.ts'

const YEAR = 365 * 86_400

it.each([
  [1, 0],
  [4, 0],
  [5, 30],
  [6, 60],
  [10, 960],
  [12, 3600],
  [99, 3600],
])('D7: after %i failures in a row an account is locked for %i seconds', (attempts, seconds) => {
  expect(lockSeconds(attempts)).toBe(seconds)
})

it('D7, ASVS 6.3.1: whoever tries as soon as they may gets 100 tries, in years', () => {
  let tries = 0
  for (let now = 0; now < 5 * YEAR; now += lockSeconds(tries)) tries += 1
  expect(tries).toBe(100)
})
