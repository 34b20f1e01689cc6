// Owns the HTTP server: limits, time-outs, request ids, and what there is beside the tenants.
// Must not know what an endpoint does.

import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  LogController,
} from 'fastify'
import { type Clock, systemClock } from '../platform/clock.ts'
import type { Admission } from './admission.ts'
import { refuseBrokenRequest } from './broken-requests.ts'
import { nameCallers } from './caller.ts'
import type { Connections } from './connections.ts'
import type { Departure } from './departure.ts'
import { guardDoor } from './door.ts'
import { answerExaminations, type Examiner } from './examination.ts'
import { JSON_HEADERS } from './headers.ts'
import { serveHealth } from './health.ts'
import { holdRequests } from './hold.ts'
import { sendNothing } from './nothing.ts'
import { findRepeatedHeader, saidTwice } from './repeated-headers.ts'
import { requestIdsOf } from './request-id.ts'
import { logOfRequest } from './request-log.ts'
import type { SiteDirectory } from './site-directory.ts'
import { type RequestTracer, traceRequests } from './trace-requests.ts'
import { observeTraffic, type TrafficObserver } from './traffic.ts'
import type { IssuerWatch } from './wrong-issuer.ts'

const MAX_BODY_BYTES = 56 * 1024
/** An authorization request comes back sealed in the URL, so it needs more room than Node's 16 KiB. */
const MAX_HEADER_BYTES = 32 * 1024
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 13_000
/** How often Node looks for connections that have passed those; by itself, every 30 seconds. */
const TIMEOUT_CHECK_MS = 1_000

const MALFORMED_URL = { error: 'invalid_request', error_description: 'The URL is malformed.' }

export interface HttpSettings {
  readonly log: FastifyBaseLogger
  /** Addresses or networks whose X-Forwarded-* headers count. */
  readonly trustedProxies: readonly string[]
  /** Header in which they send the id of a request. */
  readonly requestIdHeader?: string | undefined
  /** Whether the server can do its work: the body of /readyz. */
  readonly checkReady: () => Promise<void>
  readonly departure: Departure
  /** undefined where only monitoring asks. */
  readonly connections?: Connections | undefined
  readonly admission?: Admission | undefined
  readonly requestDeadlineMilliseconds?: number
  readonly traffic?: TrafficObserver | undefined
  readonly tracer?: RequestTracer | undefined
  /** For `ostiary doctor`; undefined where it does not ask. */
  readonly examiner?: Examiner | undefined
  readonly clock?: Clock | undefined
  readonly issuers?: IssuerWatch | undefined
  /** undefined where there is no tenant. */
  readonly sites?: SiteDirectory | undefined
}

export function createHttpServer(settings: HttpSettings): FastifyInstance {
  const server = Fastify({
    loggerInstance: settings.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdsOf({ requestIdHeader: undefined, ...settings }),
    childLoggerFactory: logOfRequest,
    requestIdHeader: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // While draining, requests on open connections are still answered: the proxy learns from /readyz.
    return503OnClosing: false,
    clientErrorHandler: refuseBrokenRequest,
    // A URL that cannot be decoded never reaches a route.
    frameworkErrors: (_error, request, reply) => {
      reply.raw
        .writeHead(400, { ...JSON_HEADERS, 'x-request-id': request.id })
        .end(JSON.stringify(MALFORMED_URL))
    },
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
  })
  settings.connections?.limit(server)
  nameCallers(server, settings)
  // The hooks take callbacks: each promise would cost every request as much as its routing.
  server.addHook('onRequest', (request, reply, next) => {
    reply.header('x-request-id', request.id)
    const repeated = findRepeatedHeader(request.raw)
    if (repeated === undefined) next()
    else sendPlainly(reply, 400, saidTwice(repeated))
  })
  server.addHook('preClose', async () => settings.departure.begin({ unready: true }))
  guardDoor(server, settings)
  holdRequests(server, settings.departure)
  if (LEVELS_WITH_ANSWERS.has(settings.log.level)) logAnswers(server)
  if (settings.traffic) observeTraffic(server, settings.traffic)
  if (settings.tracer) traceRequests(server, settings.tracer)
  const { examiner, clock = systemClock } = settings
  if (examiner) answerExaminations(server, { examiner, clock })
  serveNothing(server, settings)
  serveHealth(server, settings)
  return server
}

const LEVELS_WITH_ANSWERS = new Set(['trace', 'debug'])

function logAnswers(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, next) => {
    const line = {
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    }
    request.log.debug(line, 'request answered')
    next()
  })
}

/** Where nothing is, no body is read: whatever comes with the request, the answer is the same. */
function serveNothing(server: FastifyInstance, { issuers, sites }: HttpSettings): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _body, done) => done(null))
    scope.setNotFoundHandler((request, reply) => {
      issuers?.lookAtNothing(request)
      return sendNothing(request, reply, sites?.placeOf(request))
    })
    scope.setErrorHandler((_error, request, reply) =>
      sendNothing(request, reply, sites?.placeOf(request)),
    )
  })
}

function sendPlainly(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply.code(status).headers(JSON_HEADERS).send(JSON.stringify(body))
}
