// Floods by strangers: connections that send thousands of requests ahead and read no answer, to each kind of path. What
// the server holds is compared with what the same paths cost when callers wait for their answers.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Usage, usageOf } from '../nemesis/proc.ts'
import {
  createDeployment,
  type Deployment,
  type ServerProcess,
  startProcess,
} from '../support/server-process.ts'
import { TestApp } from '../support/test-app.ts'
import { MACHINE } from '../support/world.ts'

const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'
const GRANT = 'grant_type=client_credentials'

/** Name of the kind -> a request of it, but for the Host. */
const KINDS = {
  'a style sheet': get('/assets/page.css'),
  'the colours of the tenant': get('/assets/brand.css'),
  'no such style sheet': get('/assets/nothing.css'),
  nothing: get('/nothing'),
  'a URL that cannot be decoded': get('/%zz'),
  health: get('/livez'),
  readiness: get('/readyz'),
  keys: get('/jwks'),
  metadata: get('/.well-known/openid-configuration'),
  'the feed of revocations': get('/revocations?after=0'),
  'a page': get('/authorize?client_id=nobody'),
  'a token': `POST /token HTTP/1.1\r\n${FORM}Content-Length: ${GRANT.length}\r\nHost: a\r\n\r\n${GRANT}`,
  'a preflight': 'OPTIONS /token HTTP/1.1\r\nOrigin: https://a.example\r\nHost: a\r\n\r\n',
  'another method': 'DELETE /token HTTP/1.1\r\nHost: a\r\n\r\n',
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
}

const CONNECTIONS = 20
const PIPELINED = 30_000
/** So many at once wait on a connection of somebody who reads. */
const POLITE = 10
const POLITE_ROUNDS = 30
const HOLD_MS = 1000
const LOOK_EVERY_MS = 50

let deployment: Deployment
let server: ServerProcess
beforeAll(async () => {
  // On a machine that other tests keep busy, the event loop lags without any flood: that is no news here.
  deployment = await createDeployment('sqlite', {
    server: { maxEventLoopLagMilliseconds: 60_000, requestDeadlineMilliseconds: 30_000 },
  })
  server = await startProcess(deployment)
})
afterAll(async () => {
  await server?.stop()
  await deployment?.remove()
})

function open(): Socket {
  const { hostname, port } = new URL(server.url)
  return connect({ host: hostname, port: Number(port) }).on('error', () => undefined)
}

/** Callers that wait for their answers. */
async function askPolitely(request: string): Promise<void> {
  const socket = open()
  for (let round = 0; round < POLITE_ROUNDS; round++) {
    socket.write(request.repeat(POLITE))
    let answers = 0
    while (answers < POLITE) {
      const [part] = (await once(socket, 'data')) as [Buffer]
      answers += part.toString('latin1').split('HTTP/1.1 ').length - 1
    }
  }
  socket.destroy()
}

async function flood(request: string, connections: number): Promise<void> {
  const bytes = Buffer.from(request.repeat(PIPELINED))
  const sockets = Array.from({ length: connections }, open)
  for (const socket of sockets) socket.pause().write(bytes)
  await pause(HOLD_MS)
  for (const socket of sockets) socket.destroy()
}

/** The most that the process held while the work was done, and what a good app heard meanwhile. */
async function watch(work: () => Promise<unknown>): Promise<Usage & { statuses: Set<number> }> {
  const app = new TestApp({ issuer: server.url, paths: deployment.paths }, MACHINE)
  const statuses = new Set<number>()
  let most = usageOf(server.pid)
  let isDone = false
  async function look(): Promise<void> {
    do {
      const { megabytes, descriptors } = usageOf(server.pid)
      most = {
        megabytes: Math.max(most.megabytes, megabytes),
        descriptors: Math.max(most.descriptors, descriptors),
      }
      await pause(LOOK_EVERY_MS)
    } while (!isDone)
  }
  async function ask(): Promise<void> {
    do statuses.add((await app.token({ grant_type: 'client_credentials' })).status)
    while (!isDone)
  }
  const watching = [look(), ask()]
  await work()
  isDone = true
  await Promise.all(watching)
  return { ...most, statuses }
}

describe('chaos 1: a flood of requests that nobody reads the answers of', () => {
  let control: Usage

  beforeAll(async () => {
    control = await watch(async () => {
      for (const request of Object.values(KINDS)) {
        await Promise.all(Array.from({ length: CONNECTIONS }, () => askPolitely(request)))
      }
    })
  })

  it.each(Object.entries(KINDS))('costs no more than one that is read: %s', async (_, request) => {
    for (const connections of [1, CONNECTIONS]) {
      const { megabytes, descriptors, statuses } = await watch(() => flood(request, connections))
      expect([...statuses]).toEqual([200])
      expect(descriptors / control.descriptors).toBeLessThan(1.5)
      // What a process has taken it does not give back at once, and a busy machine collects late. One descriptor and
      // stream for each request, as there were once, made it four times as much and more.
      expect(megabytes / control.megabytes).toBeLessThan(2.5)
    }
  })
})
