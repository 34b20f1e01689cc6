// Lets pages of known apps call this API from a browser (Fetch standard, CORS protocol). Tokens come in a header that a
// page sets itself, never in cookies, so no credentials are allowed.

import type { FastifyInstance } from 'fastify'

const METHODS = 'GET, POST, PATCH, DELETE'
const HEADERS = 'Authorization, Content-Type, X-VERSION'
const EXPOSED = 'WWW-Authenticate, Location, Retry-After'
const PREFLIGHT_SECONDS = '600'

/** Before tokens are looked at: a preflight has none, and a page has to be able to read a refusal. */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    const { origin, 'access-control-request-method': asked } = headers
    if (origin === undefined || !origins.includes(origin)) return
    reply
      .header('access-control-allow-origin', origin)
      .header('access-control-expose-headers', EXPOSED)
      .header('vary', 'Origin')
    if (method !== 'OPTIONS' || asked === undefined) return
    return reply
      .code(204)
      .header('access-control-allow-methods', METHODS)
      .header('access-control-allow-headers', HEADERS)
      .header('access-control-max-age', PREFLIGHT_SECONDS)
      .send()
  })
}
