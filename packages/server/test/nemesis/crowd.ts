// Callers who act at once, while a scenario does to the servers what it is there to do.

import { setTimeout as delay } from 'node:timers/promises'
import { type Act, actUntil, HOLDING_ACTS } from './acts.ts'
import { Caller } from './caller.ts'
import type { Place } from './place.ts'
import type { Random } from './seeded-random.ts'
import type { Way } from './ways/way.ts'

export interface Crowd {
  readonly callers: readonly Caller[]
  /** Everybody acts until this is over; each ends the act they are at. @param only acts of these names */
  actWhile(work: () => Promise<unknown>, only?: readonly string[]): Promise<void>
  /** Everybody asks about all they were given. */
  examine(): Promise<void>
}

export interface Gathering {
  readonly way: Way
  readonly size: number
  readonly random: Random
  /** The acts of these names; all when left out. */
  readonly only?: readonly string[]
  /** What they do beside what everybody does. */
  readonly more?: readonly Act[]
  /** Of acts that matter more than elsewhere, by name. */
  readonly weights?: Readonly<Record<string, number>>
}

export async function gather(
  place: Place,
  { way, size, random, only, more = [], weights = {} }: Gathering,
): Promise<Crowd> {
  const callers = Array.from(
    { length: size },
    (_, id) => new Caller({ id, place, random: random.fork(id) }),
  )
  const prepare = await way.settle(place, size)
  const chosen = (acts: readonly Act[], names = only) =>
    names === undefined ? acts : acts.filter(({ name }) => names.includes(name))
  const weigh = (act: Act): Act => ({ ...act, weight: weights[act.name] ?? act.weight })
  const members = await Promise.all(
    callers.map(async (caller) => ({
      caller,
      acts: chosen([...(await prepare(caller)), ...HOLDING_ACTS, ...more]).map(weigh),
    })),
  )
  return {
    callers,
    async actWhile(work, names) {
      let isOver = false
      const acting = members.map(({ caller, acts }) =>
        actUntil(caller, chosen(acts, names), () => isOver),
      )
      try {
        await Promise.race([work(), rejectionOf(acting)])
      } finally {
        isOver = true
      }
      await Promise.all(acting)
    },
    async examine() {
      await Promise.all(callers.map((caller) => caller.examine()))
    },
  }
}

/** Work goes on for a while, and on a slow machine for as long as it takes. */
export async function workUntil(isEnough: () => boolean, atLeastMs: number): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  await delay(atLeastMs)
  while (!isEnough() && performance.now() < endMs) await delay(LOOK_EVERY_MS)
}

const LOOK_EVERY_MS = 20
const PATIENCE_MS = 30_000

/** A mistake of the callers themselves must not wait for the end. */
function rejectionOf(acting: readonly Promise<void>[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const each of acting) each.catch(reject)
  })
}
