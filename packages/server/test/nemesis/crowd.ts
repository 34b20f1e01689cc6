// Callers who act at once, while a scenario does to the servers what it is there to do.

import { type Act, actUntil, HOLDING_ACTS } from './acts.ts'
import { Caller } from './caller.ts'
import type { Place } from './place.ts'
import type { Random } from './seeded-random.ts'
import type { Way } from './ways/way.ts'

export interface Crowd {
  readonly callers: readonly Caller[]
  /** Everybody acts until this is over; each ends the act they are at. */
  actWhile(work: () => Promise<unknown>): Promise<void>
  /** Everybody asks about all they were given. */
  examine(): Promise<void>
}

/** @param only the acts of these names; all when left out */
export async function gather(
  place: Place,
  { way, size, random, only }: { way: Way; size: number; random: Random; only?: readonly string[] },
): Promise<Crowd> {
  const callers = Array.from(
    { length: size },
    (_, id) => new Caller({ id, place, random: random.fork(id) }),
  )
  const prepare = await way.settle(place, size)
  const isWanted = ({ name }: Act) => only === undefined || only.includes(name)
  const members = await Promise.all(
    callers.map(async (caller) => ({
      caller,
      acts: [...(await prepare(caller)), ...HOLDING_ACTS].filter(isWanted),
    })),
  )
  return {
    callers,
    async actWhile(work) {
      let isOver = false
      const acting = members.map(({ caller, acts }) => actUntil(caller, acts, () => isOver))
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

/** A mistake of the callers themselves must not wait for the end. */
function rejectionOf(acting: readonly Promise<void>[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const each of acting) each.catch(reject)
  })
}
