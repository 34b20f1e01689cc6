// Several workers on one machine, on one SQLite file: they share the port, one that crashes is replaced, and all can be
// replaced one by one while requests come in.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asClientId } from '../../src/protocol/ids.ts'
import { findFreePort } from '../support/free-port.ts'
import { sendRequest } from '../support/http-request.ts'
import { scrape } from '../support/scrape.ts'
import {
  createDeployment,
  type Deployment,
  type ServerProcess,
  startProcess,
} from '../support/server-process.ts'
import { TestApp } from '../support/test-app.ts'
import { MACHINE, OTHER_APP, STABLE_APP, TENANT, WEB_APP } from '../support/world.ts'
import { startLoad } from './load.ts'

const ROUNDS = Number(process.env.CLUSTER_ROUNDS ?? 1)
const REQUESTS_PER_SECOND = Number(process.env.CLUSTER_RATE ?? 100)
const ALLOWED_FAILURES = 6
const WORKERS = 2

let deployment: Deployment
let server: ServerProcess
let managementPort: number

beforeAll(async () => {
  deployment = await createDeployment('sqlite', {
    rateLimits: { failedClientAuthenticationsPerMinute: ALLOWED_FAILURES },
  })
  managementPort = await findFreePort()
  server = await startProcess(deployment, deployment.port, {
    env: {
      OSTIARY_SERVER_WORKERS: String(WORKERS),
      OSTIARY_MANAGEMENT_PORT: String(managementPort),
      OSTIARY_SERVER_DRAIN_SECONDS: '1',
      OSTIARY_LOG_LEVEL: 'debug',
    },
    log: logFile(),
  })
  while (listReady().length === 0) await delay(20)
})
afterAll(async () => {
  await server?.kill()
  await deployment?.remove()
})

const logFile = () => join(deployment.folder, 'server.log')

interface Line {
  readonly msg: string
  readonly pid?: number
  readonly worker?: number
}

function readLog(): readonly Line[] {
  const lines = readFileSync(logFile(), 'utf8').split('\n')
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
}

const listReady = () => readLog().filter(({ msg }) => msg === 'ready')
const listStarted = () => readLog().filter(({ msg }) => msg === 'a worker answers requests')
const countReplacements = () => readLog().filter(({ msg }) => msg === 'all workers replaced').length

/** Over a connection of its own each, so that every worker gets some. */
async function statusesOf(app: TestApp, times = 2 * WORKERS): Promise<Set<number>> {
  const authorization = `Basic ${btoa(`${app.client.id}:${app.client.secret}`)}`
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  const body = 'grant_type=refresh_token&refresh_token=none'
  const statuses = new Set<number>()
  for (let time = 0; time < times; time++) {
    const url = `${deployment.issuer}/token`
    statuses.add((await sendRequest(url, { method: 'POST', headers, body })).status)
  }
  return statuses
}

const appOf = (client: typeof WEB_APP) => new TestApp(deployment, client)

describe('several workers', () => {
  it('answer at one address, and the log says which one did', async () => {
    await statusesOf(appOf(WEB_APP))
    const answered = readLog().filter(({ msg }) => msg === 'request answered')
    expect(new Set(answered.map(({ worker }) => worker)).size).toBe(WORKERS)
    expect(listReady()).toHaveLength(1)
  })

  it('are watched at one port, which adds up what each of them has answered', async () => {
    const url = `http://127.0.0.1:${managementPort}`
    const labels = { tenant: TENANT, route: '/token', method: 'POST', status: '400' }
    const answered = async () => (await scrape(url)).value('ostiary_http_requests_total', labels)
    const before = (await answered()) ?? 0
    await statusesOf(appOf(WEB_APP), 6)
    await expect.poll(answered).toBe(before + 6)
    expect((await sendRequest(`${url}/readyz`)).status).toBe(200)
  })

  it('R19: all refuse a secret within a second of its end', async () => {
    expect(await statusesOf(appOf(STABLE_APP))).toEqual(new Set([400]))
    const { store } = await deployment.openContext()
    const id = asClientId(STABLE_APP.id)
    await store.revokeClientSecret({ tenant: TENANT, clientId: id, id: `secret-of-${id}` })
    await store.close()
    await delay(1000)
    expect(await statusesOf(appOf(STABLE_APP))).toEqual(new Set([401]))
  })

  it('C4: count wrong secrets together', async () => {
    const wrong = appOf({ ...OTHER_APP, secret: 'wrong' })
    expect(await statusesOf(wrong, ALLOWED_FAILURES)).toEqual(new Set([401]))
    await delay(1000)
    expect(await statusesOf(appOf(OTHER_APP))).toEqual(new Set([429]))
  })

  it('R12: are replaced one by one at SIGHUP, and no request fails', async () => {
    const load = await startLoad(deployment.issuer, REQUESTS_PER_SECOND)
    for (let round = 1; round <= ROUNDS; round++) {
      process.kill(server.pid, 'SIGHUP')
      await expect.poll(countReplacements, { timeout: 40_000 }).toBe(round)
    }
    const { requests, failures } = await load.stop()
    expect(failures).toEqual([])
    expect(requests).toBeGreaterThan(100)
    expect(listStarted()).toHaveLength((ROUNDS + 1) * WORKERS)
  })

  it('one that crashes is replaced, and the other answers meanwhile', async () => {
    const before = listStarted()
    process.kill(before.at(-1)?.pid ?? 0, 'SIGKILL')
    await expect.poll(listStarted, { timeout: 20_000 }).toHaveLength(before.length + 1)
    const { status } = await appOf(MACHINE).token({ grant_type: 'client_credentials' })
    expect(status).toBe(200)
    expect(readLog().map(({ msg }) => msg)).toContain('a worker has crashed')
  })

  it('R12: at SIGTERM are not ready for a while, still answer, and end with 0', async () => {
    const ended = server.stop()
    const isReady = async () => (await sendRequest(`${deployment.issuer}/readyz`)).status
    await expect.poll(isReady, { interval: 20 }).toBe(503)
    const { status, headers } = await sendRequest(`${deployment.issuer}/jwks`, {
      headers: { connection: 'keep-alive' },
    })
    expect(status).toBe(200)
    expect(headers.connection).toBe('close')
    expect(await ended).toBe(0)
  })
})
