// How many connections there may be. Whoever opens many and says little takes places from others: when they become
// few, the one that has been idle for longest makes room, and when none is idle new ones are closed unheard.

import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { monotonicClock } from '../platform/clock.ts'
import type { Log } from '../protocol/message.ts'
import { answerInTurn } from './pipelines.ts'

export interface Connections {
  /** Keeps the limits on the connections of a server. */
  limit(server: FastifyInstance): void
  state(): ConnectionState
}

export interface ConnectionState {
  readonly open: number
  /** Since the start, by cause. */
  readonly closed: Readonly<Record<Cause, number>>
}

/**
 * `idle`: it made room for a new one; `too_many`: there was no room for it; `pipelining`: it sent more requests ahead
 * than may wait.
 */
type Cause = 'idle' | 'too_many' | 'pipelining'

/** From so many on, those that are idle make room for new ones. */
const NEARLY_ALL = 0.9
/** Who means to ask for something has begun by then, also from the other side of the world. */
const FIRST_WORDS_MS = 500

export function createConnections(
  { maxConnections }: { readonly maxConnections: number },
  { log }: { readonly log: Log },
): Connections {
  const closed = { idle: 0, too_many: 0, pipelining: 0 }
  /** Those that have had their answers; whoever has been idle for longest comes first. */
  const idle = new Set<Socket>()
  /** Those that have not asked for anything yet, and since when. */
  const silent = new Map<Socket, number>()
  let open = 0

  function count(cause: Cause): void {
    closed[cause] += 1
    log.warn({ cause, open, closed }, 'a connection was closed to protect the others')
  }

  function add(socket: Socket): void {
    open += 1
    socket.once('close', () => {
      open -= 1
      idle.delete(socket)
      silent.delete(socket)
    })
    const now = monotonicClock.nowMilliseconds()
    if (open > maxConnections * NEARLY_ALL) makeRoom(now)
    silent.set(socket, now)
  }

  function makeRoom(now: number): void {
    const [longest] = idle
    const [first] = silent
    if (longest) close(longest)
    else if (first && now - first[1] > FIRST_WORDS_MS) close(first[0])
  }

  function close(socket: Socket): void {
    idle.delete(socket)
    silent.delete(socket)
    socket.destroy()
    count('idle')
  }

  function becomeBusy(socket: Socket): void {
    idle.delete(socket)
    silent.delete(socket)
  }

  return {
    limit(server) {
      answerInTurn(server, {
        busy: becomeBusy,
        idle: (socket) => idle.add(socket),
        cut: () => count('pipelining'),
      })
      const http = server.server
      http.maxConnections = maxConnections
      http.on('connection', add)
      http.on('drop', () => count('too_many'))
    },
    state: () => ({ open, closed }),
  }
}
