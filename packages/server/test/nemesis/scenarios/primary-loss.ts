// R6: the primary of PostgreSQL is lost, its synchronous standby takes over. Nothing acknowledged is lost with it, writes
// go on soon, and what needs no database is there all the time.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ask, createCluster, type PostgresCluster } from '../../support/postgres-cluster.ts'
import { gather } from '../crowd.ts'
import { type DatabaseProxy, startDatabaseProxy } from '../database-proxy.ts'
import { Place } from '../place.ts'
import type { Run, Scenario } from '../scenario.ts'
import { codeFlow } from '../ways/code-flow.ts'

const CALLERS = 16
const PROCESSES = 2
const RESUMED_WITHIN_MS = 10_000
/** Until somebody has noticed that the primary is gone. */
const NOTICED_AFTER_MS = 2000
const PATIENCE_MS = 20_000

export const primaryLoss: Scenario = {
  goal: 'R6',
  claim:
    'when the primary of PostgreSQL is lost, its synchronous standby goes on with everything acknowledged',
  stores: ['postgres'],

  async run(run) {
    for (const round of run.rounds(20)) {
      const pair = await startPair()
      const proxy = await startDatabaseProxy(pair.primary.port)
      try {
        await losePrimary({ ...pair, proxy }, { ...run, random: run.random.fork(round) })
        run.verdict.rounds += 1
      } finally {
        await proxy.close()
        await pair.primary.remove()
        await pair.standby.remove()
      }
    }
  },
}

interface Pair {
  readonly primary: PostgresCluster
  readonly standby: PostgresCluster
}

const STANDBY = 'standby'

/** The standby is a copy of the primary's files, taken while that stands still. */
async function startPair(): Promise<Pair> {
  const primary = await createCluster({ settings: ['wal_level = replica', 'hot_standby = on'] })
  const conninfo = `host=127.0.0.1 port=${primary.port} user=postgres application_name=${STANDBY}`
  const standby = await primary.copy([`primary_conninfo = '${conninfo}'`])
  writeFileSync(join(standby.folder, 'data', 'standby.signal'), '')
  await primary.start()
  await standby.start()
  const admin = primary.urlOf('postgres')
  await ask(admin, `alter system set synchronous_standby_names = '${STANDBY}'`)
  await ask(admin, 'select pg_reload_conf()')
  await waitUntilSynchronous(admin)
  return { primary, standby }
}

async function waitUntilSynchronous(url: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const [row] = await ask(url, 'select sync_state from pg_stat_replication')
    if (row?.sync_state === 'sync') return
    await delay(100)
  }
  throw new Error('the standby does not follow')
}

async function losePrimary(
  { primary, standby, proxy }: Pair & { proxy: DatabaseProxy },
  { random, verdict }: Run,
): Promise<void> {
  const url = new URL(await primary.createDatabase())
  url.port = String(proxy.port)
  const place = await Place.open({
    database: { url: url.href },
    processes: PROCESSES,
    ...codeFlow.deployment,
  })
  try {
    const crowd = await gather(place, { way: codeFlow, size: CALLERS, random })
    const watch = watchPublicPages(place)
    let promotedMs = 0
    await crowd.actWhile(async () => {
      await delay(1000 + random.below(2000))
      await primary.kill()
      await delay(NOTICED_AFTER_MS)
      await ask(standby.urlOf('postgres'), 'select pg_promote()')
      proxy.leadTo(standby.port)
      promotedMs = performance.now()
      while (firstGrantAfter(promotedMs, place) === undefined) {
        if (performance.now() - promotedMs > PATIENCE_MS) break
        await delay(50)
      }
      await delay(2000)
    })
    const resumedMs = (firstGrantAfter(promotedMs, place) ?? Number.POSITIVE_INFINITY) - promotedMs
    verdict.measure('writes resumed after, ms', Math.round(resumedMs))
    verdict.expect(resumedMs <= RESUMED_WITHIN_MS, `writes resumed only after ${resumedMs} ms`)
    const { asked, missed } = await watch.stop()
    verdict.expect(missed === 0, `of ${asked} public pages ${missed} were missing meanwhile`)
    await crowd.examine()
    verdict.judge(place)
  } finally {
    await place.close()
  }
}

/** @returns when the first token was given that was asked for after that moment */
function firstGrantAfter(momentMs: number, { recorder }: Place): number | undefined {
  return recorder.history.calls.find(
    ({ operation, outcome, startMs }) =>
      operation === 'client-grant' && outcome === 'ok' && startMs > momentMs,
  )?.endMs
}

const PUBLIC_PAGES = ['/.well-known/oauth-authorization-server', '/livez']

/** What APIs need to check tokens by themselves. */
function watchPublicPages({ servers, deployment }: Place) {
  let isOver = false
  let asked = 0
  let missed = 0
  const urls = servers.flatMap(({ url }) =>
    [deployment.paths.jwks, ...PUBLIC_PAGES].map((path) => url + path),
  )
  const watching = (async () => {
    while (!isOver) {
      for (const url of urls) {
        const isThere = await fetch(url).then(
          (response) => response.ok,
          () => false,
        )
        asked += 1
        if (!isThere) missed += 1
      }
      await delay(100)
    }
  })()
  return {
    async stop() {
      isOver = true
      await watching
      return { asked, missed }
    },
  }
}
