// One deadline for each request: whatever it waits for, and however often, its caller has an answer within two seconds.

import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { hashPassword, passwordQueueState } from '../../src/identity/passwords.ts'
import { TestBrowser } from '../support/browser.ts'
import { hashAtFullCost } from '../support/password-cost.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, PASSWORD, WEB_APP } from '../support/world.ts'

hashAtFullCost()

const PROMISED_MS = 2000
const DEFAULT_MS = 1750
const HELD_MS = 5000
const CALLERS = 32

/** The longest that this process kept anybody waiting, its server included: a machine that is busy is no slow database. */
function watchDelays() {
  const EVERY_MS = 20
  let longestMs = 0
  let dueMs = performance.now() + EVERY_MS
  const timer = setInterval(() => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - dueMs)
    dueMs = now + EVERY_MS
  }, EVERY_MS)
  return {
    longestMs: () => longestMs,
    stop: () => clearInterval(timer),
  }
}

/** A few times, as long as it fails. */
async function again<Result>(step: () => Promise<Result>, tries = 5): Promise<Result> {
  try {
    return await step()
  } catch (error) {
    if (tries === 1) throw error
    return again(step, tries - 1)
  }
}

async function eightTimes<Result>(work: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  while (results.length < 8) results.push(await work())
  return results
}

/** Nobody else can write any more. @returns what lets go */
async function holdTables({ database }: TestServer): Promise<() => Promise<void>> {
  if (database.kind === 'sqlite') {
    const other = new DatabaseSync(database.path)
    other.exec('begin immediate')
    return async () => other.close()
  }
  const admin = new pg.Client(database.url)
  await admin.connect()
  await admin.query('begin')
  await admin.query('lock table refresh_tokens, grants, access_tokens, codes')
  return () => admin.end()
}

describe.each(STORES)('chaos 3, chaos 4: while tables are held on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let machine: TestApp
  beforeAll(async () => {
    server = await startTestServer(kind, {
      server: { requestDeadlineMilliseconds: DEFAULT_MS },
      policy: { accessToken: { format: 'opaque' } },
    })
    app = new TestApp(server, WEB_APP)
    machine = new TestApp(server, MACHINE)
  })
  afterAll(() => server?.stop())

  it('every caller has its answer within two seconds, and what is acknowledged has happened', async () => {
    const browser = new TestBrowser()
    // A machine that stands still just now refuses what is only prepared here, too.
    const chains = await eightTimes(() => again(() => app.obtainTokens({ browser })))
    const codes = await eightTimes(() => again(() => app.obtainCode({ browser })))
    const { access_token } = (await machine.token({ grant_type: 'client_credentials' })).body
    const requests: readonly (() => Promise<Answer>)[] = [
      ...chains.map(
        ({ refresh_token }) =>
          () =>
            app.refresh(refresh_token),
      ),
      ...codes.map(
        ({ code, verifier }) =>
          () =>
            app.redeem(code, verifier),
      ),
      ...Array.from({ length: 8 }, () => () => machine.token({ grant_type: 'client_credentials' })),
      ...Array.from(
        { length: 8 },
        () => () => new TestApp(server, API_SERVER).introspect(access_token),
      ),
    ]
    expect(requests).toHaveLength(CALLERS)
    const letGo = await holdTables(server)
    const delays = watchDelays()
    const untilMs = performance.now() + HELD_MS
    const answers: { readonly answer: Answer; readonly ms: number }[] = []
    await Promise.all(
      requests.map(async (request) => {
        while (performance.now() < untilMs) {
          const startMs = performance.now()
          const answer = await request()
          answers.push({ answer, ms: performance.now() - startMs })
          await pause(20)
        }
      }),
    )
    await letGo()
    delays.stop()
    const longest = Math.max(...answers.map(({ ms }) => ms))
    expect(longest / (PROMISED_MS + 4 * delays.longestMs())).toBeLessThan(1)
    const refused = answers.filter(({ answer }) => answer.status === 503)
    expect(refused.length).toBeGreaterThan(CALLERS)
    for (const { answer } of refused) {
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(answer.text).not.toMatch(/access_token|active/)
    }
    await expect
      .poll(async () => (await machine.token({ grant_type: 'client_credentials' })).status, {
        timeout: 5000,
      })
      .toBe(200)
    for (const { refresh_token } of chains)
      expect((await app.refresh(refresh_token)).status).toBe(200)
  })
})

describe('chaos 3: a password that waits for its turn', () => {
  it('is answered in time, and checked when there is room', async () => {
    const server = await startTestServer('sqlite', {
      server: { requestDeadlineMilliseconds: 200 },
    })
    onTestFinished(() => server.stop())
    const browser = new TestBrowser()
    const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
    const signIn = () => browser.submit(page, { username: 'ada', password: PASSWORD })
    // The queue is that of the process, and each source has its turn: it is full of others, each from elsewhere.
    const others = Promise.all(
      Array.from({ length: 40 }, (_, index) => hashPassword('of somebody else', `source ${index}`)),
    )
    const turnedAway = await signIn()
    expect(passwordQueueState().waiting).toBeGreaterThan(0)
    expect(turnedAway.status).toBe(503)
    expect(turnedAway.headers.get('retry-after')).toBe('1')
    await others
    expect((await signIn()).status).toBe(303)
  })
})
