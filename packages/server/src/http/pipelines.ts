// Requests that come on one connection before the one ahead of them is answered. They are begun one after the other,
// and few may wait: a connection that sends on without end, or reads no answer, would otherwise fill the memory.

import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** No client that means well sends so many before it has its first answer. */
const MOST_WAITING_OF_CONNECTION = 32
/** Of all connections together. */
const MOST_WAITING = 1000

interface Line {
  isBusy: boolean
  /** Ends the turn that is under way: one function for all turns of the connection. */
  readonly endTurn: () => void
  readonly waiting: Turn[]
}

interface Turn {
  readonly reply: FastifyReply
  readonly begin: () => void
}

/** What becomes of a connection. */
export interface PipelineObserver {
  /** A request is under way on it. */
  busy(socket: Socket): void
  /** All of its requests are answered. */
  idle(socket: Socket): void
  /** It sent too many, and was closed. */
  cut(): void
}

export function answerInTurn(server: FastifyInstance, observer: PipelineObserver): void {
  const lines = new WeakMap<Socket, Line>()
  let waitingInAll = 0

  function begin(line: Line, { reply, begin: proceed }: Turn): void {
    line.isBusy = true
    // Its bytes have left the process by then, so that of each connection no more than one answer is held here.
    reply.raw.on('close', line.endTurn)
    proceed()
  }

  function endTurn(line: Line, socket: Socket): void {
    if (socket.destroyed) waitingInAll -= line.waiting.splice(0).length
    const next = line.waiting.shift()
    if (next === undefined) {
      line.isBusy = false
      if (!socket.destroyed) observer.idle(socket)
      return
    }
    waitingInAll -= 1
    begin(line, next)
  }

  server.addHook('onRequest', (request, reply, proceed) => {
    const { socket } = request.raw
    // What was read together with the request that was one too many.
    if (socket.destroyed) return
    const line = lineOf(socket)
    if (!line.isBusy) {
      observer.busy(socket)
      begin(line, { reply, begin: proceed })
    } else if (line.waiting.length < MOST_WAITING_OF_CONNECTION && waitingInAll < MOST_WAITING) {
      waitingInAll += 1
      line.waiting.push({ reply, begin: proceed })
    } else {
      // RFC 9112 §9.3.2: a client sends again what was not answered when a connection ends.
      socket.destroy()
      observer.cut()
    }
  })

  function lineOf(socket: Socket): Line {
    let line = lines.get(socket)
    if (line === undefined) {
      const made: Line = { isBusy: false, waiting: [], endTurn: () => endTurn(made, socket) }
      line = made
      lines.set(socket, line)
    }
    return line
  }
}
