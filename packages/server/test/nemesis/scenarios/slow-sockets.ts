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
/** Until a new process has grown to its usual size. */
const WARM_UP_MS = 15_000
/** With less time there are a tenth of the sockets, which take less memory than work at its beginning does. */
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
    const isFull = minutes >= FULL_MINUTES
    const kind = isFull ? 660 : 66
    try {
      for (const round of rounds(20)) {
        const way = codeFlow
        const crowd = await gather(place, { way, size: CALLERS, random: random.fork(round) })
        let usual = 0
        await crowd.actWhile(() =>
          watchMemory(server.pid, isFull ? 4 * WARM_UP_MS : WARM_UP_MS, (megabytes) => {
            usual = Math.max(usual, megabytes)
          }),
        )
        const slow = openSlowSockets(server.url, { headers: kind, body: kind, reader: kind / 6 })
        let most = 0
        await crowd.actWhile(() =>
          watchMemory(server.pid, SHED_AFTER_MS + 2000, (megabytes) => {
            most = Math.max(most, megabytes)
            return slow.sockets.every(({ closedMs }) => closedMs !== undefined)
          }),
        )
        for (const slowness of SLOWNESS) {
          const ages = slow.sockets
            .filter((each) => each.slowness === slowness)
            .map(({ openedMs, closedMs = Number.POSITIVE_INFINITY }) => closedMs - openedMs)
          const oldest = Math.max(...ages)
          verdict.measure(`slow ${slowness}, s`, Math.round(oldest / 100) / 10)
          verdict.expect(oldest <= SHED_AFTER_MS, `a slow ${slowness} was not sent away in time`)
        }
        slow.close()
        verdict.measure('more memory, MB', most - usual)
        if (isFull) {
          verdict.expect(most - usual <= MOST_MORE_MEGABYTES, `${most - usual} MB more memory`)
        }
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

/** @param see is told the memory of the process now and then; true ends it early */
async function watchMemory(
  pid: number,
  milliseconds: number,
  see: (megabytes: number) => unknown,
): Promise<void> {
  const endMs = performance.now() + milliseconds
  while (performance.now() < endMs) {
    if (see(usageOf(pid).megabytes) === true) return
    await delay(250)
  }
}
