// R7: the database says nothing for a while (SIGSTOP). Answers are 503 in time, and everything is as before afterwards.

import { setTimeout as delay } from 'node:timers/promises'
import { gather } from '../crowd.ts'
import { type Call, hasFailed } from '../history.ts'
import { Place } from '../place.ts'
import type { Scenario } from '../scenario.ts'
import { codeFlow } from '../ways/code-flow.ts'

const CALLERS = 100
/** Each of these is one request. */
const SINGLE_REQUESTS = ['machine', 'JWT', 'refresh', 'introspect']
const LONGEST_STALL_MS = 30_000
const DEADLINE_MS = 2000
/** Between the server's answer and the caller's watch, which share two cores. */
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
        const way = codeFlow
        const only = round % 2 === 0 ? [...SINGLE_REQUESTS, 'code'] : SINGLE_REQUESTS
        const crowd = await gather(place, { way, size: CALLERS, random: random.fork(round), only })
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
        await crowd.examine()
        const { calls } = place.recorder.history
        const inStall = calls.filter(
          (call) => SINGLE.has(call.operation) && isWithin(call, stoppedMs, goesOnMs),
        )
        const longest = Math.max(0, ...inStall.map(({ startMs, endMs }) => endMs - startMs))
        verdict.measure('slowest answer, ms', Math.round(longest))
        verdict.expect(inStall.length > 0, 'nothing was answered while the database stood still')
        verdict.expect(
          longest <= DEADLINE_MS + TRANSPORT_MS,
          `an answer took ${Math.round(longest)} ms`,
        )
        verdict.expect(
          inStall.every(({ status }) => status === 503),
          `answered ${[...new Set(inStall.map(({ status }) => status))]} while the database stood still`,
        )
        const late = calls.filter(
          (call) => call.startMs > goesOnMs + RECOVERY_MS && hasFailed(call),
        )
        verdict.expect(late.length === 0, `${late.length} calls failed after the recovery`)
        verdict.rounds += 1
        verdict.judge(place)
      }
    } finally {
      await postgres.signal('SIGCONT')
      await place.close()
    }
  },
}

/** Calls that are one request each, whoever makes them. */
const SINGLE: ReadonlySet<Call['operation']> = new Set([
  'redeem',
  'refresh',
  'client-grant',
  'exchange',
  'introspect',
])

function isWithin({ startMs, endMs }: Call, fromMs: number, toMs: number): boolean {
  return startMs > fromMs && endMs < toMs
}
