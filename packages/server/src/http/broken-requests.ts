// What is sent to us and is no request at all: Node's parser gives up on it before there is anything to route. It is
// refused in the form of every other refusal, and the connection ends: nobody knows where the next request would begin.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { JSON_HEADERS } from './headers.ts'

const MALFORMED = { status: 400, description: 'The request is not valid HTTP.' }

const KNOWN: ReadonlyMap<string | undefined, typeof MALFORMED> = new Map([
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    { status: 408, description: 'The request took too long to arrive.' },
  ],
  ['HPE_HEADER_OVERFLOW', { status: 431, description: 'The request has too long headers.' }],
])

export function refuseBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  // Whoever hung up reads no answer.
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  // Behind another answer it would pass for the answer to a request of somebody else, where a proxy shares connections.
  if (socket.writable && socket.bytesWritten === 0) socket.write(answerTo(error.code))
  socket.destroy(error)
}

function answerTo(code: string | undefined): string {
  const { status, description } = KNOWN.get(code) ?? MALFORMED
  const body = JSON.stringify({ error: 'invalid_request', error_description: description })
  const headers = { ...JSON_HEADERS, 'content-length': body.length, connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n')
}
