import { describe, expect, it, vi } from 'vitest'
import { createGuessingWorld } from '../../test/support/guessing.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Allowance } from './guessing.ts'

const allowance: Allowance = {
  ...{ purpose: 'test', slot: 'a', failures: 3 },
  ...{ windowSeconds: 60, thenEverySeconds: 0 },
}
const attempt = (presented: string) => ({ ways: [[allowance]], subject: null, presented })

/** A check that ends when it is told to. */
function createCheck() {
  let answer: (right: string | undefined) => void = () => undefined
  const made = vi.fn(() => new Promise<string | undefined>((resolve) => (answer = resolve)))
  return { made, answer: (right?: string) => answer(right) }
}
const wrong = async () => undefined
const right = async () => 'right'

describe('the limit on guessing', () => {
  it('D7: counts a check that failed, and refuses the next when they are used up', async () => {
    const { guesses, clock } = createGuessingWorld()
    for (const spent of [[], [], ['test']]) {
      expect(await guesses.check(attempt('x'), wrong)).toEqual({ outcome: 'wrong', spent })
    }
    expect(await guesses.check(attempt('x'), right)).toEqual({ outcome: 'refused', seconds: 60 })
    clock.advance(60)
    expect(await guesses.check(attempt('x'), right)).toEqual({ outcome: 'right', result: 'right' })
  })

  it('security H2: counts no check that was not made, and gives its place to the next at once', async () => {
    const { guesses } = createGuessingWorld()
    for (let turn = 0; turn < 9; turn += 1) {
      const refused = () => Promise.reject(new OAuthError('overloaded'))
      await expect(guesses.check(attempt('x'), refused)).rejects.toThrow(OAuthError)
    }
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await guesses.check(attempt('x'), wrong)).outcome).toBe('wrong')
    }
  })

  it('security H2: what goes wrong is told as it is, though the place cannot be given back', async () => {
    const { guesses } = createGuessingWorld({ settleTry: () => Promise.reject(new Error('gone')) })
    const broken = () => Promise.reject(new Error('the thread is gone'))
    await expect(guesses.check(attempt('x'), broken)).rejects.toThrow('the thread is gone')
    // Nobody is told whether it was right before that is written down.
    await expect(guesses.check(attempt('x'), wrong)).rejects.toThrow('gone')
    await expect(guesses.check(attempt('x'), right)).rejects.toThrow('gone')
  })

  it('security M1: lets those wait for whom there is no room, in the order in which they came', async () => {
    const { guesses } = createGuessingWorld()
    const checks = Array.from({ length: 5 }, createCheck)
    const outcomes = checks.map(({ made }, turn) => guesses.check(attempt(`${turn}`), made))
    await vi.waitFor(() => expect(checks[2]?.made).toHaveBeenCalled())
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(checks[3]?.made).not.toHaveBeenCalled()
    checks[0]?.answer('right')
    await vi.waitFor(() => expect(checks[3]?.made).toHaveBeenCalled())
    expect(checks[4]?.made).not.toHaveBeenCalled()
    checks[1]?.answer('right')
    await vi.waitFor(() => expect(checks[4]?.made).toHaveBeenCalled())
    for (const { answer } of checks) answer('right')
    for (const outcome of outcomes) expect(await outcome).toMatchObject({ outcome: 'right' })
  })

  it('ruling 3: waits for two seconds and no longer, and counts nothing then', async () => {
    const { guesses } = createGuessingWorld()
    const checks = Array.from({ length: 3 }, createCheck)
    const outcomes = checks.map(({ made }, turn) => guesses.check(attempt(`${turn}`), made))
    const late = guesses.check(attempt('late'), right)
    await expect(late).rejects.toMatchObject({ reason: 'overloaded', retryAfterSeconds: 1 })
    for (const { answer } of checks) answer()
    for (const outcome of outcomes) expect((await outcome).outcome).toBe('wrong')
  })

  it('security M1: makes one check of the same right credentials at once', async () => {
    const { guesses } = createGuessingWorld()
    const first = createCheck()
    const outcomes = [guesses.check(attempt('same'), first.made)]
    const others = vi.fn(right)
    for (let turn = 0; turn < 50; turn += 1) outcomes.push(guesses.check(attempt('same'), others))
    await vi.waitFor(() => expect(first.made).toHaveBeenCalled())
    first.answer('right')
    for (const outcome of outcomes) expect(await outcome).toMatchObject({ outcome: 'right' })
    expect(others).not.toHaveBeenCalled()
  })

  it('D7: what was wrong a moment ago is looked at again, and counted again', async () => {
    const { guesses } = createGuessingWorld()
    const first = createCheck()
    const before = guesses.check(attempt('same'), first.made)
    await vi.waitFor(() => expect(first.made).toHaveBeenCalled())
    // Meanwhile it has become the password.
    const after = guesses.check(attempt('same'), right)
    first.answer()
    expect((await before).outcome).toBe('wrong')
    expect((await after).outcome).toBe('right')
  })

  it('tries the lists of allowances in turn', async () => {
    const { guesses } = createGuessingWorld()
    const own = { ...allowance, slot: 'own', failures: 1 }
    const ways = [[own], [allowance]]
    const both = { ways, subject: null, presented: 'x' }
    for (const spent of [['test'], [], [], ['test']]) {
      expect(await guesses.check(both, wrong)).toEqual({ outcome: 'wrong', spent })
    }
    expect(await guesses.check(both, right)).toEqual({ outcome: 'refused', seconds: 60 })
  })
})

describe('C4: failures of look-ups', () => {
  it('are told as often as they are allowed, then nothing but how long to wait', async () => {
    const { guesses, clock } = createGuessingWorld()
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await guesses.waitOf(() => allowance)).toBeUndefined()
      expect(await guesses.fail(allowance)).toBeUndefined()
    }
    expect(await guesses.waitOf(() => allowance)).toBe(60)
    expect(await guesses.fail(allowance)).toBe(60)
    clock.advance(20)
    expect(await guesses.waitOf(() => allowance)).toBe(40)
    expect(await guesses.waitOf(() => ({ ...allowance, slot: 'b' }))).toBeUndefined()
    clock.advance(40)
    expect(await guesses.waitOf(() => allowance)).toBeUndefined()
  })

  it('write nothing when they are used up, ask once for many who do not fail, and name no slot for them', async () => {
    const { guesses, store } = createGuessingWorld()
    const [count, list] = [vi.spyOn(store, 'countFailure'), vi.spyOn(store, 'listSpentAllowances')]
    const allowanceOf = vi.fn(() => allowance)
    for (let turn = 0; turn < 100; turn += 1) await guesses.waitOf(allowanceOf)
    expect(allowanceOf).not.toHaveBeenCalled()
    expect(list).toHaveBeenCalledTimes(1)
    for (let turn = 0; turn < 100; turn += 1) await guesses.fail(allowance)
    expect(count).toHaveBeenCalledTimes(3)
  })
})

it('structural 12: a slot is one of 65,536, and of the server alone', () => {
  const { guesses } = createGuessingWorld()
  const slots = new Set(
    Array.from({ length: 5000 }, (_, name) => guesses.slotOf('user', `${name}`)),
  )
  for (const slot of slots) expect(Number.parseInt(slot, 36)).toBeLessThan(65_536)
  expect(slots.size).toBeGreaterThan(4500)
  expect(guesses.slotOf('ab', 'c')).not.toBe(guesses.slotOf('a', 'bc'))
})
