// Spans, where the operator has registered an SDK: one for each request, those of its calls to the database within it,
// and nothing secret in any of them.

import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeDown } from '../support/outage.ts'
import { collectSecrets } from '../support/secret-collector.ts'
import { collectSpans } from '../support/span-collector.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { MACHINE, WEB_APP } from '../support/world.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER = '00f067aa0ba902b7'

describe.each(STORES)('tracing on %s', (kind) => {
  let collector: ReturnType<typeof collectSpans>
  let server: TestServer

  beforeAll(async () => {
    collector = collectSpans()
    server = await startTestServer(kind, { policy: { accessToken: { format: 'opaque' } } })
  })
  afterAll(async () => {
    await server?.stop()
    await collector?.stop()
  })

  /** Spans that ended while something was done; the last of them end after the answer. */
  async function spansOf(work: () => Promise<unknown>, requests: number) {
    const before = collector.spans().length
    await work()
    const found = () => collector.spans().slice(before)
    await expect.poll(() => found().filter(isRequest)).toHaveLength(requests)
    return found()
  }
  const isRequest = ({ kind: of }: ReadableSpan) => of === SpanKind.SERVER
  const machine = () => new TestApp(server, MACHINE)
  const newToken = () => machine().token({ grant_type: 'client_credentials' })

  it('has a span for a request, with its route and tenant, and its calls to the database within', async () => {
    const spans = await spansOf(newToken, 1)
    const request = spans.find(isRequest)
    expect(request).toMatchObject({
      name: 'POST /token',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/token',
        'http.response.status_code': 200,
        'ostiary.tenant': 'main',
      },
      status: { code: SpanStatusCode.UNSET },
    })
    const saved = spans.find(({ name }) => name === 'store saveAccessToken')
    expect(saved).toMatchObject({
      kind: SpanKind.CLIENT,
      attributes: { 'db.operation.name': 'saveAccessToken' },
    })
    expect(saved?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId)
  })

  it('goes on with the trace of its caller', async () => {
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01` }
    const spans = await spansOf(() => getAnswer(`${server.issuer}/jwks`, headers), 1)
    const request = spans.find(isRequest)
    expect(request?.spanContext().traceId).toBe(TRACE)
    expect(request?.parentSpanContext?.spanId).toBe(CALLER)
  })

  it('marks what failed on our side, and nothing else', async () => {
    const codeOf = async (work: () => Promise<unknown>) =>
      (await spansOf(work, 1)).find(isRequest)?.status.code
    expect(await codeOf(() => getAnswer(`${server.issuer}/nowhere`))).toBe(SpanStatusCode.UNSET)
    const bringBack = takeDown(server.store, 'gone')
    expect(await codeOf(newToken)).toBe(SpanStatusCode.ERROR)
    bringBack()
  })

  it('B19: holds no secret', async () => {
    const secrets = collectSecrets()
    const app = new TestApp(server, WEB_APP)
    const { refresh_token } = await app.obtainTokens()
    await app.refresh(refresh_token)
    secrets.stop()
    const spans = collector.spans()
    const told = JSON.stringify(
      spans.map(({ name, attributes, events, status }) => [name, attributes, events, status]),
    )
    expect(spans.length).toBeGreaterThan(20)
    for (const [secretKind, values] of secrets.secrets) {
      for (const value of values) expect(told.includes(value), secretKind).toBe(false)
    }
  })
})
