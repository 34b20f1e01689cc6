import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { Deadline, DeadlineError, giveUpAtMilliseconds } from './deadline.ts'
import { keepFresh } from './fresh.ts'

function setUp() {
  const clock = createFakeClock()
  const readings: PromiseWithResolvers<number>[] = []
  const fresh = keepFresh(
    () => {
      const reading = Promise.withResolvers<number>()
      readings.push(reading)
      return reading.promise
    },
    { clock, maxAgeMs: 2000 },
  )
  return { clock, fresh, readings }
}

describe('R19: what other processes may change', () => {
  it('is read once for all who ask within its time', async () => {
    const { clock, fresh, readings } = setUp()
    const both = [fresh.get(), fresh.get()]
    readings[0]?.resolve(1)
    expect(await Promise.all(both)).toEqual([1, 1])
    clock.advance(1)
    expect(await fresh.get()).toBe(1)
    expect(readings).toHaveLength(1)
  })

  it('is as old as the question, however long the answer took', async () => {
    const { clock, fresh, readings } = setUp()
    const slow = fresh.get()
    clock.advance(2)
    const later = fresh.get()
    readings[0]?.resolve(1)
    readings[1]?.resolve(2)
    expect(await Promise.all([slow, later])).toEqual([1, 2])
    expect(await fresh.get()).toBe(2)
  })

  it('is read again when the clock was set back', async () => {
    const { clock, fresh, readings } = setUp()
    fresh.get()
    clock.advance(-3600)
    fresh.get()
    expect(readings).toHaveLength(2)
  })

  it('that could not be read is asked for again by the next', async () => {
    const { fresh, readings } = setUp()
    const both = [fresh.get(), fresh.get()]
    readings[0]?.reject(new Error('away'))
    for (const each of both) await expect(each).rejects.toThrow('away')
    const next = fresh.get()
    readings[1]?.resolve(2)
    expect(await next).toBe(2)
  })

  it('can be forgotten before its time', async () => {
    const { fresh, readings } = setUp()
    fresh.get()
    fresh.forget()
    fresh.get()
    expect(readings).toHaveLength(2)
  })

  it('chaos 3: a request without time gives up, and the reading goes on for the others', async () => {
    const { promise: reading, resolve: arrive } = Promise.withResolvers<string>()
    let leftMilliseconds = 0
    const fresh = keepFresh(
      () => {
        leftMilliseconds = giveUpAtMilliseconds(60_000) - performance.now()
        return reading
      },
      { clock: { nowMilliseconds: () => 0 } },
    )
    const hurried = new Promise<unknown>((resolve) => {
      Deadline.begin(20).govern(() => fresh.get().catch(resolve))
    })
    const patient = fresh.get()
    expect(await hurried).toBeInstanceOf(DeadlineError)
    expect(leftMilliseconds).toBeGreaterThan(50_000)
    arrive('value')
    expect(await patient).toBe('value')
  })
})
