// R2: no token is given before it would survive a loss of power. On SQLite the disk is rebuilt as it would have been at
// every answer; on PostgreSQL the log must have been flushed between a request and its answer.

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { tokenKey } from '../../../src/platform/hash.ts'
import { createCluster } from '../../support/postgres-cluster.ts'
import { Caller } from '../caller.ts'
import { gather } from '../crowd.ts'
import { Place } from '../place.ts'
import { PowerCut } from '../power-cut.ts'
import type { Run, Scenario } from '../scenario.ts'
import type { Random } from '../seeded-random.ts'
import { readTrace, strace, whyNoTrace } from '../trace.ts'
import { codeFlow, openForMachine } from '../ways/code-flow.ts'

const CALLERS = 4
const CUTS = 200
/** What gives tokens and ends none. */
const GIVING = ['code', 'machine', 'JWT', 'refresh']
const WORK_MS = 3000
/** Until strace has written what it saw. */
const TRACE_WRITTEN_MS = 500

export const powerLoss: Scenario = {
  goal: 'R2',
  claim: 'whatever was acknowledged is on the disk, not merely on its way there',
  stores: ['sqlite', 'postgres'],
  unavailable: () => whyNoTrace(),
  run: (run) => (run.store === 'sqlite' ? cutPower(run) : watchFlushes(run)),
}

async function cutPower(run: Run): Promise<void> {
  const place = await Place.open({ database: 'sqlite', ...codeFlow.deployment })
  try {
    const path = join(place.deployment.folder, 'ostiary.db')
    const output = join(place.deployment.folder, 'trace')
    for (const round of run.rounds(20)) {
      const random = run.random.fork(round)
      const crowd = await gather(place, { way: codeFlow, size: CALLERS, random, only: GIVING })
      // From here on nobody but the traced process may write.
      const [untraced] = place.servers
      await untraced?.stop()
      const cut = new PowerCut([path, `${path}-wal`].filter(existsSync))
      const traced = untraced && (await place.restart(untraced, { under: strace(output) }))
      await crowd.actWhile(() => delay(WORK_MS))
      await traced?.kill()
      await delay(TRACE_WRITTEN_MS)
      const cuts = checkCuts({ path, output, cut, random }, run)
      run.verdict.expect(cuts > 0, 'no answer was seen in the trace')
      run.verdict.rounds += cuts
      run.verdict.judge(place)
      rmSync(output)
      if (traced) await place.restart(traced)
    }
  } finally {
    await place.close()
  }
}

/** @returns at how many answers the power was cut */
function checkCuts(
  input: { path: string; output: string; cut: PowerCut; random: Random },
  { verdict }: Run,
): number {
  const { path, output, cut, random } = input
  const acknowledged: string[] = []
  let cuts = 0
  for (const event of readTrace(readFileSync(output, 'latin1'))) {
    if (event.kind !== 'send') {
      cut.see(event)
      continue
    }
    const [, token] = /"access_token":"([^"]+)"/.exec(event.data.toString('latin1')) ?? []
    if (token === undefined) continue
    acknowledged.push(token)
    if (cuts >= CUTS) continue
    cuts += 1
    for (const luck of [undefined, random]) {
      const lost = countLost(acknowledged, {
        db: cut.imageOf(path, luck),
        wal: cut.imageOf(`${path}-wal`, luck),
      })
      verdict.measure('lost', lost)
      verdict.expect(lost === 0, 'tokens were lost with the power')
    }
  }
  return cuts
}

function countLost(
  tokens: readonly string[],
  image: { db: Buffer | undefined; wal: Buffer | undefined },
): number {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-nemesis-image-'))
  const path = join(folder, 'ostiary.db')
  try {
    if (image.db) writeFileSync(path, image.db)
    if (image.wal) writeFileSync(`${path}-wal`, image.wal)
    using db = new DatabaseSync(path)
    // Nobody needs this copy for long.
    db.exec('pragma synchronous = off')
    const [check] = db.prepare('pragma integrity_check').all()
    if (check?.integrity_check !== 'ok') return tokens.length
    const found = db.prepare(
      'select count(*) as found from access_tokens where hash in (select value from json_each(?))',
    )
    return tokens.length - Number(found.get(JSON.stringify(tokens.map(tokenKey)))?.found)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One request after the other: each must have its flush of the log between its start and its end. */
async function watchFlushes(run: Run): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-nemesis-trace-'))
  // Whoever runs PostgreSQL writes the trace too.
  chmodSync(folder, 0o777)
  const output = join(folder, 'trace')
  const cluster = await createCluster({ under: strace(output) })
  try {
    await cluster.start()
    const url = await cluster.createDatabase()
    const place = await Place.open({ database: { url }, ...codeFlow.deployment })
    try {
      const caller = new Caller({ id: 0, place, random: run.random })
      for (let count = 0; count < CUTS; count += 1) await openForMachine(caller)
      await caller.examine()
      const { calls } = place.recorder.history
      run.verdict.rounds += CUTS
      run.verdict.judge(place)
      await place.servers[0]?.stop()
      await cluster.stop()
      await delay(TRACE_WRITTEN_MS)
      const flushes = [...readTrace(readFileSync(output, 'latin1'))].flatMap((event) =>
        event.kind === 'flush' && event.path.includes('pg_wal') ? [event.atSeconds * 1000] : [],
      )
      const { timeOrigin } = performance
      const unflushed = calls
        .filter(({ operation, outcome }) => operation === 'client-grant' && outcome === 'ok')
        .filter(
          ({ startMs, endMs }) =>
            !flushes.some((at) => at >= timeOrigin + startMs && at <= timeOrigin + endMs),
        )
      run.verdict.measure('flushes', flushes.length)
      run.verdict.expect(
        unflushed.length === 0,
        `${unflushed.length} tokens were given without a flush`,
      )
    } finally {
      await place.close()
    }
  } finally {
    await cluster.remove()
    rmSync(folder, { recursive: true })
  }
}
