// R1: kill -9 in the middle of work, again and again. Nothing that was acknowledged is lost, nothing is used twice.

import { setTimeout as delay } from 'node:timers/promises'
import { gather } from '../crowd.ts'
import { Place } from '../place.ts'
import type { Scenario } from '../scenario.ts'
import { WAYS } from '../ways/index.ts'

const KILLS = 1000
const CALLERS = 16
const LONGEST_LIFE_MS = 2000
/** What they are given is asked about afterwards, one by one. */
const SHORT_FORM = { size: 6, lifeMs: 400 }

export const kill: Scenario = {
  goal: 'R1',
  claim: 'kill -9 under load loses nothing that was acknowledged and lets nothing be used twice',
  stores: ['sqlite', 'postgres'],

  async run({ openDatabase, random, rounds, minutes, verdict }) {
    const { size, lifeMs } = minutes === 0 ? SHORT_FORM : { size: CALLERS, lifeMs: LONGEST_LIFE_MS }
    for (const way of WAYS) {
      const place = await Place.open({ database: await openDatabase(), ...way.deployment })
      try {
        for (const round of rounds(KILLS / WAYS.length, { share: 1 / WAYS.length })) {
          const crowd = await gather(place, { way, size, random: random.fork(round) })
          await crowd.actWhile(async () => {
            await delay(random.below(lifeMs))
            const [victim] = place.servers
            await victim?.kill()
            if (victim) await place.restart(victim)
            // Some go on with what they were told before, while the others ask for more.
            await delay(random.below(lifeMs / 4))
          })
          await crowd.examine()
          verdict.rounds += 1
          verdict.judge(place)
        }
      } finally {
        await place.close()
      }
    }
  },
}
