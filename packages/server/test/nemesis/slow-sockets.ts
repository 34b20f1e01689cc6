// Connections that take a place and do next to nothing with it: headers, bodies and readers that come a byte at a time.

import { connect, type Socket } from 'node:net'
import { connectedPorts } from './proc.ts'

const BYTE_EVERY_MS = 1000
const LOOK_EVERY_MS = 100
/** More than any buffer between the two takes. */
const PIPELINED = 4000

export const SLOWNESS = ['headers', 'body', 'reader'] as const
export type Slowness = (typeof SLOWNESS)[number]

export interface SlowSocket {
  readonly slowness: Slowness
  readonly openedMs: number
  /** When the server had enough of it. */
  closedMs?: number
  readonly socket: Socket
}

/** @param times of each kind; a reader weighs as much as ten others */
export function openSlowSockets(url: string, times: Readonly<Record<Slowness, number>>) {
  const sockets = SLOWNESS.flatMap((slowness) =>
    Array.from({ length: times[slowness] }, () => openSlowSocket(url, slowness)),
  )
  const dribble = setInterval(() => {
    for (const { slowness, socket } of sockets) {
      if (slowness !== 'reader' && socket.writable) socket.write('a')
    }
  }, BYTE_EVERY_MS)
  // Who neither reads nor writes hears of no end.
  const look = setInterval(() => {
    const connected = connectedPorts()
    for (const slow of sockets) {
      const { localPort, connecting } = slow.socket
      if (connecting || localPort === undefined || connected.has(localPort)) continue
      slow.closedMs ??= performance.now()
    }
  }, LOOK_EVERY_MS)
  return {
    sockets,
    close() {
      clearInterval(dribble)
      clearInterval(look)
      for (const { socket } of sockets) socket.destroy()
    },
  }
}

function openSlowSocket(url: string, slowness: Slowness): SlowSocket {
  const { hostname, port, host } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  const slow: SlowSocket = { slowness, openedMs: performance.now(), socket }
  const head = `Host: ${host}\r\n`
  const openings: Readonly<Record<Slowness, string>> = {
    headers: `GET /livez HTTP/1.1\r\n${head}X-Slow: `,
    body: `POST /token HTTP/1.1\r\n${head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n`,
    reader: `GET /.well-known/openid-configuration HTTP/1.1\r\n${head}\r\n`.repeat(PIPELINED),
  }
  socket.on('error', () => undefined)
  socket.on('close', () => {
    slow.closedMs ??= performance.now()
  })
  socket.write(openings[slowness])
  if (slowness === 'reader') socket.pause()
  else socket.resume()
  return slow
}
