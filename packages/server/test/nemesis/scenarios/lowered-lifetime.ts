// R22: the lifetime of access tokens is lowered, as one does in an incident, while revocations go on. What was revoked
// stays so for as long as it could have lived, which is longer than the new lifetime says.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { clockFrom } from '../clock-file.ts'
import { gather, workUntil } from '../crowd.ts'
import { type GuardedApi, startApi, useAll, useAt } from '../guarded-api.ts'
import { Place } from '../place.ts'
import type { Run, Scenario } from '../scenario.ts'
import { codeFlow } from '../ways/code-flow.ts'

const LIFETIME_SECONDS = 3600
const LOWERED_SECONDS = 60
/** Long after the tokens of the new lifetime have expired, and long before those of the old one. */
const LATER_SECONDS = 1800
const FULL_FORM = { size: 8, processes: 2, workMs: 2000 }
/** What they are given is asked about afterwards, one by one. */
const SHORT_FORM = { size: 2, processes: 1, workMs: 100 }

export const loweredLifetime: Scenario = {
  goal: 'R22',
  claim: 'a token revoked under a longer lifetime stays refused after the lifetime was lowered',
  stores: ['sqlite', 'postgres'],

  async run(run) {
    for (const round of run.rounds(1000)) await lowerOnce(run, round)
  },
}

async function lowerOnce(run: Run, round: number): Promise<void> {
  const { size, processes, workMs } = run.minutes === 0 ? SHORT_FORM : FULL_FORM
  const place = await Place.open(
    { database: await run.openDatabase(), processes: 0, policy: POLICY },
    { clockSlackMs: (LATER_SECONDS + 2) * 1000 },
  )
  const clock = join(place.deployment.folder, 'clock')
  writeFileSync(clock, '0')
  const apis: GuardedApi[] = []
  try {
    for (let count = 0; count < processes; count += 1) await place.start({ env: clockFrom(clock) })
    apis.push(await startApi(place, clockFrom(clock)))
    const random = run.random.fork(round)
    const crowd = await gather(place, {
      way: codeFlow,
      size,
      random,
      more: [useAt(apis)],
      weights: { revoke: 6, disconnect: 1 },
    })
    await crowd.actWhile(async () => {
      await workUntil(() => countRevoked(place) > 0, workMs)
      lowerLifetime(place)
      // One after the other: for a while each has a policy of its own.
      await replaceServers(place, clock)
      await workUntil(() => lifetimesIn(place).has(LOWERED_SECONDS * 1000), workMs)
      writeFileSync(clock, String(LATER_SECONDS))
      await delay(workMs)
      // What cleans up at its start finds everything expired that the policy of today lets expire.
      await replaceServers(place, clock)
    })
    apis.push(await startApi(place, clockFrom(clock)))
    await crowd.examine()
    await useAll(crowd.callers, apis)
    run.verdict.rounds += 1
    const lifetimes = [...lifetimesIn(place)].map((ms) => ms / 1000).toSorted((x, y) => x - y)
    run.verdict.expect(
      lifetimes.join() === `${LOWERED_SECONDS},${LIFETIME_SECONDS}`,
      `tokens lived for ${lifetimes} seconds`,
    )
    run.verdict.measure('most revoked in a round', countRevoked(place))
    run.verdict.expect(countRevoked(place) > 0, 'nothing was revoked')
    run.verdict.judge(place)
  } finally {
    await Promise.all(apis.map((api) => api.close()))
    await place.close()
  }
}

/** A JWT is good until somebody remembers that it is not. Nobody here waits a minute between two codes. */
const POLICY = {
  accessToken: { format: 'jwt', lifetimeSeconds: LIFETIME_SECONDS },
  code: { perMinute: 100_000 },
}

function lifetimesIn({ recorder }: Place): ReadonlySet<number> {
  return new Set(recorder.history.calls.flatMap(({ gives }) => gives?.lifetimeMs ?? []))
}

function countRevoked({ recorder }: Place): number {
  const { calls } = recorder.history
  return calls.filter(({ operation, outcome }) => operation === 'revoke' && outcome === 'ok').length
}

function lowerLifetime({ deployment }: Place): void {
  const path = join(deployment.folder, 'ostiary.config.yaml')
  const config = parse(readFileSync(path, 'utf8'))
  config.tenants[0].policy.accessToken.lifetimeSeconds = LOWERED_SECONDS
  writeFileSync(path, stringify(config))
}

async function replaceServers(place: Place, clock: string): Promise<void> {
  for (const server of place.servers) {
    await server.stop()
    await place.restart(server, { env: clockFrom(clock) })
  }
}
