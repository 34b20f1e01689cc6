// R9: clocks jump, forwards and back, of all processes or of one alone. No lifetime gets out of hand, and what was used
// or ended stays so.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { clockFrom } from '../clock-file.ts'
import { gather } from '../crowd.ts'
import type { History } from '../history.ts'
import { Place } from '../place.ts'
import type { Run, Scenario, Verdict } from '../scenario.ts'
import { codeFlow } from '../ways/code-flow.ts'

const HOUR_SECONDS = 3600
const CALLERS = 8
const BETWEEN_JUMPS_MS = 700
const PROCESSES = 2

export const clock: Scenario = {
  goal: 'R9',
  claim:
    'clocks that jump an hour, forwards and back, let nothing be used twice and make no odd lifetimes',
  stores: ['sqlite', 'postgres'],

  async run(run) {
    // What the store says of an opaque token it has to remember; a JWT is good until somebody remembers that it is not.
    for (const format of ['opaque', 'jwt']) await jump(format, run)
  },
}

async function jump(format: string, { openDatabase, random, rounds, verdict }: Run): Promise<void> {
  const place = await Place.open(
    { database: await openDatabase(), processes: 0, policy: { accessToken: { format } } },
    { clockSlackMs: (HOUR_SECONDS + 2) * 1000 },
  )
  const clocks = Array.from({ length: PROCESSES }, (_, index) =>
    join(place.deployment.folder, `clock-${index}`),
  )
  const set = (seconds: number, of = clocks) => {
    for (const path of of) writeFileSync(path, String(seconds))
  }
  try {
    set(0)
    for (const path of clocks) await place.start({ env: clockFrom(path) })
    for (const round of rounds(1000, { share: 0.5 })) {
      const way = codeFlow
      const crowd = await gather(place, { way, size: CALLERS, random: random.fork(round) })
      await crowd.actWhile(async () => {
        for (const { seconds, alone, restart } of JUMPS) {
          set(seconds, alone ? clocks.slice(0, 1) : clocks)
          // What cleans up at its start finds everything of the last hour expired.
          const [server] = place.servers
          if (restart && server) {
            await server.stop()
            await place.restart(server, { env: clockFrom(clocks[0] ?? '') })
          }
          await delay(BETWEEN_JUMPS_MS)
        }
      })
      await crowd.examine()
      verdict.rounds += 1
      expectUsualLifetimes(place.recorder.history, verdict)
      verdict.judge(place)
    }
  } finally {
    await place.close()
  }
}

interface Jump {
  readonly seconds: number
  /** Of one process; the other stays where it is. */
  readonly alone?: boolean
  /** The process starts anew with this clock. */
  readonly restart?: boolean
}

/** A leap second, an hour of summer time, a battery that ran out; the last one is right again. */
const JUMPS: readonly Jump[] = [
  { seconds: 0 },
  { seconds: 1 },
  { seconds: HOUR_SECONDS, alone: true },
  { seconds: 0 },
  { seconds: -HOUR_SECONDS },
  { seconds: 0 },
  { seconds: HOUR_SECONDS, restart: true },
  { seconds: -1 },
  { seconds: 0 },
]

function expectUsualLifetimes({ calls }: History, verdict: Verdict): void {
  const lifetimes = new Set(calls.flatMap(({ gives }) => gives?.lifetimeMs ?? []))
  lifetimes.delete(HOUR_SECONDS * 1000)
  verdict.expect(lifetimes.size === 0, `tokens live for ${[...lifetimes]} ms`)
}
