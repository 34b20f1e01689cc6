// R7: the database says nothing for a while (SIGSTOP). Answers are 503 in time, and everything is as before afterwards.

import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresCluster } from '../../support/postgres-cluster.ts'
import { type Crowd, gather } from '../crowd.ts'
import { type Call, hasFailed } from '../history.ts'
import { Place } from '../place.ts'
import type { Scenario, Verdict } from '../scenario.ts'
import { codeFlow } from '../ways/code-flow.ts'

const CALLERS = 100
const LONGEST_STALL_MS = 30_000
const DEADLINE_MS = 2000
/** Between the server's answer and the caller's watch, which share the cores. */
const TRANSPORT_MS = 250
const RECOVERY_MS = 3000

export const stall: Scenario = {
  goal: 'R7',
  claim:
    'while the database is stopped requests are answered 503 within 2 s, and as before within 3 s after it',
  stores: ['postgres'],

  async run({ openDatabase, cluster, random, minutes, rounds, verdict }) {
    const database = await openDatabase()
    const postgres = await cluster()
    const place = await Place.open({ database, ...codeFlow.deployment })
    const stallMs = Math.min(LONGEST_STALL_MS, Math.max(DEADLINE_MS * 2, minutes * 20_000))
    try {
      for (const round of rounds(10)) {
        const members = { way: codeFlow, size: CALLERS, random: random.fork(round) }
        const crowd = await gather(place, { ...members, only: SINGLE_REQUESTS })
        const times = await stopAmidWork(crowd, postgres, stallMs)
        await crowd.examine()
        judgeTimes(place.recorder.history.calls, times, verdict)
        verdict.rounds += 1
        verdict.judge(place)
      }
    } finally {
      await postgres.signal('SIGCONT')
      await place.close()
    }
  },
}

/** Acts that are one request each, so that a call takes as long as its answer. */
const SINGLE_REQUESTS = ['machine', 'JWT', 'refresh', 'introspect']

interface Times {
  readonly stoppedMs: number
  readonly goesOnMs: number
}

async function stopAmidWork(
  crowd: Crowd,
  postgres: PostgresCluster,
  stallMs: number,
): Promise<Times> {
  let stoppedMs = 0
  let goesOnMs = 0
  await crowd.actWhile(async () => {
    await delay(1500)
    await postgres.signal('SIGSTOP')
    stoppedMs = performance.now()
    await delay(stallMs)
    await postgres.signal('SIGCONT')
    goesOnMs = performance.now()
    await delay(RECOVERY_MS + 1000)
  })
  return { stoppedMs, goesOnMs }
}

function judgeTimes(
  calls: readonly Call[],
  { stoppedMs, goesOnMs }: Times,
  verdict: Verdict,
): void {
  const inStall = calls.filter(({ startMs, endMs }) => startMs > stoppedMs && endMs < goesOnMs)
  const longest = Math.round(Math.max(0, ...inStall.map(({ startMs, endMs }) => endMs - startMs)))
  verdict.measure('slowest answer, ms', longest)
  verdict.expect(inStall.length > 0, 'nothing was answered while the database stood still')
  verdict.expect(longest <= DEADLINE_MS + TRANSPORT_MS, `an answer took ${longest} ms`)
  const others = inStall.filter(({ status }) => status !== 503).map(({ status }) => status)
  verdict.expect(others.length === 0, `answered ${[...new Set(others)]} while it stood still`)
  const late = calls.filter((call) => call.startMs > goesOnMs + RECOVERY_MS && hasFailed(call))
  verdict.expect(late.length === 0, `${late.length} calls failed after the recovery`)
}
