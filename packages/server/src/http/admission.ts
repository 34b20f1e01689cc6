// Admission control: so many requests are worked on at once, and none is begun while the process is too slow. What is
// turned away hears so at once, instead of waiting in a queue that only grows.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../protocol/errors.ts'
import type { Log } from '../protocol/message.ts'
import { JSON_HEADERS } from './headers.ts'

export interface Admission {
  /** @returns whether the request may begin; then `leave` ends it */
  enter(): boolean
  leave(): void
  state(): AdmissionState
}

export interface AdmissionState {
  readonly inFlight: number
  /** Since the start, by cause. */
  readonly turnedAway: Readonly<Record<Cause, number>>
}

type Cause = 'in_flight' | 'event_loop'

export interface AdmissionLimits {
  readonly maxRequestsInFlight: number
  readonly maxEventLoopLagMilliseconds: number
}

declare module 'fastify' {
  interface FastifyRequest {
    /** It holds a place until its answer is made. */
    isAdmitted: boolean
    /** Ends that sooner. */
    giveBackPlace?: () => void
  }
  interface FastifyContextConfig {
    /** How a request is told that it was not let in, where there is a form for it. */
    turnAway?: (error: OAuthError, request: FastifyRequest, reply: FastifyReply) => void
    /** What is asked to see whether the process lives: it is answered however much there is to do. */
    isHealth?: boolean
  }
}

/**
 * Every request that is answered here goes through this door, those for nothing included. A place is held from when
 * the body is there until the answer is made: whoever sends or reads slowly holds none.
 */
export function admitRequests(server: FastifyInstance, admission: Admission): void {
  server.decorateRequest('isAdmitted', false)
  server.decorateRequest('giveBackPlace', function (this: FastifyRequest) {
    if (this.isAdmitted) admission.leave()
    this.isAdmitted = false
  })
  server.addHook('preHandler', (request, reply, proceed) => {
    const { isHealth, turnAway = turnAwayPlainly } = request.routeOptions.config
    if (isHealth) return proceed()
    if (!admission.enter()) {
      return turnAway(new OAuthError('turned_away', { retryAfterSeconds: 1 }), request, reply)
    }
    request.isAdmitted = true
    proceed()
  })
  server.addHook('onSend', (request, _reply, payload, done) => {
    request.giveBackPlace?.()
    done(null, payload)
  })
}

function turnAwayPlainly(
  { code: error, description, status, retryAfterSeconds = 0 }: OAuthError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply
    .code(status)
    .headers({ ...JSON_HEADERS, 'retry-after': String(retryAfterSeconds) })
    .send(JSON.stringify({ error, error_description: description }))
}

export function createAdmission(
  { maxRequestsInFlight, maxEventLoopLagMilliseconds }: AdmissionLimits,
  { lagMilliseconds, log }: { readonly lagMilliseconds: () => number; readonly log: Log },
): Admission {
  const counts = { in_flight: 0, event_loop: 0 }
  let inFlight = 0

  function turnAway(cause: Cause): false {
    counts[cause] += 1
    const lagMs = Math.round(lagMilliseconds())
    log.warn({ cause, inFlight, lagMs, turnedAway: counts }, 'overloaded: requests are turned away')
    return false
  }

  return {
    enter() {
      if (inFlight >= maxRequestsInFlight) return turnAway('in_flight')
      if (lagMilliseconds() > maxEventLoopLagMilliseconds) return turnAway('event_loop')
      inFlight += 1
      return true
    },
    leave() {
      inFlight -= 1
    },
    state: () => ({ inFlight, turnedAway: counts }),
  }
}
