// The portable checks against Ostiary, on both stores: it has to hold, and to answer as the specifications have it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
    const { seen, ...finding } = await runCheck(check, scene)
    expect(finding, seen).toEqual({ verdict: 'held', oddities: [] })
  })
})
