// Health checks. They stand beside the tenants: a proxy asks the process, not an issuer.

import type { FastifyInstance } from 'fastify'
import { monotonicClock } from '../platform/clock.ts'
import { keepFresh } from '../platform/fresh.ts'
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

/** Whether requests may be sent here: from when the port is open, and as long as what they need is in order. */
export function createReadiness(checkStore: () => Promise<void>) {
  // Anybody can ask as often as they like, and each time would be a call to the database.
  const checked = keepFresh(checkStore, { clock: monotonicClock })
  let hasBegun = false
  return {
    begin() {
      hasBegun = true
    },
    async check() {
      if (!hasBegun) throw new Error('the server is starting')
      await checked.get()
    },
  }
}
