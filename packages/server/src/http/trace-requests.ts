// Puts each request within a span of its own, where a tracer is given.

import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'

export interface RequestTracer {
  begin(request: TracedRequest): RequestSpan
}

export interface TracedRequest {
  readonly method: string
  /** undefined where nothing is. */
  readonly route: string | undefined
  readonly tenant: string | undefined
  readonly headers: IncomingHttpHeaders
}

export interface RequestSpan {
  /** Does what comes next as a part of it. */
  within(next: () => void): void
  end(status: number): void
}

export function traceRequests(server: FastifyInstance, tracer: RequestTracer): void {
  const spans = new WeakMap<object, RequestSpan>()
  server.addHook('onRequest', (request, reply, next) => {
    const { method, headers, routeOptions } = request
    const { tenant } = routeOptions.config
    const span = tracer.begin({ method, route: routeOptions.url, tenant, headers })
    spans.set(request, span)
    // Also when the caller hangs up before the answer.
    reply.raw.once('close', () => span.end(reply.statusCode))
    next()
  })
  // As late as can be: reading the body leaves what surrounds it behind.
  server.addHook('preHandler', (request, _reply, next) => {
    const span = spans.get(request)
    if (span) span.within(next)
    else next()
  })
}
