// Requests that wait for something to happen before they are answered. Meanwhile they hold no place among those that
// are worked on, and their deadline stands still. Nobody waits on a server that leaves, or for a caller who has gone.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { monotonicClock } from '../platform/clock.ts'
import { uncounted } from '../platform/deadline.ts'
import type { HeldReply, Reply } from '../protocol/message.ts'
import type { Departure } from './departure.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** For so long it did nothing but wait, which says nothing about how quickly it is served. */
    heldMilliseconds: number
    hold: (reply: HeldReply) => Promise<Reply>
  }
}

export function holdRequests(server: FastifyInstance, departure: Departure): void {
  server.decorateRequest('heldMilliseconds', 0)
  server.decorateRequest(
    'hold',
    async function (this: FastifyRequest, { until, answer }: HeldReply) {
      this.giveBackPlace?.()
      const startedAt = monotonicClock.nowMilliseconds()
      await uncounted(() => untilEnd(until, { socket: this.raw.socket, departure }))
      this.heldMilliseconds = monotonicClock.nowMilliseconds() - startedAt
      return answer()
    },
  )
}

async function untilEnd(
  until: HeldReply['until'],
  { socket, departure }: { socket: FastifyRequest['raw']['socket']; departure: Departure },
): Promise<void> {
  const over = new AbortController()
  const end = () => over.abort()
  if (departure.hasBegun || socket.destroyed) end()
  departure.begun.addEventListener('abort', end)
  socket.once('close', end)
  try {
    await until(over.signal)
  } finally {
    departure.begun.removeEventListener('abort', end)
    socket.removeListener('close', end)
  }
}
