// Requests below HTTP: good ones as bytes, some of which are then flipped, dropped, doubled or made up.

import { connect } from 'node:net'
import fc from 'fast-check'
import type { Parties } from './parties.ts'
import { type Plan, render } from './request-plan.ts'

interface ByteMutation {
  readonly act: 'set' | 'insert' | 'remove' | 'double'
  /** How far into the bytes, in thousandths. */
  readonly at: number
  readonly length: number
  readonly bytes: readonly number[]
}

export interface RawPlan {
  readonly plan: Plan
  readonly mutations: readonly ByteMutation[]
}

/** The bytes that mean something to a parser of HTTP are likelier than others. */
const byte = fc.oneof(
  fc.constantFrom(...Buffer.from('\r\n\t :;,=%/?#\0{}"0123456789')),
  fc.nat(255),
)

export function rawArbitrary(plans: fc.Arbitrary<Plan>): fc.Arbitrary<RawPlan> {
  const mutation = fc.record({
    act: fc.constantFrom('set' as const, 'insert' as const, 'remove' as const, 'double' as const),
    at: fc.nat(999),
    length: fc.integer({ min: 1, max: 30 }),
    bytes: fc.array(byte, { minLength: 1, maxLength: 8 }),
  })
  return fc.record({ plan: plans, mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }) })
}

export function renderBytes({ plan, mutations }: RawPlan, parties: Parties, host: string): Buffer {
  const { method, target, headers, body = Buffer.alloc(0) } = render(plan, parties)
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `host: ${host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    'connection: close',
  ]
  const good = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body])
  return mutations.reduce(mutateBytes, good)
}

function mutateBytes(bytes: Buffer, { act, at, length, bytes: given }: ByteMutation): Buffer {
  const start = Math.floor((bytes.length * at) / 1000)
  const before = bytes.subarray(0, start)
  const piece = bytes.subarray(start, start + length)
  const after = bytes.subarray(start + length)
  const pieces = {
    set: [before, Buffer.from(given), after],
    insert: [before, Buffer.from(given), piece, after],
    remove: [before, after],
    double: [before, piece, piece, after],
  }
  return Buffer.concat(pieces[act])
}

const PATIENCE_MS = 10_000

/** Sends the bytes and no more. @returns what came back; undefined when the server neither answered nor hung up */
export function exchangeBytes(url: string, bytes: Buffer): Promise<string | undefined> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    const parts: Buffer[] = []
    const finish = (text: string | undefined) => {
      clearTimeout(patience)
      socket.destroy()
      resolve(text)
    }
    const received = () => Buffer.concat(parts).toString('latin1')
    const patience = setTimeout(() => finish(undefined), PATIENCE_MS)
    socket.on('data', (part: Buffer) => parts.push(part))
    socket.on('error', () => finish(received()))
    socket.on('close', () => finish(received()))
    socket.end(bytes)
  })
}

/** @returns in words, what is wrong with it */
export function rawProblems(text: string | undefined): readonly string[] {
  if (text === undefined) return ['the server neither answered nor hung up']
  // Nothing is an answer, too: there was nobody to answer.
  if (text === '') return []
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? []
  if (status === undefined) return [`no HTTP: ${text.slice(0, 100)}`]
  if (Number(status) >= 500) return [`it is a ${status}: ${text.slice(0, 400)}`]
  const [head = '', body = ''] = text.split('\r\n\r\n')
  // Node itself says no to a request without Host, and nothing more.
  if (body === '' || body === '0') return []
  return /^x-content-type-options: nosniff\r?$/im.test(head) ? [] : [`without nosniff: ${head}`]
}
