// Work that must not run all at once: so many in parallel, so many waiting for as long as they have time, the rest
// refused. Those who wait are taken in turn, source by source, and when it is full the source with the most in it loses
// its last: so one source can fill the queue while nobody else needs it, and keeps nobody out.

import { DeadlineError, waitFor } from './deadline.ts'

export interface Queue {
  /** @throws what `refuse` makes, when the queue is full or the turn does not come in time. */
  run<T>(work: () => Promise<T>, how: { refuse: () => Error; source?: string }): Promise<T>
  state(): QueueState
}

export interface QueueState {
  readonly running: number
  readonly waiting: number
}

export function createQueue(limits: { parallel: number; waiting: number }): Queue {
  const lines = createLines()
  let running = 0

  async function takeTurn(source: string, refuse: () => Error): Promise<void> {
    if (running < limits.parallel) {
      running += 1
      return
    }
    if (lines.waiting() >= limits.waiting && !lines.makeRoomFor(source)) throw refuse()
    // The one that finishes hands its place over, so `running` stays as it is.
    const { promise: turn, resolve: start, reject: giveUp } = Promise.withResolvers<void>()
    const entry = { start, refuse: () => giveUp(refuse()) }
    lines.join(source, entry)
    try {
      await waitFor(turn)
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error
      // The turn may come in the same moment in which the time is over.
      if (!lines.leave(source, entry)) endTurn()
      throw refuse()
    }
  }

  function endTurn(): void {
    const next = lines.takeNext()
    if (next) next.start()
    else running -= 1
  }

  return {
    async run(work, { refuse, source = '' }) {
      await takeTurn(source, refuse)
      try {
        return await work()
      } finally {
        endTurn()
      }
    },
    state: () => ({ running, waiting: lines.waiting() }),
  }
}

interface Waiting {
  start(): void
  refuse(): void
}

/** A line for each source. */
function createLines() {
  /** In the order of turns: who was served goes to the end. None is empty. */
  const lines = new Map<string, Waiting[]>()
  let waiting = 0
  return {
    waiting: () => waiting,

    join(source: string, entry: Waiting): void {
      waiting += 1
      const line = lines.get(source)
      if (line) line.push(entry)
      else lines.set(source, [entry])
    },

    /** @returns whether it was still there */
    leave(source: string, entry: Waiting): boolean {
      const line = lines.get(source) ?? []
      const place = line.indexOf(entry)
      if (place === -1) return false
      line.splice(place, 1)
      if (line.length === 0) lines.delete(source)
      waiting -= 1
      return true
    },

    takeNext(): Waiting | undefined {
      const next = lines.entries().next()
      if (next.done) return undefined
      const [source, line] = next.value
      lines.delete(source)
      const first = line.shift()
      if (line.length > 0) lines.set(source, line)
      waiting -= 1
      return first
    },

    /** @returns false when this source has as many waiting as any other */
    makeRoomFor(source: string): boolean {
      let longest: Waiting[] = []
      for (const line of lines.values()) if (line.length > longest.length) longest = line
      // With the newcomer its line would be as long: there would be no end of it.
      if ((lines.get(source)?.length ?? 0) + 1 >= longest.length) return false
      longest.pop()?.refuse()
      waiting -= 1
      return true
    },
  }
}
