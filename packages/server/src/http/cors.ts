// Cross-origin reads (RFC 9700 §2.6): public documents for all, app endpoints for the origins of registered apps,
// pages for nobody. Never with credentials.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Route, Site } from './route.ts'

const EXPOSED = 'WWW-Authenticate, Retry-After, X-Request-Id'
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
      .header('access-control-allow-headers', 'Authorization, Content-Type')
      .header('access-control-max-age', PREFLIGHT_SECONDS)
  }
  return reply.code(204).send()
}
