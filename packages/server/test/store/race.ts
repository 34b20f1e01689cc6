// What every race of the store needs: many callers at once, spread over two stores, and what became of them.

import { setTimeout as pause } from 'node:timers/promises'
import { type Store, StoreUnavailableError } from '../../src/store/port.ts'

/** Stores over one database; callers are spread over them as over processes. */
export type Stores = readonly [Store, Store]

export type Check = (stores: Stores) => Promise<string[]>

export const CALLERS = 100
/** So long others are turned away after somebody has waited for nothing. */
const SILENT_MS = 300

export function race<Result>(
  stores: Stores,
  act: (store: Store, caller: number) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(
    Array.from({ length: CALLERS }, (_, caller) =>
      insist(() => act(stores[caller % 2 === 0 ? 0 : 1], caller)),
    ),
  )
}

/** A busy machine may make callers wait too long for a connection; they are told, and come back. */
export async function insist<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || tries === 15) throw error
      await pause(SILENT_MS)
    }
  }
}

/** An outcome of its own, where the store breaks instead of refusing. */
export function failed(error: unknown): 'failed' {
  if (error instanceof StoreUnavailableError) throw error
  return 'failed'
}

/** Of how many items something is found. */
export async function count<Item>(
  items: readonly Item[],
  find: (item: Item) => Promise<unknown>,
): Promise<number> {
  const found = await Promise.all(items.map((item) => insist(() => find(item))))
  return found.filter((each) => each !== null).length
}

export function tally(outcomes: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    Map.groupBy(outcomes, (outcome) => outcome)
      .entries()
      .map(([outcome, all]) => [outcome, all.length]),
  )
}

export function differences(what: string, found: unknown, wanted: unknown): string[] {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  return a === b ? [] : [`${what}: ${a} instead of ${b}`]
}
