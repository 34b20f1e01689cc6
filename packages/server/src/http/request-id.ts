// The name of a request: in its answer, in every line of the log and event of the audit trail, on the error page. A
// trusted proxy may give it, so that its own log has the same; anybody else could make lines look like others'.

import type { IncomingMessage } from 'node:http'
import { addressMatcher, normaliseAddress } from '../platform/addresses.ts'
import { newId } from '../platform/random.ts'

export interface RequestIdSettings {
  /** Addresses or networks that are believed. */
  readonly trustedProxies: readonly string[]
  /** Where they put the id; undefined when they put none. */
  readonly requestIdHeader: string | undefined
}

/** A longer one, or one with other characters, is replaced: it ends up in logs, headers and pages. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._:+/=@-]{7,127}$/

export function requestIdsOf(settings: RequestIdSettings): (request: IncomingMessage) => string {
  const { trustedProxies, requestIdHeader } = settings
  if (requestIdHeader === undefined) return () => newId()
  const header = requestIdHeader.toLowerCase()
  const isTrusted = addressMatcher(trustedProxies)
  return ({ headers, socket }) => {
    const given = headers[header]
    const usable = typeof given === 'string' && ID.test(given)
    return usable && isTrusted(normaliseAddress(socket.remoteAddress)) ? given : newId()
  }
}
