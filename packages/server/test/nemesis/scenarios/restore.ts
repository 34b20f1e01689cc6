// R21: a backup of servers at work is put in the place of their database. Whatever a caller was told has ended stays so,
// for introspection and for APIs, those that ran all along and new ones; what goes on after it is told clearly.

import { setTimeout as delay } from 'node:timers/promises'
import { disableClient } from '../../../src/operations/clients.ts'
import { changePassword, disableUser } from '../../../src/operations/users.ts'
import { type Backups, createBackups } from '../../support/backups.ts'
import { OTHER_APP } from '../../support/world.ts'
import { type Crowd, gather, workUntil } from '../crowd.ts'
import { type GuardedApi, startApi, useAll, useAt } from '../guarded-api.ts'
import type { Restoration } from '../history.ts'
import { Place } from '../place.ts'
import type { Intent } from '../recorder.ts'
import type { Run, Scenario } from '../scenario.ts'
import { codeFlow } from '../ways/code-flow.ts'

const CALLERS = 12
const WORK_MS = 2500
/** What they are given is asked about afterwards, one by one. */
const SHORT_FORM = { size: 5, workMs: 100 }
/** An operator's word reaches all processes by then (R19). */
const REACH_MS = 1000
const OPERATOR = -1
const FEED_COPY = 'feed-copy.jsonl'
/** An end that comes after the last look at the feed is in no copy of it. */
const ENDS_NOTHING = ['code', 'machine', 'JWT', 'refresh', 'introspect', 'use']

const ALL_ENDS = { options: ['--end-all-grants'], endsAllGrants: true }
const WAYS_TO_RESTORE = [
  { options: ['--feed', FEED_COPY], endsAllGrants: false },
  ALL_ENDS,
  { options: ['--feed', FEED_COPY, '--end-all-grants'], endsAllGrants: true },
]

export const restore: Scenario = {
  goal: 'R21',
  claim: 'a restore gives nothing back that had ended, and voids every access token from before',
  stores: ['sqlite', 'postgres'],

  async run(run) {
    const database = await run.openDatabase()
    const place = await Place.open({ database, policy: POLICY })
    const backups = createBackups(
      place.deployment,
      typeof database === 'string' ? undefined : database.url,
    )
    const ranAllAlong = await startApi(place)
    try {
      // Each way once; the short form knows one.
      const atLeast = run.minutes === 0 ? 1 : WAYS_TO_RESTORE.length
      for (const round of run.rounds(1000, { atLeast })) {
        await restoreOnce({ place, backups, run, round, ranAllAlong })
        run.verdict.rounds += 1
        run.verdict.judge(place)
      }
    } finally {
      await ranAllAlong.close()
      await place.close()
    }
  },
}

/** Of JWTs, an API hears of an end by the feed alone. Nobody here waits a minute between two codes. */
const POLICY = { accessToken: { format: 'jwt' }, code: { perMinute: 100_000 } }

interface Stage {
  readonly place: Place
  readonly backups: Backups
  readonly run: Run
  readonly round: number
  readonly ranAllAlong: GuardedApi
}

async function restoreOnce(stage: Stage): Promise<void> {
  const { place, round, run, ranAllAlong } = stage
  const { size, workMs } = run.minutes === 0 ? SHORT_FORM : { size: CALLERS, workMs: WORK_MS }
  const { options, endsAllGrants } = WAYS_TO_RESTORE[round % WAYS_TO_RESTORE.length] ?? ALL_ENDS
  const crowd = await gather(place, {
    ...{ way: codeFlow, size, random: run.random.fork(round) },
    ...{ more: [useAt([ranAllAlong])], weights: { revoke: 5, disconnect: 2 } },
  })
  await followFeed(stage)
  let fromMs = 0
  await crowd.actWhile(async () => {
    await workUntil(() => usersOf(crowd).length > 2, workMs)
    fromMs = await backUp(stage)
    await workUntil(() => countEnds(place, fromMs) > 0, workMs)
    await endByOperator(stage, crowd)
  })
  run.verdict.measure('most revoked after a backup', countEnds(place, fromMs))
  run.verdict.expect(countEnds(place, fromMs) > 0, 'nothing was revoked after the backup')
  await crowd.actWhile(
    async () => {
      await followFeed(stage)
      await putBack(stage, { options, restores: { fromMs, endsAllGrants } })
      await delay(workMs)
    },
    endsAllGrants ? undefined : ENDS_NOTHING,
  )
  // People are asked for their passwords, once, and go on.
  await crowd.actWhile(async () => undefined, ['sign out'])
  await crowd.actWhile(() => delay(workMs), ['code'])
  const startedAfter = await startApi(place)
  try {
    await crowd.examine()
    await useAll(crowd.callers, [ranAllAlong, startedAfter])
  } finally {
    await startedAfter.close()
  }
}

function followFeed(stage: Stage): Promise<void> {
  const { issuer } = stage.place.deployment
  return command(stage, 'feed', 'follow', FEED_COPY, '--issuer', issuer, '--once')
}

/** @returns when it began */
async function backUp({ place, backups, run }: Stage): Promise<number> {
  const [server] = place.servers
  if (run.store === 'postgres') await server?.stop()
  const fromMs = performance.now()
  await backups.backUp()
  if (run.store === 'postgres' && server) await place.restart(server)
  return fromMs
}

async function putBack(
  stage: Stage,
  { options, restores }: { options: readonly string[]; restores: Restoration },
): Promise<void> {
  const { place, backups } = stage
  const [server] = place.servers
  await server?.stop()
  const intent = { server: 'none', operation: 'restore' as const, restores }
  await record(stage, intent, async () =>
    command(stage, 'restore', ...(await backups.putBack()), ...options),
  )
  if (server) await place.restart(server)
}

/** What an operator does is part of the history; that it fails is no fault that a caller has to live with. */
async function record(
  { place, run }: Stage,
  intent: Omit<Intent, 'caller'>,
  work: () => Promise<unknown>,
): Promise<void> {
  await place.recorder.record({ caller: OPERATOR, ...intent }, async () => {
    const failure = await work().then(
      () => undefined,
      (error: unknown) => String(error),
    )
    run.verdict.expect(failure === undefined, `${intent.operation}: ${failure}`)
    return { outcome: failure === undefined ? 'ok' : 'unknown', status: failure ? 0 : 200 }
  })
}

/** @throws what it says when it fails */
async function command({ backups }: Stage, ...words: string[]): Promise<void> {
  const { exitCode, text } = await backups.run(...words)
  if (exitCode !== 0) throw new Error(`ostiary ${words.join(' ')}: ${text}`)
}

function usersOf({ callers }: Crowd): readonly string[] {
  return [...new Set(callers.flatMap(({ held }) => held.flatMap(({ user }) => user ?? [])))]
}

/** Ends that a caller was told of, and that the backup knows nothing of. */
function countEnds({ recorder }: Place, fromMs: number): number {
  return recorder.history.calls.filter(
    ({ operation, outcome, startMs }) =>
      operation === 'revoke' && outcome === 'ok' && startMs > fromMs,
  ).length
}

/** One user is disabled, another one gets a password, and an app is disabled. */
async function endByOperator(stage: Stage, crowd: Crowd): Promise<void> {
  const [first = '', second = ''] = usersOf(crowd)
  const context = await stage.place.deployment.openContext()
  const end = (
    whom: { operation: 'end-user'; user: string } | { operation: 'end-app'; client: string },
    work: () => Promise<unknown>,
  ) =>
    record(stage, { server: 'none', ...whom }, async () => {
      await work()
      await delay(REACH_MS)
    })
  try {
    await Promise.all([
      end({ operation: 'end-user', user: first }, () => disableUser({ username: first }, context)),
      end({ operation: 'end-user', user: second }, () =>
        changePassword({ username: second, password: NEW_PASSWORD }, context),
      ),
      end({ operation: 'end-app', client: OTHER_APP.id }, () =>
        disableClient({ clientId: OTHER_APP.id }, context),
      ),
    ])
  } finally {
    await context.store.close()
  }
}

const NEW_PASSWORD = 'another horse, another battery'
