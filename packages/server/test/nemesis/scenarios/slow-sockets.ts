// R14: callers that hold on to connections and say nothing (slowloris, slow body, slow reader). Others do not notice, and
// the slow ones are sent away.

import { setTimeout as delay } from 'node:timers/promises'
import { gather } from '../crowd.ts'
import { hasFailed } from '../history.ts'
import { Place } from '../place.ts'
import { HAS_PROC, usageOf } from '../proc.ts'
import type { Scenario } from '../scenario.ts'
import { openSlowSockets, SLOWNESS } from '../slow-sockets.ts'
import { codeFlow } from '../ways/code-flow.ts'

const CALLERS = 4
const SHED_AFTER_MS = 15_000
const MOST_MORE_MEGABYTES = 50
/** With less time than that, as many sockets as a tenth of them. */
const FULL_MINUTES = 2

export const slowSockets: Scenario = {
  goal: 'R14',
  claim: 'slow connections disturb nobody and are closed within 15 s',
  stores: ['sqlite', 'postgres'],
  unavailable: async () => (HAS_PROC ? undefined : 'there is no /proc'),

  async run({ openDatabase, random, minutes, rounds, verdict }) {
    const place = await Place.open({ database: await openDatabase(), ...codeFlow.deployment })
    const [server] = place.servers
    if (server === undefined) throw new Error('no server')
    const kind = minutes >= FULL_MINUTES ? 660 : 66
    try {
      for (const round of rounds(20)) {
        const way = codeFlow
        const crowd = await gather(place, { way, size: CALLERS, random: random.fork(round) })
        await crowd.actWhile(() => delay(2000))
        const before = usageOf(server.pid)
        const slow = openSlowSockets(server.url, { headers: kind, body: kind, reader: kind / 6 })
        let most = before.megabytes
        await crowd.actWhile(async () => {
          const end = performance.now() + SHED_AFTER_MS + 2000
          while (performance.now() < end && slow.sockets.some(({ closedMs }) => !closedMs)) {
            await delay(250)
            most = Math.max(most, usageOf(server.pid).megabytes)
          }
        })
        for (const slowness of SLOWNESS) {
          const ages = slow.sockets
            .filter((each) => each.slowness === slowness)
            .map(({ openedMs, closedMs = Number.POSITIVE_INFINITY }) => closedMs - openedMs)
          const oldest = Math.max(...ages)
          verdict.measure(`slow ${slowness}, s`, Math.round(oldest / 100) / 10)
          verdict.expect(oldest <= SHED_AFTER_MS, `a slow ${slowness} was not sent away in time`)
        }
        slow.close()
        verdict.measure('more memory, MB', most - before.megabytes)
        verdict.expect(
          most - before.megabytes <= MOST_MORE_MEGABYTES,
          `the slow ones took ${most - before.megabytes} MB`,
        )
        const failed = place.recorder.history.calls.filter(hasFailed)
        verdict.expect(failed.length === 0, `${failed.length} calls of others failed`)
        verdict.rounds += 1
        verdict.judge(place)
      }
    } finally {
      await place.close()
    }
  },
}
