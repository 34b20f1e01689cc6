// Eight APIs follow the feed at three nodes on one PostgreSQL: whichever node ends a token, all of them hear of it by the
// requests that they hold. How long that takes is told, not judged: PUSHED_FEED_ROUNDS=50 prints p50 and p99.

import { createGuard, type Guard } from '@ostiary/resource'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SecondNode, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { API, MACHINE } from '../support/world.ts'

const ROUNDS = Number(process.env.PUSHED_FEED_ROUNDS ?? 3)
const GUARDS = 8

let server: TestServer
const further: SecondNode[] = []
const guards: Guard[] = []

beforeAll(async () => {
  server = await startTestServer('postgres')
  further.push(await server.startSecondNode(), await server.startSecondNode())
  const urls = [server.url, ...further.map(({ url }) => url)]
  for (let index = 0; index < GUARDS; index += 1) {
    const url = urls[index % urls.length] ?? server.url
    guards.push(
      createGuard({
        ...{ issuer: server.issuer, audience: API, pollSeconds: 30, descriptions: false },
        // Its own node, as a load balancer would have chosen.
        fetch: (input, init) => fetch(String(input).replace(server.url, url), init),
      }),
    )
  }
})
afterAll(async () => {
  await Promise.all(guards.map((guard) => guard.close()))
  await Promise.all(further.map((node) => node.close()))
  await server?.stop()
})

const takes = async (guard: Guard, token: string) =>
  (await guard.authorize({ authorization: `Bearer ${token}` }, {}, undefined)).ok

async function timeUntilRefused(guard: Guard, token: string, since: number): Promise<number> {
  while (await takes(guard, token)) await new Promise((resolve) => setTimeout(resolve, 1))
  return performance.now() - since
}

it('operating: a token that one node ends is refused by the APIs of all nodes', async () => {
  const apps = [server, ...further].map(({ url }) => new TestApp({ issuer: url }, MACHINE))
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const app of apps) {
      const { body } = await app.token({ grant_type: 'client_credentials' })
      const token = String(body.access_token)
      for (const guard of guards) expect(await takes(guard, token)).toBe(true)
      expect((await app.revoke(token)).status).toBe(200)
      const since = performance.now()
      times.push(
        ...(await Promise.all(guards.map((guard) => timeUntilRefused(guard, token, since)))),
      )
    }
  }
  expect(times).toHaveLength(ROUNDS * apps.length * GUARDS)
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1]?.toFixed(0)
  if (process.env.PUSHED_FEED_ROUNDS) {
    process.stdout.write(`p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, of ${times.length}\n`)
  }
}, 300_000)
