// What has expired goes by itself, in small batches; what somebody still needs stays.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  cleanUp,
  type HousekeepingDeps,
  startHousekeeping,
} from '../../src/operations/housekeeping.ts'
import { sha256, tokenKey } from '../../src/platform/hash.ts'
import { createLog } from '../../src/platform/log.ts'
import { NO_OBSERVER } from '../../src/protocol/observer.ts'
import { StoreUnavailableError } from '../../src/store/port.ts'
import { TestBrowser } from '../support/browser.ts'
import { cookieName } from '../support/cookie-name.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { TENANT, WEB_APP } from '../support/world.ts'

const DAY = 86_400
const TASKS = ['clean-up', 'key-rotation', 'endings', 'statistics']
/** Whoever held it before: in the year 2286 every lease has ended. */
const FOR_EVER = { holder: 'test', nowSeconds: 9_999_999_999, endsAtSeconds: 99_999_999_999 }

/** Rows of every kind, and how to look for them whatever the time is. */
async function leaveTraces({ store, issuer }: TestServer, app: TestApp) {
  const browser = new TestBrowser()
  const tokens = await app.obtainTokens({ browser })
  const { code } = await app.obtainCode({ browser })
  const ended = await app.obtainTokens({ browser })
  await app.revoke(ended.refresh_token)
  const session = browser.cookies.get(cookieName(issuer, 'session')) ?? ''
  const traces = {
    code: () => store.findCode(TENANT, tokenKey(code)),
    accessToken: () => store.findAccessToken(TENANT, tokenKey(tokens.access_token), 0),
    refreshToken: () => store.findRefreshToken(TENANT, tokenKey(tokens.refresh_token)),
    session: () => store.findSession(TENANT, sha256(session), 0),
  }
  return { traces, tokens, ended, browser }
}

describe.each(STORES)('housekeeping on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind, { policy: { accessToken: { format: 'opaque' } } })
    app = new TestApp(server, WEB_APP)
    // From here on the server does none of it: what is done here is to be counted.
    for (const task of TASKS) await server.store.takeLease({ ...FOR_EVER, task })
  })
  afterAll(() => server?.stop())

  const tidyUp = (deps: Partial<Parameters<typeof cleanUp>[0]> = {}) =>
    cleanUp(
      { store: server.store, clock: server.clock, observer: NO_OBSERVER, ...deps },
      new AbortController().signal,
      { hold: async () => true },
    )

  it('deletes in batches, so that no request waits behind a long one', async () => {
    const expiresAtSeconds = server.clock.nowSeconds() + 1
    const claim = (id: number) =>
      server.store.claimOnce({ tenant: TENANT, purpose: 'test', id: `id-${id}`, expiresAtSeconds })
    // No more at once than a busy machine can do in time.
    for (let first = 0; first < 1001; first += 91) {
      const claims = Array.from({ length: 91 }, (_, index) => claim(first + index))
      expect(await Promise.all(claims)).not.toContain(false)
    }
    server.clock.advance(DAY)

    const batches: number[] = []
    const backlog: number[] = []
    const total = await tidyUp({
      observer: {
        cleanedUp: (rows) => void batches.push(rows),
        cleanUpBacklog: (rows) => void backlog.push(rows),
      },
    })
    expect(batches).toEqual([500, 500, 1])
    expect(backlog).toEqual([1001, 501, 1, 0])
    expect(total).toBe(1001)
  })

  it('what has expired is gone, and the feed of revocations is short again', async () => {
    const { traces } = await leaveTraces(server, app)
    for (const [name, find] of Object.entries(traces)) expect(await find(), name).not.toBeNull()
    const wholeFeed = { tenant: TENANT, afterSequence: 0, nowSeconds: 0, limit: 100 }
    const listFeed = async () => (await server.store.readFeed(wholeFeed)).lines
    expect(await listFeed()).not.toEqual([])

    server.clock.advance(181 * DAY)
    expect(await tidyUp()).toBeGreaterThan(0)
    for (const [name, find] of Object.entries(traces)) expect(await find(), name).toBeNull()
    expect(await listFeed()).toEqual([])
    expect(await tidyUp()).toBe(0)
  })

  it('what is alive stays: tokens, session, consent, and what was revoked', async () => {
    await leaveTraces(server, app)
    server.clock.advance(180 * DAY)
    const { tokens, ended, browser } = await leaveTraces(server, app)
    await tidyUp()
    expect((await app.introspect(tokens.access_token)).body.active).toBe(true)
    expect((await app.introspect(ended.access_token)).body.active).toBe(false)
    expect((await app.refresh(tokens.refresh_token)).status).toBe(200)
    expect((await browser.open(app.authorizeUrl())).location).toContain('code=')
  })

  it('RFC 9700 §4.14.2: a spent refresh token is remembered, so that reuse is noticed', async () => {
    const first = await app.obtainTokens()
    const second = await app.refresh(first.refresh_token)
    server.clock.advance(29 * DAY)
    await tidyUp()
    expect((await app.introspect(second.body.refresh_token)).body.active).toBe(true)
    expect((await app.refresh(first.refresh_token)).body.error).toBe('invalid_grant')
    expect((await app.introspect(second.body.refresh_token)).body.active).toBe(false)
  })

  describe('by itself', () => {
    beforeAll(async () => {
      for (const task of TASKS) await server.store.endLease(task, FOR_EVER.holder)
    })

    function start(store: HousekeepingDeps['store'], lines: string[] = []) {
      const destination = { write: (line: string) => void lines.push(line) }
      const log = createLog({ level: 'warn', format: 'json', destination })
      const deps = { store, clock: server.clock, log, keyRings: [], observer: NO_OBSERVER }
      return startHousekeeping(deps)
    }

    it('begins with the server', async () => {
      const { traces } = await leaveTraces(server, app)
      server.clock.advance(180 * DAY)
      const stop = start(server.store)
      await expect.poll(traces.session).toBeNull()
      await stop()
    })

    it('one of several processes does it, and another when that one has ended', async () => {
      const rounds: string[] = []
      const startAs = (name: string) => {
        const store: HousekeepingDeps['store'] = {
          ...server.store,
          async deleteExpired(nowSeconds, limit) {
            rounds.push(name)
            return await server.store.deleteExpired(nowSeconds, limit)
          },
        }
        return start(store)
      }
      const stopFirst = startAs('first')
      await expect.poll(() => rounds).toContain('first')
      // Stopping waits for the round that has begun.
      await startAs('second')()
      expect(rounds).not.toContain('second')
      await stopFirst()
      const stopThird = startAs('third')
      await expect.poll(() => rounds).toContain('third')
      await stopThird()
    })

    it('a database that is away is a line in the log, not a crash', async () => {
      const lines: string[] = []
      const stop = start(
        {
          ...server.store,
          deleteExpired: () => Promise.reject(new StoreUnavailableError('the database is away')),
          takeLease: async () => true,
          endLease: async () => true,
        },
        lines,
      )
      await expect.poll(() => lines).toHaveLength(1)
      expect(lines[0]).toContain('housekeeping failed')
      await stop()
    })
  })
})
