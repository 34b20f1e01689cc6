import { describe, expect, it } from 'vitest'
import { createModel } from '../../test/store/model/model.ts'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { createGuessLimiter } from './guess-limiter.ts'

const LIMITS = { purpose: 'test', failures: 3, windowSeconds: 60 }

function setUp() {
  const [store, clock] = [createModel(), createFakeClock()]
  const create = (limits = LIMITS) => createGuessLimiter(limits, { store, clock })
  return { store, clock, create, limiter: create() }
}

describe('C4: the guess limiter', () => {
  it('lets a key fail as often as it may, then says how long to wait', async () => {
    const { limiter, clock } = setUp()
    for (let failure = 0; failure < 3; failure++) {
      expect(await limiter.blockedFor('a')).toBeUndefined()
      await limiter.recordFailure('a')
    }
    expect(await limiter.blockedFor('a')).toBe(60)
    clock.advance(20)
    expect(await limiter.blockedFor('a')).toBe(40)
  })

  it('leaves other keys and other purposes alone', async () => {
    const { limiter, create } = setUp()
    for (let failure = 0; failure < 3; failure++) await limiter.recordFailure('a')
    for (const other of ['b', 'A', 'a ', '']) {
      expect(await limiter.blockedFor(other)).toBeUndefined()
    }
    expect(await create({ ...LIMITS, purpose: 'other' }).blockedFor('a')).toBeUndefined()
  })

  it('forgets when the window is over, however many failures came meanwhile', async () => {
    const { limiter, clock } = setUp()
    for (let failure = 0; failure < 30; failure++) {
      await limiter.recordFailure('a')
      clock.advance(1)
    }
    expect(await limiter.blockedFor('a')).toBe(30)
    clock.advance(29)
    expect(await limiter.blockedFor('a')).toBe(1)
    clock.advance(1)
    expect(await limiter.blockedFor('a')).toBeUndefined()
  })

  it('counts what fails in other processes, and blocks in all of them', async () => {
    const { create, clock } = setUp()
    const processes = [create(), create(), create()]
    const blocked = () => Promise.all(processes.map((each) => each.blockedFor('a')))
    expect(await blocked()).toEqual([undefined, undefined, undefined])
    for (const each of processes) await each.recordFailure('a')
    // The one that saw the last failure knows at once, the others when what they know is too old.
    expect(await processes[2]?.blockedFor('a')).toBe(60)
    clock.advance(1)
    expect(await blocked()).toEqual([59, 59, 59])
  })

  it('asks the store once for many who do not fail', async () => {
    const { store, clock } = setUp()
    let reads = 0
    const counting: typeof store = {
      ...store,
      listBlockedGuesses: (limit) => {
        reads += 1
        return store.listBlockedGuesses(limit)
      },
    }
    const limiter = createGuessLimiter(LIMITS, { store: counting, clock })
    for (let caller = 0; caller < 100; caller++) await limiter.blockedFor(`${caller}`)
    expect(reads).toBe(1)
  })
})
