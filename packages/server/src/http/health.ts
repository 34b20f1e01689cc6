// Health checks. They stand beside the tenants: a proxy asks the process, not an issuer.

import type { FastifyInstance } from 'fastify'
import type { Departure } from './departure.ts'
import { JSON_HEADERS } from './headers.ts'

const HEALTH = { config: { isHealth: true } }

/** Kubernetes' words: alive means "do not restart me", ready means "send me requests". */
export function serveHealth(
  server: FastifyInstance,
  { checkReady, departure }: { checkReady: () => Promise<void>; departure: Departure },
): void {
  server.get('/livez', HEALTH, async (_request, reply) =>
    reply.headers(JSON_HEADERS).send('{"status":"ok"}'),
  )
  server.get('/readyz', HEALTH, async (request, reply) => {
    reply.headers(JSON_HEADERS)
    if (departure.isUnready) return reply.code(503).send('{"status":"stopping"}')
    try {
      await checkReady()
      return reply.send('{"status":"ok"}')
    } catch (error) {
      // Why is for the log: anybody can ask here, and the reason names hosts and users (ASVS 16.5.1).
      request.log.warn({ err: error }, 'not ready')
      return reply.code(503).send('{"status":"unavailable"}')
    }
  })
}
