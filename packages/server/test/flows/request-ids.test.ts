// The id of a request: whose it is, and that everything which is said about the request carries it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { latestEvents } from '../support/latest-events.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { WEB_APP } from '../support/world.ts'

const OURS = /^[0-9a-f]{32}$/
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

const trusting = (proxy: string) =>
  startTestServer('sqlite', {
    trustedProxies: [proxy],
    server: { host: '127.0.0.1', requestIdHeader: 'X-Correlation-Id' },
  })

describe('a request', () => {
  let server: TestServer
  let url: string
  let app: TestApp

  beforeAll(async () => {
    server = await trusting('127.0.0.0/8')
    url = server.url.replace('localhost', '127.0.0.1')
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  const idOf = async (headers: Record<string, string>) =>
    (await getAnswer(`${url}/jwks`, headers)).headers.get('x-request-id')
  const linesOf = (id: string | null) =>
    server.logLines.map((line) => JSON.parse(line)).filter(({ reqId }) => reqId === id)

  it('has the id that a trusted proxy gave it', async () => {
    const id = 'c0ffee-2026:11/21+a=b@edge_1'
    expect(await idOf({ 'x-correlation-id': id })).toBe(id)
    expect(await idOf({ 'x-request-id': id })).toMatch(OURS)
  })

  it.each([
    'short',
    'a'.repeat(129),
    'with a blank',
    '"quoted-quoted"',
    '<script>alert(1)</script>',
    '-begins-with-a-dash',
    'ümlaut-umlaut',
  ])('has one of ours instead of %j', async (id) => {
    expect(await idOf({ 'x-correlation-id': id })).toMatch(OURS)
  })

  it('has one of ours when it is anybody else who says one', async () => {
    const other = await trusting('10.0.0.0/8')
    const answer = await getAnswer(`${other.url.replace('localhost', '127.0.0.1')}/jwks`, {
      'x-correlation-id': 'c0ffee-from-a-stranger',
    })
    expect(answer.headers.get('x-request-id')).toMatch(OURS)
    await other.stop()
  })

  it('is linked with the trace of its caller, in each of its lines', async () => {
    const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }
    const lines = linesOf(await idOf(headers))
    expect(lines).toMatchObject([{ traceId: TRACE, msg: 'request answered' }])
    for (const traceparent of ['00-nothing', `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`]) {
      expect(linesOf(await idOf({ traceparent }))[0]).not.toHaveProperty('traceId')
    }
  })

  it('shows its id on the page of an error', async () => {
    const page = await new TestBrowser().open(`${server.issuer}/authorize?client_id=nobody`)
    const id = page.headers.get('x-request-id')
    expect(id).toMatch(OURS)
    expect(page.text).toContain(id)
    expect(linesOf(id)).toHaveLength(2)
  })

  it('has an id even when its URL cannot be read', async () => {
    const answer = await getAnswer(`${url}/%ff`)
    expect(answer.status).toBe(400)
    expect(answer.headers.get('x-request-id')).toMatch(OURS)
  })

  it('leaves its id in the audit trail, and in every line of the log', async () => {
    const { refresh_token } = await app.obtainTokens()
    await app.refresh(refresh_token)
    server.clock.advance(60)
    const reuse = await app.refresh(refresh_token)
    const id = reuse.headers.get('x-request-id')
    const [event] = await latestEvents(server.store, 'main', 1)
    expect(event).toMatchObject({ action: 'refresh_token.reused', requestId: id })
    expect(linesOf(id).map(({ msg }) => msg)).toEqual([
      'refresh token reused: grant ended',
      'request refused',
      'request answered',
    ])
  })
})
