// The door that every request goes through to its work, and back with its answer: whether it may begin, until when it has
// time, and whether its connection stays. It is one hook each way, because each costs every request.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Deadline } from '../platform/deadline.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Admission } from './admission.ts'
import type { Departure } from './departure.ts'
import { JSON_HEADERS } from './headers.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** It holds a place until its answer is made. */
    isAdmitted: boolean
    /** Ends that sooner. */
    giveBackPlace: () => void
    /** From when it is there in full until its answer is made. */
    deadline: Deadline | null
  }
  interface FastifyContextConfig {
    /** How a request is told that it was not let in, where there is a form for it. */
    turnAway?: (error: OAuthError, request: FastifyRequest, reply: FastifyReply) => void
    /** What is asked to see whether the process lives: it is answered however much there is to do. */
    isHealth?: boolean
  }
}

export interface DoorSettings {
  readonly admission?: Admission | undefined
  readonly requestDeadlineMilliseconds?: number
  readonly departure: Departure
  /** Whether something surrounds requests that their work must know, such as spans. */
  readonly tracer?: object | undefined
}

/**
 * Every request that is answered here goes through it, those for nothing included. A place is held from when the body
 * is there until the answer is made: whoever sends or reads slowly holds none.
 */
export function guardDoor(
  server: FastifyInstance,
  { admission, requestDeadlineMilliseconds, departure, tracer }: DoorSettings,
): void {
  server.decorateRequest('isAdmitted', false)
  server.decorateRequest('deadline', null)
  server.decorateRequest('giveBackPlace', function (this: FastifyRequest) {
    if (this.isAdmitted) admission?.leave()
    this.isAdmitted = false
  })
  server.addHook('preHandler', (request, reply, proceed) => {
    const { isHealth, turnAway = turnAwayPlainly } = request.routeOptions.config
    if (admission && !isHealth) {
      if (!admission.enter()) {
        return turnAway(new OAuthError('turned_away', { retryAfterSeconds: 1 }), request, reply)
      }
      request.isAdmitted = true
    }
    if (!requestDeadlineMilliseconds) return proceed()
    request.deadline = Deadline.begin(requestDeadlineMilliseconds)
    if (tracer) request.deadline.governWithin(proceed)
    else request.deadline.govern(proceed)
  })
  server.addHook('onSend', (request, reply, payload, done) => {
    request.giveBackPlace()
    request.deadline?.end()
    request.deadline = null
    // A connection that stays open would hold up the end of the process, or bring it more requests.
    if (departure.hasBegun) reply.header('connection', 'close')
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
