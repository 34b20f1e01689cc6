// The routes of one tenant, below the path of its issuer.

import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { serveAssets } from './assets.ts'
import { answerPreflight } from './cors.ts'
import type { Route, Site } from './route.ts'
import { refuseMethod, sendFailure, serveRequest } from './serve-request.ts'
import { cameInTheClear, TRANSPORT_SECURITY } from './transport.ts'

const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

/** Serves a tenant's routes below the path of its issuer. */
export function serveSite(server: FastifyInstance, site: Site, host: string | undefined): void {
  const prefix = new URL(site.issuer).pathname.replace(/\/$/, '')
  const constraints = host === undefined ? {} : { host }
  server.register(async (scope) => {
    requireTransportSecurity(scope, site)
    site.issuers?.watch(scope, site)
    readBodiesAsTheyAre(scope)
    serveAssets(scope, site, { prefix, constraints })
    const routes = [
      ...site.routes.map((route) => ({ ...route, path: prefix + route.path })),
      ...site.rootRoutes,
    ]
    for (const [path, sharing] of Map.groupBy(routes, ({ path }) => path)) {
      servePath(scope, { path, routes: sharing, site, constraints })
    }
  })
}

function requireTransportSecurity(scope: FastifyInstance, site: Site): void {
  if (!site.issuer.startsWith('https:')) return
  scope.addHook('onRequest', (request, reply, next) => {
    if (!cameInTheClear(request, site))
      reply.header('strict-transport-security', TRANSPORT_SECURITY)
    next()
  })
}

/** One reader for every body: what it must be is decided where the parameters are read. */
function readBodiesAsTheyAre(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  // Fastify finds a type that it knows by name faster than one that only the last of these takes.
  for (const type of ['application/x-www-form-urlencoded', 'application/json', '*']) {
    scope.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
  }
}

interface PathRoutes {
  readonly path: string
  /** The routes of this path, one per method. */
  readonly routes: readonly Route[]
  readonly site: Site
  readonly constraints: { readonly host?: string }
}

function servePath(scope: FastifyInstance, input: PathRoutes): void {
  const { path, routes, site, constraints } = input
  const config = configOf(input)
  for (const route of routes) {
    scope.route({
      url: path,
      method: route.methods.includes('GET') ? [...route.methods, 'HEAD'] : [...route.methods],
      exposeHeadRoute: false,
      constraints,
      config,
      handler: (request, reply) => serveRequest(request, reply, { route, site }),
      errorHandler: (error, request, reply) => {
        sendFailure(error, { request, reply, route, site })
      },
    })
  }
  serveOtherMethods(scope, { ...input, config })
}

function configOf({ path, routes, site }: PathRoutes): FastifyContextConfig {
  const { tenant, traffic } = site
  const [route] = routes
  return {
    tenant,
    observer: traffic?.forRoute(tenant, path),
    ...(route && {
      turnAway: (error, request, reply) => sendFailure(error, { request, reply, route, site }),
    }),
  }
}

/** RFC 9110 §15.5.6: whatever else is asked of a path is answered with what it allows. */
function serveOtherMethods(
  scope: FastifyInstance,
  input: PathRoutes & { config: FastifyContextConfig },
): void {
  const { path, routes, site, constraints, config } = input
  const [route] = routes
  if (!route) return
  const methods = routes.flatMap((each) => each.methods)
  const allowed = methods.includes('GET') ? ['HEAD', ...methods] : methods
  const crossOrigin = route.audience === 'app' || route.audience === 'public'
  const answer = (request: FastifyRequest, reply: FastifyReply) =>
    request.method === 'OPTIONS' && crossOrigin
      ? answerPreflight(request, reply, { route, site, methods })
      : refuseMethod(reply, { allowed, route, site, request })
  scope.route({
    url: path,
    method: ALL_METHODS.filter((method) => !allowed.includes(method)),
    exposeHeadRoute: false,
    constraints,
    config,
    handler: answer,
    // A body that cannot be read changes nothing about the method.
    errorHandler: (_error, request, reply) => {
      answer(request, reply)
    },
  })
}
