import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  apart,
  Deadline,
  DeadlineError,
  giveUpAtMilliseconds,
  uncounted,
  waitFor,
} from './deadline.ts'

const NEVER = new Promise<never>(() => undefined)

/** Does it as a request with so much time would. */
function within<Result>(milliseconds: number, work: (deadline: Deadline) => Promise<Result>) {
  return new Promise<Result>((resolve, reject) => {
    const deadline = Deadline.begin(milliseconds)
    deadline.govern(() => work(deadline).then(resolve, reject))
  })
}

const remaining = () => giveUpAtMilliseconds(60_000) - performance.now()

describe('chaos 3: the deadline of a request', () => {
  it('is shared by all that it waits for, however deep and however late', async () => {
    await within(50, async () => {
      await pause(20)
      expect(remaining()).toBeLessThan(31)
      await turn()
      await expect(waitFor(NEVER)).rejects.toThrow(DeadlineError)
      await expect(waitFor(NEVER)).rejects.toThrow(DeadlineError)
    })
  })

  it('changes nothing about what comes in time', async () => {
    await within(10_000, async () => {
      expect(await waitFor(Promise.resolve('here'))).toBe('here')
      await expect(waitFor(Promise.reject(new RangeError()))).rejects.toThrow(RangeError)
    })
  })

  it('is not that of another request, and nobody has one outside', async () => {
    await Promise.all([
      within(50, () => expect(waitFor(NEVER)).rejects.toThrow(DeadlineError)),
      within(10_000, async () => expect(remaining()).toBeGreaterThan(9000)),
    ])
    expect(remaining()).toBeGreaterThan(59_000)
    await expect(waitFor(NEVER, 10)).rejects.toThrow(DeadlineError)
  })

  it('ends with the answer: what is done afterwards is not held to it', async () => {
    await within(10, async (deadline) => {
      deadline.end()
      expect(remaining()).toBeGreaterThan(59_000)
    })
  })

  it('serves again when it is over, with the time of the next request', async () => {
    const deadline = Deadline.begin(10)
    deadline.end()
    const next = Deadline.begin(10_000)
    expect(next).toBe(deadline)
    await new Promise<void>((resolve) => {
      next.govern(() => {
        expect(remaining()).toBeGreaterThan(9000)
        expect(remaining()).toBeLessThan(10_001)
        resolve()
      })
    })
    expect(Deadline.begin(10)).not.toBe(next)
  })

  it('is not lengthened by work of a request that had it before', async () => {
    const deadline = Deadline.begin(1000)
    const { promise, resolve } = Promise.withResolvers<void>()
    const work = new Promise<void>((done) => {
      deadline.govern(() => uncounted(() => promise).then(done))
    })
    await pause(20)
    deadline.end()
    const next = Deadline.begin(1000)
    expect(next).toBe(deadline)
    const before = next.atMilliseconds
    resolve()
    await work
    expect(next.atMilliseconds).toBe(before)
  })

  it('leaves what surrounds it behind, or keeps it where that is asked for', async () => {
    const surroundings = new AsyncLocalStorage<string>()
    const seen = (enter: (deadline: Deadline, work: () => void) => void) =>
      new Promise((resolve) => {
        surroundings.run('somebody', () => {
          enter(Deadline.begin(1000), () => resolve([surroundings.getStore(), remaining() < 1001]))
        })
      })
    expect(await seen((deadline, work) => deadline.govern(work))).toEqual([undefined, true])
    expect(await seen((deadline, work) => deadline.governWithin(work))).toEqual(['somebody', true])
  })

  it('does not reach work that others share', async () => {
    await within(10, async () => {
      expect(apart(remaining)).toBeGreaterThan(59_000)
    })
  })

  it('leaves the time for work that is bounded by itself', async () => {
    await within(10_000, async () => {
      const before = remaining()
      await uncounted(() => pause(50))
      expect(before - remaining()).toBeLessThan(25)
    })
  })

  it('counts what had arrived while the process was busy as in time', async () => {
    await within(20, async () => {
      const { promise, resolve } = Promise.withResolvers<string>()
      const waiting = waitFor(promise)
      setTimeout(() => setImmediate(() => resolve('late, through no fault of its own')), 10)
      const until = performance.now() + 60
      while (performance.now() < until);
      expect(await waiting).toBe('late, through no fault of its own')
    })
  })
})
