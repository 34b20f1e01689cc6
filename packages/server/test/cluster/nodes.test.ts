// Three nodes on one PostgreSQL, behind a load balancer: what one of them does, the others know within a second, and
// none is missed while it restarts. More rounds and a higher rate: CLUSTER_ROUNDS=20 CLUSTER_RATE=300.

import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asClientId } from '../../src/protocol/ids.ts'
import { type Balancer, startBalancer } from '../support/balancer.ts'
import { TestBrowser } from '../support/browser.ts'
import { findFreePort } from '../support/free-port.ts'
import { kindOf } from '../support/page-kind.ts'
import { createDatabase } from '../support/postgres.ts'
import {
  createDeployment,
  type Deployment,
  type ServerProcess,
  startProcess,
} from '../support/server-process.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import {
  API_SERVER,
  MACHINE,
  OTHER_APP,
  STABLE_APP,
  TENANT,
  type TestClient,
  WEB_APP,
} from '../support/world.ts'
import { startLoad } from './load.ts'

const ROUNDS = Number(process.env.CLUSTER_ROUNDS ?? 1)
const REQUESTS_PER_SECOND = Number(process.env.CLUSTER_RATE ?? 100)
const ALLOWED_FAILURES = 6
const DRAIN = { OSTIARY_SERVER_DRAIN_SECONDS: '1' }
const MAIN = fileURLToPath(new URL('../../bin/ostiary.js', import.meta.url))

let deployment: Deployment
const nodes: ServerProcess[] = []
let balancer: Balancer

beforeAll(async () => {
  deployment = await createDeployment(
    { url: await createDatabase() },
    { rateLimits: { failedClientAuthenticationsPerMinute: ALLOWED_FAILURES } },
  )
  const ports = [await findFreePort(), await findFreePort(), await findFreePort()]
  const starting = ports.map(async (port, index) => {
    nodes[index] = await startProcess(deployment, port, { env: DRAIN })
  })
  await Promise.all(starting)
  balancer = await startBalancer(deployment.port, nodes)
  await balancer.waitForNodes(nodes.length)
})
afterAll(async () => {
  await balancer?.close()
  await Promise.all(nodes.map((node) => node.kill()))
  await deployment?.remove()
})

/** An app as it sees each of the nodes. */
function atNodes(client: TestClient): readonly [TestApp, TestApp, TestApp] {
  const [a, b, c] = nodes.map(({ url }) => new TestApp({ issuer: url }, client))
  if (!a || !b || !c) throw new Error('there are three nodes')
  return [a, b, c]
}

async function operate<Result>(
  act: (context: Awaited<ReturnType<Deployment['openContext']>>) => Promise<Result>,
): Promise<Result> {
  const context = await deployment.openContext()
  try {
    return await act(context)
  } finally {
    await context.store.close()
  }
}

/** What one node, or an operator, has done must be known to every request that comes later than this. */
const aSecond = () => delay(1000)

describe.concurrent('R19: within a second of its end at one node', () => {
  it('a token is inactive at the others', async () => {
    const [a] = atNodes(WEB_APP)
    const app = new TestApp(deployment, WEB_APP)
    const api = atNodes(API_SERVER)
    const isActive = async (token: string) =>
      (await Promise.all(api.map((node) => node.introspect(token)))).map(({ body }) => body.active)
    const { access_token, refresh_token } = await app.obtainTokens()
    expect(await isActive(access_token)).toEqual([true, true, true])
    expect((await a.revoke(refresh_token)).status).toBe(200)
    await aSecond()
    expect(await isActive(access_token)).toEqual([false, false, false])
  })

  it('a session is over at the others', async () => {
    const browser = new TestBrowser()
    await new TestApp(deployment, WEB_APP).obtainCode({ browser })
    const copy = new TestBrowser()
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
    const apps = atNodes(WEB_APP)
    for (const app of apps)
      expect((await copy.open(app.authorizeUrl())).location).toContain('code=')
    await browser.submit(await browser.open(`${nodes[0]?.url}/sign-out`), {})
    await aSecond()
    for (const app of apps) expect(kindOf(await copy.open(app.authorizeUrl()))).toBe('sign-in')
  })

  it('the secret of an app is refused by all of them', async () => {
    const apps = atNodes(STABLE_APP)
    const statuses = async () =>
      (await Promise.all(apps.map((app) => app.refresh('none')))).map(({ status }) => status)
    expect(await statuses()).toEqual([400, 400, 400])
    const id = asClientId(STABLE_APP.id)
    await operate(({ store }) =>
      store.revokeClientSecret({ tenant: TENANT, clientId: id, id: `secret-of-${id}` }),
    )
    await aSecond()
    expect(await statuses()).toEqual([401, 401, 401])
  })
})

describe.concurrent('three nodes', () => {
  it('C4: count wrong secrets together', async () => {
    const [a, b, c] = atNodes(OTHER_APP)
    expect((await c.refresh('none')).status).toBe(400)
    const wrong = atNodes({ ...OTHER_APP, secret: 'wrong' })
    for (let failure = 0; failure < ALLOWED_FAILURES / 2; failure++) {
      expect((await wrong[0].refresh('none')).status).toBe(401)
      expect((await wrong[1].refresh('none')).status).toBe(401)
    }
    await aSecond()
    for (const node of [a, b, c]) {
      const { status, headers } = await node.refresh('none')
      expect(status).toBe(429)
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
  })

  it('R10: sign with a new key at the same time, and publish it before', async () => {
    const kidsAt = async (url: string) =>
      (await getAnswer(`${url}/jwks`)).body.keys.map(({ kid }: { kid: string }) => kid)
    const before = await Promise.all(nodes.map(({ url }) => kidsAt(url)))
    const words = [MAIN, 'key', 'rotate', '--force', '--json']
    const options = { cwd: deployment.folder, env: { PATH: process.env.PATH } }
    const { stdout } = await promisify(execFile)(process.execPath, words, options)
    const { currentKid } = JSON.parse(stdout)
    await aSecond()
    const machines = atNodes(MACHINE)
    const answers = await Promise.all(
      machines.map((app) => app.token({ grant_type: 'client_credentials' })),
    )
    const tokens: string[] = answers.map(({ body }) => body.access_token)
    for (const kids of before) expect(kids).toContain(currentKid)
    expect(tokens.map((token) => decodeProtectedHeader(token).kid)).toEqual(
      Array(3).fill(currentKid),
    )
    const [, , api] = atNodes(API_SERVER)
    for (const token of tokens) expect((await api.introspect(token)).body.active).toBe(true)
    const after = await Promise.all(nodes.map(({ url }) => kidsAt(url)))
    expect(new Set(after.map((kids) => kids.join()))).toHaveProperty('size', 1)
    expect(after[0]).toHaveLength(3)
  })

  it('leave the housekeeping to one of them', async () => {
    const nowSeconds = Math.floor(Date.now() / 1000)
    const lease = { holder: 'a fourth', nowSeconds, endsAtSeconds: nowSeconds + 60 }
    await operate(async ({ store }) => {
      for (const task of ['clean-up', 'key-rotation']) {
        expect(await store.takeLease({ ...lease, task }), task).toBe(false)
      }
    })
  })
})

it('R12: none of many requests fails while every node restarts', async () => {
  const load = await startLoad(deployment.issuer, REQUESTS_PER_SECOND)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, node] of nodes.entries()) {
      expect(await node.stop()).toBe(0)
      nodes[index] = await startProcess(deployment, Number(new URL(node.url).port), { env: DRAIN })
      await balancer.waitForNodes(nodes.length)
    }
  }
  const { requests, failures } = await load.stop()
  expect(failures).toEqual([])
  expect(balancer.errors).toEqual([])
  expect(requests).toBeGreaterThan(100)
})
