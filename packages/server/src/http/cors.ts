// Cross-origin reads (RFC 9700 §2.6): public documents for all, app endpoints for the origins of registered apps,
// pages for nobody.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Route, Site } from './route.ts'

const EXPOSED = [
  ...['WWW-Authenticate', 'Retry-After', 'X-Request-Id'],
  ...['X-VERSION', 'X-VERSION-LATEST', 'X-VERSION-STATUS', 'Deprecation', 'Sunset'],
].join(', ')
/** What libraries add to the requests of apps in browsers; none but the first three means anything here. */
const TAKEN = [
  ...['Authorization', 'Content-Type', 'X-VERSION'],
  ...['Accept-Language', 'Cache-Control', 'MCP-Protocol-Version', 'Pragma', 'X-Request-Id'],
  ...['X-Requested-With', 'baggage', 'traceparent', 'tracestate'],
].join(', ')
/** Names of headers, as browsers write them: sorted, in lower case. */
const HEADER_NAMES = /^[a-z0-9!#$%&'*+.^_`|~-]+(, ?[a-z0-9!#$%&'*+.^_`|~-]+)*$/i
const LONGEST_NAMES = 1024
const PREFLIGHT_SECONDS = '600'

/** Adds what lets the calling origin read the answer, if it may. */
export async function allowOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  { route, site }: { route: Route; site: Site },
): Promise<boolean> {
  if (route.audience === 'public') {
    reply
      .header('access-control-allow-origin', '*')
      .header('access-control-expose-headers', EXPOSED)
    return true
  }
  if (route.audience !== 'app') return false
  reply.header('vary', 'Origin')
  const { origin } = request.headers
  if (origin === undefined || !(await site.isAllowedOrigin(origin))) return false
  reply
    .header('access-control-allow-origin', origin)
    // Some libraries send every request with credentials. There is nothing for them to reach: no endpoint of apps reads a
    // cookie.
    .header('access-control-allow-credentials', 'true')
    .header('access-control-expose-headers', EXPOSED)
  return true
}

export async function answerPreflight(
  request: FastifyRequest,
  reply: FastifyReply,
  context: { route: Route; site: Site; methods: readonly string[] },
): Promise<FastifyReply> {
  if (await allowOrigin(request, reply, context)) {
    reply
      .header('access-control-allow-methods', context.methods.join(', '))
      .header('access-control-allow-headers', allowedHeaders(request, context.route))
      .header('access-control-max-age', PREFLIGHT_SECONDS)
  }
  return reply.code(204).send()
}

/** A public document is the same whatever is asked with: there, everything may be. */
function allowedHeaders({ headers }: FastifyRequest, { audience }: Route): string {
  const asked = headers['access-control-request-headers'] ?? ''
  const isAsked = asked.length <= LONGEST_NAMES && HEADER_NAMES.test(asked)
  return audience === 'public' && isAsked ? asked : TAKEN
}
