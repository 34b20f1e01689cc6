// Too much at once: what there is room for is served, the rest hears "not now" right away, and health goes on
// answering.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { sendRequest } from '../support/http-request.ts'
import { holdUp } from '../support/outage.ts'
import { scrape } from '../support/scrape.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, WEB_APP } from '../support/world.ts'

const ROOM = 4
const CROWD = 40

describe.each(STORES)('R15: admission control on %s', (kind) => {
  let server: TestServer
  let machine: TestApp
  let app: TestApp
  let token: string

  beforeAll(async () => {
    server = await startTestServer(kind, {
      server: { maxRequestsInFlight: ROOM },
      management: { port: 0 },
      policy: { accessToken: { format: 'opaque' } },
    })
    machine = new TestApp(server, MACHINE)
    app = new TestApp(server, WEB_APP)
    token = (await newToken()).body.access_token
  })
  afterAll(() => server?.stop())

  const newToken = () => machine.token({ grant_type: 'client_credentials' })
  const inFlight = async () =>
    (await scrape(server.managementUrl)).value('ostiary_http_requests_in_flight')

  /** As many requests as there is room for, in a store that holds them up. @returns what became of them */
  async function whileFull(work: () => Promise<void>) {
    const letGo = holdUp(server.store)
    const admitted = Array.from({ length: ROOM }, newToken)
    try {
      await expect.poll(inFlight, { timeout: 20_000 }).toBe(ROOM)
      await work()
    } finally {
      letGo()
    }
    return await Promise.all(admitted)
  }

  it('answers what there is no room for with 503 at once, in the form of the contract', async () => {
    const answers = await whileFull(async () => {
      // They are answered although the store answers nobody.
      const turnedAway = await Promise.all(Array.from({ length: CROWD }, newToken))
      for (const answer of turnedAway) {
        expect(answer.status).toBe(503)
        expect(answer.headers.get('retry-after')).toBe('1')
        expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
        expect(answer.body).toEqual({
          error: 'temporarily_unavailable',
          error_description: 'The service is temporarily unavailable.',
        })
      }
    })
    for (const answer of answers) {
      expect(answer.status).toBe(200)
      expect(answer.body.access_token).toBeDefined()
    }
    const { value } = await scrape(server.managementUrl)
    const cause = { cause: 'in_flight' }
    expect(value('ostiary_http_requests_turned_away_total', cause)).toBe(CROWD)
  })

  it('E15: never says that a token is active when it has not looked', async () => {
    await whileFull(async () => {
      const { status, text } = await new TestApp(server, API_SERVER).introspect(token)
      expect(status).toBe(503)
      expect(text).not.toContain('active')
    })
  })

  it('shows people a page that says to come back', async () => {
    await whileFull(async () => {
      const page = await new TestBrowser().open(app.authorizeUrl())
      expect(page.status).toBe(503)
      expect(page.text).toContain('We are not available right now')
      expect(page.headers.get('retry-after')).toBe('1')
    })
  })

  it.each([
    ['a style sheet', '/assets/page.css', 'GET'],
    ['the colours of the tenant', '/assets/brand.css', 'GET'],
    ['no such style sheet', '/assets/nothing.css', 'GET'],
    ['nothing', '/nothing', 'GET'],
    ['keys', '/jwks', 'GET'],
    ['metadata', '/.well-known/openid-configuration', 'GET'],
    ['the feed', '/revocations?after=0', 'GET'],
    ['a preflight', '/token', 'OPTIONS'],
    ['another method', '/token', 'DELETE'],
  ])('chaos 1: turns away whatever is asked for: %s', async (_, path, method) => {
    await whileFull(async () => {
      const answer = await sendRequest(server.issuer + path, { method })
      expect(answer.status).toBe(503)
      expect(answer.headers['retry-after']).toBe('1')
      expect(JSON.parse(answer.text).error).toBe('temporarily_unavailable')
    })
    expect((await sendRequest(server.issuer + path, { method })).status).not.toBe(503)
  })

  it('says alive on both ports meanwhile', async () => {
    await whileFull(async () => {
      for (const url of [server.issuer, server.managementUrl]) {
        expect((await getAnswer(`${url}/livez`)).status).toBe(200)
      }
    })
  })

  it('is as before once there is room, and has not written a line for each', async () => {
    expect(await inFlight()).toBe(0)
    expect((await newToken()).status).toBe(200)
    const lines = server.logLines.map((line) => JSON.parse(line))
    const warnings = lines.filter(
      ({ level, msg }) => level === 'warn' && msg.startsWith('overloaded'),
    )
    expect(warnings[0]).toMatchObject({ level: 'warn', cause: 'in_flight', inFlight: ROOM })
    expect(warnings.length).toBeLessThan(CROWD / 4)
    const errors = lines.filter(({ level }) => level === 'error')
    expect(errors).toEqual([])
  })
})
