// One goal of reliability, and how it is put to the test.

import type { PostgresCluster } from '../support/postgres-cluster.ts'
import type { StoreKind } from '../support/start-server.ts'
import type { History } from './history.ts'
import { findViolations, type Violation } from './laws.ts'
import type { Place } from './place.ts'
import type { Random } from './seeded-random.ts'

export interface Scenario {
  /** Its number in the list of goals. */
  readonly goal: string
  /** What must hold, in a few words. */
  readonly claim: string
  readonly stores: readonly StoreKind[]
  /** @returns why it cannot be done on this machine */
  unavailable?(store: StoreKind): Promise<string | undefined>
  run(run: Run): Promise<void>
}

/** How much of it, and on what. */
export interface Run {
  readonly store: StoreKind
  /** How long it may take; also how long it lasts, if it is to last. */
  readonly minutes: number
  /** Counts up to what the goal demands, or until this share of the time is over; so many at least, or one. */
  rounds(goal: number, limits?: { share?: number; atLeast?: number }): Iterable<number>
  readonly random: Random
  readonly verdict: Verdict
  /** An empty database; each call gives another one. */
  openDatabase(): Promise<{ url: string } | 'sqlite'>
  /** The PostgreSQL behind it, to be stopped or starved. */
  cluster(): Promise<PostgresCluster>
}

/** Saves a history that breaks a law, and what the servers said. @returns where */
export type Keep = (history: History, serverLog: string) => string

/** What came out so far. */
export class Verdict {
  rounds = 0
  operations = 0
  readonly failures: string[] = []
  /** What else is worth knowing. */
  readonly notes: string[] = []
  /** The worst of each that was measured. */
  readonly measures = new Map<string, number>()
  readonly #keep: Keep

  constructor(keep: Keep) {
    this.#keep = keep
  }

  /** Holds what happened there since the last time against the laws. */
  judge({ recorder, serverLog }: Pick<Place, 'recorder' | 'serverLog'>): void {
    const history = recorder.take()
    this.operations += history.calls.length
    const violations = findViolations(history)
    if (violations.length === 0) return
    const path = this.#keep(history, serverLog)
    for (const each of violations.slice(0, MOST_SHOWN)) this.failures.push(describe(each))
    const more = violations.length - MOST_SHOWN
    this.failures.push(`${more > 0 ? `and ${more} more; ` : ''}history in ${path}`)
  }

  /** Keeps the larger one. */
  measure(name: string, value: number): void {
    this.measures.set(name, Math.max(value, this.measures.get(name) ?? 0))
  }

  /** What a goal demands beside the laws. */
  expect(holds: boolean, otherwise: string): void {
    if (!holds && !this.failures.includes(otherwise)) this.failures.push(otherwise)
  }
}

const MOST_SHOWN = 5

export function describe({ law, what, calls }: Violation): string {
  const times = calls.map(
    (call) =>
      `${call.operation} of caller ${call.caller} at ${call.server} ` +
      `${Math.round(call.startMs)}–${Math.round(call.endMs)} ms: ${call.outcome} ${call.status}`,
  )
  return `${law}: ${what} (${times.join('; ')})`
}
