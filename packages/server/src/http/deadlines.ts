// One deadline for each request, from when it is there in full until its answer is made.

import type { FastifyInstance } from 'fastify'
import { Deadline } from '../platform/deadline.ts'

declare module 'fastify' {
  interface FastifyRequest {
    deadline: Deadline | null
  }
}

export function limitTime(server: FastifyInstance, milliseconds: number): void {
  server.decorateRequest('deadline', null)
  server.addHook('preHandler', (request, _reply, proceed) => {
    request.deadline = new Deadline(milliseconds)
    request.deadline.govern(proceed)
  })
  server.addHook('onSend', (request, _reply, payload, done) => {
    request.deadline?.end()
    done(null, payload)
  })
}
