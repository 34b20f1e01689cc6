// A bounded run of what `npm run durability` does for longer.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../support/postgres.ts'
import { createDeployment, type Deployment } from '../support/server-process.ts'
import { STORES } from '../support/start-server.ts'
import { runKillRound } from './kill.ts'

const KILL_AFTER_TOKENS = [1, 20, 150]

describe.each(STORES)('kill -9 on %s', (kind) => {
  let deployment: Deployment

  beforeAll(async () => {
    const database = kind === 'sqlite' ? kind : { url: await createDatabase() }
    deployment = await createDeployment(database, { accessToken: { format: 'opaque' } })
  })
  afterAll(() => deployment?.remove())

  it('R1: every acknowledged token is alive after the restart', async () => {
    for (const tokens of KILL_AFTER_TOKENS) {
      const report = await runKillRound(deployment, tokens)
      expect(report.acknowledged).toBeGreaterThanOrEqual(tokens)
      expect(report.lost).toEqual([])
      expect(report.loggedOut).toBe(0)
    }
  })
})
