// Spans of OpenTelemetry, for requests and for the calls to the database within them. Only the API is used: which SDK
// there is, and where spans go, is the operator's choice, made before the server starts. Without one nothing is done.

import {
  type Context,
  context,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { RequestTracer } from '../http/trace-requests.ts'
import type { StoreObserver } from '../store/port.ts'

export interface Tracing {
  readonly requests: RequestTracer
  readonly store: StoreObserver
}

const NAME = 'ostiary'

/** @returns undefined when no SDK is registered at this moment. */
export function findTracing(database: 'sqlite' | 'postgres'): Tracing | undefined {
  const provider = trace.getTracerProvider()
  const tracer =
    provider instanceof ProxyTracerProvider
      ? provider.getDelegateTracer(NAME)
      : provider.getTracer(NAME)
  if (!tracer) return undefined
  return { requests: traceRequests(tracer), store: traceStore(tracer, database) }
}

/** Attributes as the semantic conventions name them. Never a URL: its query may hold what is secret. */
function traceRequests(tracer: Tracer): RequestTracer {
  return {
    begin({ method, route, tenant, headers }) {
      const attributes = {
        'http.request.method': method,
        ...(route !== undefined && { 'http.route': route }),
        ...(tenant !== undefined && { 'ostiary.tenant': tenant }),
      }
      const name = route === undefined ? method : `${method} ${route}`
      const settings = { kind: SpanKind.SERVER, attributes }
      const span = tracer.startSpan(name, settings, parentOf(headers))
      const within = trace.setSpan(context.active(), span)
      return {
        within: (next) => context.with(within, next),
        end(status) {
          span.setAttribute('http.response.status_code', status)
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
  }
}

/** What instruments Node itself may have begun a span already; else the caller's, as `traceparent` names it. */
function parentOf(headers: object): Context {
  const active = context.active()
  return trace.getSpan(active) ? active : propagation.extract(ROOT_CONTEXT, headers)
}

function traceStore(tracer: Tracer, database: string): StoreObserver {
  const system = database === 'postgres' ? 'postgresql' : database
  return {
    around: (call, work) => {
      const attributes = { 'db.system.name': system, 'db.operation.name': call }
      const settings = { kind: SpanKind.CLIENT, attributes }
      return tracer.startActiveSpan(`store ${call}`, settings, (span) => endAfter(span, work))
    },
  }
}

async function endAfter<Result>(span: Span, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    // Its message may quote what the database was given.
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}
