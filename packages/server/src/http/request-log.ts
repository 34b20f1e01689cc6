// The log of one request: its lines carry the id, and the trace that the caller says the request is part of. Most
// requests have nothing to say, so it is made with the first line.

import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger, FastifyServerOptions } from 'fastify'

type LogFactory = NonNullable<FastifyServerOptions['childLoggerFactory']>

export const logOfRequest: LogFactory = (...[log, bindings, options, request]) =>
  new RequestLog(() => {
    const trace = traceOf(request.headers)
    return log.child(trace === undefined ? bindings : { ...bindings, ...trace }, options)
  })

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/

function traceOf({ traceparent }: IncomingHttpHeaders): { traceId: string } | undefined {
  if (typeof traceparent !== 'string') return undefined
  const [, traceId] = TRACEPARENT.exec(traceparent) ?? []
  return traceId === undefined ? undefined : { traceId }
}

/** What pino takes: fields or an error, then words. */
type Line = readonly unknown[]

class RequestLog implements FastifyBaseLogger {
  readonly #make: () => FastifyBaseLogger
  #made: FastifyBaseLogger | undefined

  constructor(make: () => FastifyBaseLogger) {
    this.#make = make
  }

  #log(): FastifyBaseLogger {
    this.#made ??= this.#make()
    return this.#made
  }

  get level(): string {
    return this.#log().level
  }

  child(...args: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.#log().child(...args)
  }

  fatal(...line: Line): void {
    this.#say('fatal', line)
  }

  error(...line: Line): void {
    this.#say('error', line)
  }

  warn(...line: Line): void {
    this.#say('warn', line)
  }

  info(...line: Line): void {
    this.#say('info', line)
  }

  debug(...line: Line): void {
    this.#say('debug', line)
  }

  trace(...line: Line): void {
    this.#say('trace', line)
  }

  silent(...line: Line): void {
    this.#say('silent', line)
  }

  #say(level: Exclude<keyof FastifyBaseLogger, 'level' | 'child'>, line: Line): void {
    const log = this.#log()
    Reflect.apply(log[level], log, line)
  }
}
