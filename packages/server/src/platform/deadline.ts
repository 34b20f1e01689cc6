// When a request must have its answer. It travels with the request without being handed on, so that whatever waits for
// something on behalf of it (the database, a turn, somebody else's keys) gives up in time, however many waits there were.

import { AsyncLocalStorage } from 'node:async_hooks'
import { monotonicClock } from './clock.ts'

/** There was no more time to wait. What was waited for may happen all the same. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'

  constructor() {
    super('the time that there was for it is over')
  }
}

const current = new AsyncLocalStorage<Deadline | undefined>()

/** What surrounds nobody. */
const outside = AsyncLocalStorage.snapshot()

export class Deadline {
  /** To make a surrounding costs a request as much as finding its route: those that are over serve again. */
  static readonly #over: Deadline[] = []

  readonly #enter = outside(() => current.run(this, () => AsyncLocalStorage.snapshot()))
  #atMilliseconds = 0
  #isOver = true
  /** How many requests it has served: work that outlives its request must not lengthen the time of the next one. */
  #turn = 0

  /** One that nobody has any more. What a request left behind after its answer comes under the next one's. */
  static begin(milliseconds: number): Deadline {
    const deadline = Deadline.#over.pop() ?? new Deadline()
    deadline.#atMilliseconds = monotonicClock.nowMilliseconds() + milliseconds
    deadline.#isOver = false
    deadline.#turn += 1
    return deadline
  }

  private constructor() {}

  /** On the clock that is never set back. What a request left behind after its answer has no deadline of its own. */
  get atMilliseconds(): number {
    return this.#isOver ? Number.POSITIVE_INFINITY : this.#atMilliseconds
  }

  /** Everything that this starts, at once or later, is under the deadline, and leaves all else that surrounds it behind. */
  govern(work: () => void): void {
    this.#enter(work)
  }

  /** The same within what surrounds it, such as the span of somebody else's tracing. */
  governWithin(work: () => void): void {
    current.run(this, work)
  }

  /** @returns what gives the request that has it now more time, and no other */
  get postpone(): (milliseconds: number) => void {
    const turn = this.#turn
    return (milliseconds) => {
      if (turn === this.#turn) this.#atMilliseconds += milliseconds
    }
  }

  /** Once: then it is another's. */
  end(): void {
    this.#isOver = true
    Deadline.#over.push(this)
  }
}

/** When to give up on something that one would wait for so long by itself. */
export function giveUpAtMilliseconds(patienceMilliseconds: number): number {
  const ownMilliseconds = monotonicClock.nowMilliseconds() + patienceMilliseconds
  return Math.min(ownMilliseconds, current.getStore()?.atMilliseconds ?? ownMilliseconds)
}

/** Node keeps a list for each duration: a few of them are cheap, one for each millisecond is not. */
const STEP_MILLISECONDS = 50

/** @throws DeadlineError when it takes longer than there is time, or than one would wait by itself */
export function waitFor<Result>(
  work: Promise<Result>,
  patienceMilliseconds = Number.POSITIVE_INFINITY,
): Promise<Result> {
  const untilMilliseconds = giveUpAtMilliseconds(patienceMilliseconds)
  if (untilMilliseconds === Number.POSITIVE_INFINITY) return work
  const steps = Math.ceil(
    (untilMilliseconds - monotonicClock.nowMilliseconds()) / STEP_MILLISECONDS,
  )
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new DeadlineError())
    // What has arrived while the process was busy with other things counts as having come in time.
    const timer = setTimeout(setImmediate, steps * STEP_MILLISECONDS, giveUp)
    work.then(
      (result) => {
        clearTimeout(timer)
        resolve(result)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

/** Work for several requests: the one that came first must not decide how long the others may wait. */
export function apart<Result>(work: () => Result): Result {
  return current.run(undefined, work)
}

/** Work of our own that is bounded by itself: a request that needs it is given the time for it. */
export async function uncounted<Result>(work: () => Promise<Result>): Promise<Result> {
  const postpone = current.getStore()?.postpone
  const startedAt = monotonicClock.nowMilliseconds()
  try {
    return await work()
  } finally {
    postpone?.(monotonicClock.nowMilliseconds() - startedAt)
  }
}
