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

interface Waiting {
  start(): void
  refuse(): void
}

export function createQueue(limits: { parallel: number; waiting: number }): Queue {
  /** In the order of turns: who was served goes to the end. None is empty. */
  const lines = new Map<string, Waiting[]>()
  let running = 0
  let waiting = 0

  function takeTurn(source: string, refuse: () => Error): Promise<void> | undefined {
    if (running < limits.parallel) {
      running += 1
      return undefined
    }
    if (waiting >= limits.waiting && !makeRoomFor(source)) throw refuse()
    waiting += 1
    const { promise: turn, resolve: start, reject: giveUp } = Promise.withResolvers<void>()
    const entry = { start, refuse: () => giveUp(refuse()) }
    const line = lines.get(source)
    if (line) line.push(entry)
    else lines.set(source, [entry])
    return waitFor(turn).catch((error: unknown) => {
      if (!(error instanceof DeadlineError)) throw error
      // The turn may come in the same moment in which the time is over.
      if (!leave(source, entry)) endTurn()
      throw refuse()
    })
  }

  function leave(source: string, entry: Waiting): boolean {
    const line = lines.get(source) ?? []
    const place = line.indexOf(entry)
    if (place === -1) return false
    line.splice(place, 1)
    if (line.length === 0) lines.delete(source)
    waiting -= 1
    return true
  }

  /** @returns false when this source has as many waiting as any other */
  function makeRoomFor(source: string): boolean {
    let longest: Waiting[] = []
    for (const line of lines.values()) if (line.length > longest.length) longest = line
    // With the newcomer its line would be as long: there would be no end of it.
    if ((lines.get(source)?.length ?? 0) + 1 >= longest.length) return false
    longest.pop()?.refuse()
    waiting -= 1
    return true
  }

  function endTurn(): void {
    const next = lines.entries().next()
    if (next.done) {
      running -= 1
      return
    }
    // The one that finishes hands its place over, so `running` stays as it is.
    const [source, line] = next.value
    lines.delete(source)
    const first = line.shift()
    if (line.length > 0) lines.set(source, line)
    waiting -= 1
    first?.start()
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
    state: () => ({ running, waiting }),
  }
}
