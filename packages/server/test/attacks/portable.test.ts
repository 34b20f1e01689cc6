// The portable checks against Ostiary, on both stores: it has to hold, and to answer as the specifications have it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { atFullCost } from '../support/password-cost.ts'
import { STORES, startTestServer, type TestServerOptions } from '../support/start-server.ts'
import { nameOf, runCheck } from './check.ts'
import { CHECKS } from './checks/index.ts'
import { Scene } from './scene.ts'
import { attackOstiary } from './targets/ostiary.ts'

describe.each(STORES)('the portable checks on %s', (kind) => {
  let scene: Scene
  beforeAll(async () => {
    const start = (options: TestServerOptions) => startTestServer(kind, options)
    scene = new Scene(await attackOstiary(start, `Ostiary on ${kind}`))
  })
  afterAll(() => scene?.target.stop())

  it.each(CHECKS.map((check) => [nameOf(check), check] as const))('%s', async (_, check) => {
    const run = () => runCheck(check, scene)
    const { seen, ...finding } = await (check.restsOnPasswordCost ? atFullCost(run) : run())
    expect(finding, seen).toEqual({ verdict: 'held', oddities: [] })
  })
})
