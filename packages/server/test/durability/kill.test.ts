// A bounded run of what `npm run durability` does for longer.

import { describe, expect, it } from 'vitest'
import { createDatabase } from '../support/postgres.ts'
import { createDeployment } from '../support/server-process.ts'
import { STORES } from '../support/start-server.ts'
import { runKillRounds } from './kill.ts'
import { WORKLOADS } from './workloads.ts'

const KILL_AFTER_TOKENS = [1, 60]

describe.each(STORES)('kill -9 on %s', (kind) => {
  it.each(WORKLOADS)('R1: after the restart nothing of it is lost: $name', async (workload) => {
    const database = kind === 'sqlite' ? kind : { url: await createDatabase() }
    const deployment = await createDeployment(database, workload.deployment)
    let rounds = 0
    try {
      const input = { workload, killAfterTokens: KILL_AFTER_TOKENS }
      for await (const { lost } of runKillRounds(deployment, input)) {
        expect(lost).toEqual([])
        rounds += 1
      }
    } finally {
      await deployment.remove()
    }
    expect(rounds).toBe(KILL_AFTER_TOKENS.length)
  })
})
