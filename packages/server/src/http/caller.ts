// Who sends a request, as far as the socket and the proxies that are trusted tell: made here, once per request, and
// nowhere else.

import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import {
  addressMatcher,
  normaliseAddress,
  sourceOf,
  UNKNOWN_ADDRESS,
} from '../platform/addresses.ts'
import type { Log } from '../protocol/message.ts'

export interface Caller {
  /** In full, for people. */
  readonly address: string
  /** What limits count by. */
  readonly source: string
  /** What a trusted proxy says of how the request came in; undefined when none says anything. */
  readonly protocol: string | undefined
  /** Whether somebody who is not trusted says that the request is another's. */
  readonly claimsProxy: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
    /** The app that the request names, proven or not. */
    clientId: string | undefined
  }
}

export interface CallerSettings {
  /** Addresses or networks whose X-Forwarded-* headers count. */
  readonly trustedProxies: readonly string[]
  readonly log: Log
}

/** Gives every request its caller, before anything else looks at it. */
export function nameCallers(
  server: FastifyInstance,
  { trustedProxies, log }: CallerSettings,
): void {
  const isTrusted = addressMatcher(trustedProxies)
  let told = false
  // biome-ignore lint/suspicious/noExplicitAny: Fastify wants a value, and there is none before the first hook
  server.decorateRequest('caller', undefined as any)
  server.decorateRequest('clientId', undefined)
  server.addHook('onRequest', (request, _reply, next) => {
    request.caller = callerOf(request.raw, isTrusted)
    if (request.caller.claimsProxy && !told) {
      told = true
      // Without it all who come through that proxy share one address, and with it every limit.
      log.warn(
        { from: request.caller.address },
        'X-Forwarded-For comes from an address that is not trusted and is not believed: if it is your proxy, name it in server.trustedProxies',
      )
    }
    next()
  })
}

/** What every request of a connection would have parsed again: who sends it when it says nothing of others. */
const peers = new Map<string, Caller>()
const MAX_PEERS = 10_000

function describePeer(text = ''): Caller {
  const known = peers.get(text)
  if (known !== undefined) return known
  const address = normaliseAddress(text)
  const peer = { address, source: sourceOf(address), protocol: undefined, claimsProxy: false }
  if (peers.size >= MAX_PEERS) peers.clear()
  peers.set(text, peer)
  return peer
}

export function callerOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  isTrusted: (address: string) => boolean,
): Caller {
  const peer = describePeer(socket.remoteAddress)
  const forwarded = textOf(headers['x-forwarded-for'])
  if (!isTrusted(peer.address)) {
    return forwarded === '' ? peer : { ...peer, claimsProxy: true }
  }
  const protocol = lastOf(textOf(headers['x-forwarded-proto']))
  if (forwarded === '') return { ...peer, protocol }
  const address = callerAmong(forwarded, isTrusted)
  return { address, source: sourceOf(address), protocol, claimsProxy: false }
}

/** The last that a trusted proxy has added and that is no trusted proxy itself; what is before it, strangers wrote. */
function callerAmong(forwarded: string, isTrusted: (address: string) => boolean): string {
  let rest = forwarded
  let address = UNKNOWN_ADDRESS
  while (rest !== '') {
    const comma = rest.lastIndexOf(',')
    address = normaliseAddress(rest.slice(comma + 1))
    if (!isTrusted(address)) return address
    rest = comma === -1 ? '' : rest.slice(0, comma)
  }
  return address
}

function lastOf(text: string): string | undefined {
  return text === '' ? undefined : text.slice(text.lastIndexOf(',') + 1).trim()
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : (header?.join(',') ?? '')
}
