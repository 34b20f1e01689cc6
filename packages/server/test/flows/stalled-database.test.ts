// R7: a PostgreSQL that says nothing for a while. Whoever asks has an answer in time, none of them a guess, and
// afterwards everything is as before.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../support/postgres.ts'
import { type StallingProxy, startStallingProxy } from '../support/stalling-proxy.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, WEB_APP } from '../support/world.ts'

const DEADLINE_MS = 2000
/** For the rest of the request, on a machine that is busy. */
const ALLOWANCE_MS = 1000
const STALL_MS = 4500
const EVERY_MS = 40

describe('R7: while the database says nothing', () => {
  let proxy: StallingProxy
  let server: TestServer
  let token: string

  beforeAll(async () => {
    proxy = await startStallingProxy(await createDatabase())
    server = await startTestServer('postgres', {
      postgresUrl: proxy.url,
      server: { requestDeadlineMilliseconds: 1750 },
      policy: { accessToken: { format: 'opaque' } },
    })
    token = (await newToken()).body.access_token
  })
  afterAll(async () => {
    proxy?.goOn()
    await server?.stop()
    await proxy?.close()
  })

  const newToken = () => new TestApp(server, MACHINE).token({ grant_type: 'client_credentials' })
  const requests = {
    token: newToken,
    introspection: () => new TestApp(server, API_SERVER).introspect(token),
    refresh: () => new TestApp(server, WEB_APP).refresh('ost_rt_nothing'),
  }

  async function time(request: () => Promise<Answer>) {
    const startMs = performance.now()
    const answer = await request()
    return { answer, ms: performance.now() - startMs }
  }

  it('requests are answered 503 within two seconds, and served again as soon as it speaks', async () => {
    proxy.stall()
    const until = performance.now() + STALL_MS
    const asked: Promise<{ answer: Answer; ms: number }>[] = []
    while (performance.now() < until) {
      for (const request of Object.values(requests)) asked.push(time(request))
      await pause(EVERY_MS)
    }
    const answers = await Promise.all(asked)
    proxy.goOn()
    expect(new Set(answers.map(({ answer }) => answer.status))).toEqual(new Set([503]))
    for (const { answer } of answers) {
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(answer.text).not.toMatch(/active|access_token/)
    }
    const longest = Math.max(...answers.map(({ ms }) => ms))
    expect(longest).toBeLessThan(DEADLINE_MS + ALLOWANCE_MS)

    const statuses = async () =>
      Promise.all(Array.from({ length: 20 }, async () => (await newToken()).status))
    await expect.poll(statuses, { timeout: 3000 + ALLOWANCE_MS }).toEqual(Array(20).fill(200))
    expect((await requests.introspection()).body.active).toBe(true)
  })
})
