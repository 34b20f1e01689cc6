// A caller that costs next to nothing, so that a load is the server's work and not its maker's: one connection, one
// request made beforehand, and of the answer what matters.

import { connect, type Socket } from 'node:net'
import type { Outcome } from './offered-load.ts'

export class BareCaller {
  readonly #port: number
  readonly #request: string
  #socket: Socket | undefined
  #received = ''
  #done: ((outcome: Outcome | Error) => void) | undefined

  constructor({ port, path, authorization, form }: BareRequest) {
    this.#port = port
    this.#request = [
      `POST ${path} HTTP/1.1`,
      `host: localhost:${port}`,
      `authorization: ${authorization}`,
      'content-type: application/x-www-form-urlencoded',
      `content-length: ${form.length}`,
      '',
      form,
    ].join('\r\n')
  }

  ask(): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#done = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome))
      this.#open().write(this.#request)
    })
  }

  #open(): Socket {
    if (this.#socket && !this.#socket.destroyed) return this.#socket
    this.#received = ''
    this.#socket = connect(this.#port, 'localhost')
      .setEncoding('latin1')
      .on('data', (text: string) => this.#read(text))
      .on('error', (error) => this.#finish(error))
      .on('close', () => this.#finish(new Error('the server hung up')))
    return this.#socket
  }

  #read(text: string): void {
    this.#received += text
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#received.slice(0, end).toLowerCase()
    const body = this.#received.slice(end + 4)
    if (body.length < Number(/\ncontent-length: (\d+)/.exec(head)?.[1])) return
    this.#received = ''
    const status = Number(head.slice(9, 12))
    this.#finish({ status, saysWhen: head.includes('\nretry-after:'), text: body })
  }

  #finish(outcome: Outcome | Error): void {
    const done = this.#done
    this.#done = undefined
    done?.(outcome)
  }
}

export interface BareRequest {
  readonly port: number
  readonly path: string
  readonly authorization: string
  readonly form: string
}
