// Owns the HTTP server: limits, request ids, routing, and the one place where failures become answers.
// Must not know what an endpoint does.

import cookie from '@fastify/cookie'
import fastifyStatic from '@fastify/static'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { newId } from '../platform/random.ts'
import { OAuthError, PageError } from '../protocol/errors.ts'
import { allowOrigin, answerPreflight } from './cors.ts'
import { checkSameOrigin } from './csrf.ts'
import { answerFailure } from './failures.ts'
import { ASSET_HEADERS, JSON_HEADERS } from './headers.ts'
import { rawPath, readRequest } from './read.ts'
import { sendReply } from './respond.ts'
import type { Reader, Route, Site } from './route.ts'
import { cameInTheClear, transportHeaders } from './transport.ts'

const MAX_BODY_BYTES = 56 * 1024
/** An authorization request comes back sealed in the URL, so it needs more room than Node's 16 KiB. */
const MAX_HEADER_BYTES = 32 * 1024
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 15_000
const ASSET_MAX_AGE = '1h'
const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

export interface HttpSettings {
  readonly log: FastifyBaseLogger
  /** Addresses or networks whose X-Forwarded-* headers count. */
  readonly trustedProxies: readonly string[]
  /** Whether the server can do its work: the body of /readyz. */
  readonly checkReady: () => Promise<void>
}

export function createHttpServer(settings: HttpSettings): FastifyInstance {
  const server = Fastify({
    loggerInstance: settings.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    requestIdHeader: false,
    trustProxy: settings.trustedProxies.length > 0 ? [...settings.trustedProxies] : false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
  })
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  endConnectionsOnClose(server)
  server.addHook('onResponse', async (request, reply) => {
    const line = {
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
    }
    request.log.debug({ ...line, ms: Math.round(reply.elapsedTime) }, 'request answered')
  })
  server.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).headers(JSON_HEADERS).send(JSON.stringify(NOT_FOUND)),
  )
  serveHealth(server, settings.checkReady)
  return server
}

/** A connection that stays open after the answer in flight would hold up the end of the process. */
function endConnectionsOnClose(server: FastifyInstance): void {
  let closing = false
  server.addHook('preClose', async () => {
    closing = true
  })
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })
}

/** Serves a tenant's routes below the path of its issuer. */
export function serveSite(server: FastifyInstance, site: Site, host: string | undefined): void {
  const prefix = new URL(site.issuer).pathname.replace(/\/$/, '')
  const constraints = host === undefined ? {} : { constraints: { host } }
  server.register(async (scope) => {
    await scope.register(cookie)
    scope.addHook('onRequest', async (request, reply) => {
      reply.headers(transportHeaders(request, site))
    })
    // One reader for every body: what it must be is decided where the parameters are read.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
    serveAssets(scope, site, prefix)
    const routes = [
      ...site.routes.map((route) => ({ ...route, path: prefix + route.path })),
      ...site.rootRoutes,
    ]
    for (const [path, sharing] of Map.groupBy(routes, ({ path }) => path)) {
      servePath(scope, { path, routes: sharing, site, constraints })
    }
  })
}

function servePath(
  scope: FastifyInstance,
  input: { path: string; routes: readonly Route[]; site: Site; constraints: object },
): void {
  const { path, routes, site, constraints } = input
  const methods = routes.flatMap((route) => route.methods)
  const allowed = methods.includes('GET') ? ['HEAD', ...methods] : methods
  for (const route of routes) {
    scope.route({
      url: path,
      method: route.methods.includes('GET') ? [...route.methods, 'HEAD'] : [...route.methods],
      exposeHeadRoute: false,
      ...constraints,
      handler: (request, reply) => serveRequest(request, reply, { route, site }),
      errorHandler: (error, request, reply) => {
        sendFailure(error, { request, reply, route, site })
      },
    })
  }
  const [first] = routes
  if (!first) return
  scope.route({
    url: path,
    method: ALL_METHODS.filter((method) => !allowed.includes(method)),
    exposeHeadRoute: false,
    ...constraints,
    handler: async (request, reply) => {
      const crossOrigin = first.audience === 'app' || first.audience === 'public'
      if (request.method === 'OPTIONS' && crossOrigin) {
        return answerPreflight(request, reply, { route: first, site, methods })
      }
      return refuseMethod(reply, { allowed, route: first, site, request })
    },
  })
}

interface Context {
  readonly route: Route
  readonly site: Site
}

async function serveRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  context: Context,
): Promise<FastifyReply> {
  const { route, site } = context
  try {
    if (cameInTheClear(request, site)) throw new OAuthError('transport_insecure')
    await allowOrigin(request, reply, context)
    // A path that only decodes to this route is not this route.
    if (rawPath(request) !== request.routeOptions.url) return sendNotFound(request, reply, context)
    if (route.audience === 'page' && request.method === 'POST' && !route.crossSitePost) {
      checkSameOrigin(request.headers, site.issuer)
    }
    const answer = await route.endpoint(readRequest(request, route, site))
    return sendReply(reply, answer, { ...context, reader: readerOf(request) })
  } catch (error) {
    return sendFailure(error, { request, reply, ...context })
  }
}

function sendFailure(
  error: unknown,
  input: Context & { request: FastifyRequest; reply: FastifyReply },
): FastifyReply {
  const { request, reply, route, site } = input
  const answer = answerFailure(error, { request, route, site })
  return sendReply(reply, answer, { route, site, reader: readerOf(request) })
}

function sendNotFound(
  request: FastifyRequest,
  reply: FastifyReply,
  context: Context,
): FastifyReply {
  const error = new PageError('not_found', { status: 404 })
  if (context.route.audience === 'page') return sendFailure(error, { request, reply, ...context })
  return reply.code(404).headers(JSON_HEADERS).send(JSON.stringify(NOT_FOUND))
}

const NOT_FOUND = { error: 'not_found', error_description: 'There is nothing at this address.' }

function refuseMethod(
  reply: FastifyReply,
  input: Context & { request: FastifyRequest; allowed: readonly string[] },
): FastifyReply {
  const { request, route, site, allowed } = input
  reply.header('allow', allowed.join(', '))
  if (route.audience === 'page') {
    return sendFailure(new PageError('method_not_allowed', { status: 405 }), {
      request,
      reply,
      route,
      site,
    })
  }
  const body = {
    error: 'invalid_request',
    error_description: `Use ${allowed.join(' or ')} for this address.`,
  }
  return reply.code(405).headers(JSON_HEADERS).send(JSON.stringify(body))
}

function readerOf(request: FastifyRequest): Reader {
  return { acceptLanguage: request.headers['accept-language'] }
}

function serveAssets(scope: FastifyInstance, site: Site, prefix: string): void {
  scope.register(fastifyStatic, {
    root: site.assetsFolder,
    prefix: `${prefix}/assets/`,
    decorateReply: false,
    index: false,
    maxAge: ASSET_MAX_AGE,
    setHeaders: (reply) => {
      for (const [name, value] of Object.entries(ASSET_HEADERS)) reply.header(name, value)
    },
  })
  scope.get(`${prefix}/assets/brand.css`, async (_request, reply) =>
    reply.headers(ASSET_HEADERS).type('text/css').send(site.brandStylesheet),
  )
}

/** Kubernetes' words: alive means "do not restart me", ready means "send me requests". */
function serveHealth(server: FastifyInstance, checkReady: () => Promise<void>): void {
  server.get('/livez', async (_request, reply) =>
    reply.headers(JSON_HEADERS).send('{"status":"ok"}'),
  )
  server.get('/readyz', async (request, reply) => {
    reply.headers(JSON_HEADERS)
    try {
      await checkReady()
      return reply.send('{"status":"ok"}')
    } catch (error) {
      request.log.warn({ err: error }, 'not ready')
      const reason = error instanceof Error ? error.message : 'unknown'
      return reply.code(503).send(JSON.stringify({ status: 'unavailable', reason }))
    }
  })
}
