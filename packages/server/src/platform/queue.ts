// Work that must not run all at once: so many in parallel, so many waiting for as long as they have time, the rest
// refused.

import { waitFor } from './deadline.ts'

export interface Queue {
  /** @throws what `refuse` makes, when the queue is full or the turn does not come in time. */
  run<T>(work: () => Promise<T>, refuse: () => Error): Promise<T>
  state(): QueueState
}

export interface QueueState {
  readonly running: number
  readonly waiting: number
}

export function createQueue(limits: { parallel: number; waiting: number }): Queue {
  const waiting: (() => void)[] = []
  let running = 0

  async function takeTurn(refuse: () => Error): Promise<void> {
    if (running < limits.parallel) {
      running += 1
      return
    }
    if (waiting.length >= limits.waiting) throw refuse()
    // The one that finishes hands its place over, so `running` stays as it is.
    const { promise: turn, resolve: takeOver } = Promise.withResolvers<void>()
    waiting.push(takeOver)
    try {
      await waitFor(turn)
    } catch {
      const place = waiting.indexOf(takeOver)
      // The turn may come in the same moment in which the time is over.
      if (place === -1) endTurn()
      else waiting.splice(place, 1)
      throw refuse()
    }
  }

  function endTurn(): void {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return {
    async run(work, refuse) {
      await takeTurn(refuse)
      try {
        return await work()
      } finally {
        endTurn()
      }
    },
    state: () => ({ running, waiting: waiting.length }),
  }
}
