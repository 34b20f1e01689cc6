// One keep-alive connection that speaks as little HTTP/1.1 as a load generator needs. It shares the machine with what
// it measures, so every microsecond spent here is taken from the subject: raw sockets, one buffer, no objects to spare.

import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  /** Status line and headers. */
  readonly head: string
  /** One character per byte. */
  readonly body: string
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** With an error, there is no answer: `answer` is not to be looked at. */
export type Hear = (answer: Answer, error?: Error) => void

const BUFFER_BYTES = 64 * 1024
/** Servers hang up after five idle seconds: a request sent at that moment would be lost. */
const IDLE_MS = 3000
const LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding: *chunked/i

export class Connection {
  readonly #address: Address
  #socket: Socket | undefined
  #received = ''
  #hear: Hear | undefined
  #usedAtMs = 0

  constructor(address: Address) {
    this.#address = address
  }

  /** One request at a time. */
  send(request: string, hear: Hear): void {
    if (this.#hear) throw new Error('a connection carries one request at a time')
    const now = performance.now()
    if (now - this.#usedAtMs > IDLE_MS) this.close()
    this.#usedAtMs = now
    this.#hear = hear
    this.#socket ??= this.#open()
    this.#socket.write(request, 'latin1')
  }

  close(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#hear = undefined
    socket?.removeAllListeners('close').destroy()
  }

  #open(): Socket {
    const socket = connect({
      ...this.#address,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(BUFFER_BYTES),
        callback: (length, buffer) => {
          this.#receive((buffer as Buffer).toString('latin1', 0, length))
          return true
        },
      },
    })
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('the server hung up')))
    return socket
  }

  #receive(text: string): void {
    this.#received = this.#received === '' ? text : this.#received + text
    const answer = readAnswer(this.#received)
    if (answer === undefined) return
    this.#received = ''
    const hear = this.#hear
    this.#hear = undefined
    if (hear === undefined) throw new Error(`an answer to nothing: ${answer.head}`)
    hear(answer)
  }

  #end(error: Error): void {
    this.#socket = undefined
    this.#received = ''
    const hear = this.#hear
    this.#hear = undefined
    hear?.(NO_ANSWER, error)
  }
}

const NO_ANSWER: Answer = { status: 0, head: '', body: '' }

/** @returns undefined as long as some of it is missing */
function readAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = text.slice(0, end)
  const status = Number(head.slice(9, 12))
  const rest = text.slice(end + 4)
  const length = LENGTH.exec(head)?.[1]
  if (length !== undefined) {
    return rest.length < Number(length) ? undefined : { status, head, body: rest }
  }
  if (!CHUNKED.test(head)) return { status, head, body: '' }
  return rest.endsWith('0\r\n\r\n') ? { status, head, body: joinChunks(rest) } : undefined
}

function joinChunks(text: string): string {
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (size === 0) return body
    body += text.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
  }
}
