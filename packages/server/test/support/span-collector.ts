// An SDK of OpenTelemetry as an operator would register it, which keeps its spans for the test to read.

import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'

/** Everything that is traced in this process until it is stopped. */
export function collectSpans(): { spans(): readonly ReadableSpan[]; stop(): Promise<void> } {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(contextManager())
  propagation.setGlobalPropagator(TRACEPARENT)
  return {
    spans: () => exporter.getFinishedSpans(),
    async stop() {
      await provider.shutdown()
      trace.disable()
      context.disable()
      propagation.disable()
    },
  }
}

function contextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>()
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (...[active, work, self, ...args]) =>
      storage.run(active, () => Reflect.apply(work, self, args)),
    bind: (_active, target) => target,
    enable: () => manager,
    disable: () => manager,
  }
  return manager
}

/** W3C Trace Context, of which the server only ever reads. */
const TRACEPARENT: TextMapPropagator = {
  extract(active, carrier, getter) {
    const [header = ''] = [getter.get(carrier, 'traceparent') ?? []].flat()
    const [, traceId, spanId, flags] = header.split('-')
    if (traceId === undefined || spanId === undefined) return active
    const traceFlags = Number.parseInt(flags ?? '', 16)
    return trace.setSpanContext(active, { traceId, spanId, traceFlags, isRemote: true })
  },
  inject: () => undefined,
  fields: () => ['traceparent'],
}
