// Who does the next turn of an operation, and when: as soon as the last one is answered, or at a fixed rate. The first
// wrong answer ends it.

import { setTimeout as delay } from 'node:timers/promises'
import type { Flow } from '../operations/operation.ts'
import type { Connection } from './connection.ts'

export interface Turns {
  readonly seconds: number
  /** From the moment at which a turn was to begin until it was over. */
  readonly latenciesMs: readonly number[]
}

interface Crew {
  readonly connections: readonly Connection[]
  /** One for each connection. */
  readonly flows: readonly Flow[]
}

/** Each connection begins its next turn when it is done with the last, until the time is over or all is used up. */
export async function saturate(crew: Crew, seconds: number): Promise<Turns> {
  const latenciesMs: number[] = []
  const beginning = performance.now()
  const end = beginning + seconds * 1000
  const work = crew.connections.map((_, index) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const next = () => {
      const now = performance.now()
      if (now >= end) return resolve()
      const begun = beginTurn(crew, index, {
        reject,
        resolve: () => {
          latenciesMs.push(performance.now() - now)
          next()
        },
      })
      if (!begun) resolve()
    }
    next()
    return promise
  })
  await Promise.all(work)
  return { seconds: (performance.now() - beginning) / 1000, latenciesMs }
}

/** How long to look out for the connections that are still busy at the end. */
const PATIENCE_MS = 15_000

/**
 * Turns begin at even distances, whatever the subject does. One that finds all connections busy waits for the first that
 * is free, and that time is its own: so a pause of the subject counts for everyone who came meanwhile.
 */
export async function pace(crew: Crew, seconds: number, rate: number): Promise<Turns> {
  const latenciesMs: number[] = []
  const free = crew.connections.map((_, index) => index)
  const beginning = performance.now()
  const total = Math.round(seconds * rate)
  let begun = 0
  let used = false
  let failure: unknown
  const beginDue = () => {
    const due = Math.min(total, Math.floor(((performance.now() - beginning) / 1000) * rate) + 1)
    while (begun < due && free.length > 0 && failure === undefined && !used) {
      const intended = beginning + (begun / rate) * 1000
      const index = free.shift() as number
      begun += 1
      used = !beginTurn(crew, index, {
        reject: (error) => {
          failure = error
        },
        resolve: () => {
          latenciesMs.push(performance.now() - intended)
          free.push(index)
          beginDue()
        },
      })
      if (used) free.unshift(index)
    }
  }
  const deadline = beginning + seconds * 1000 + PATIENCE_MS
  while (free.length < crew.connections.length || (begun < total && !used)) {
    if (failure !== undefined) throw failure
    if (performance.now() > deadline) throw new Error('the subject does not keep up with the pace')
    beginDue()
    await delay(1)
  }
  return { seconds: (performance.now() - beginning) / 1000, latenciesMs }
}

interface Outcome {
  resolve(): void
  reject(error: unknown): void
}

/** @returns whether there was anything to do */
function beginTurn({ connections, flows }: Crew, index: number, outcome: Outcome): boolean {
  const flow = flows[index] as Flow
  const connection = connections[index] as Connection
  const send = (request: string) => {
    connection.send(request, (answer, error) => {
      if (error) return outcome.reject(error)
      try {
        const next = flow.take(answer)
        if (next === undefined) outcome.resolve()
        else send(next)
      } catch (wrong) {
        outcome.reject(wrong)
      }
    })
  }
  const first = flow.begin()
  if (first === undefined) return false
  send(first)
  return true
}
