// The names that a machine has for itself. A browser takes them for different sites: who opens a page by one and is led on
// to another has left the cookies behind.

import type { FastifyRequest } from 'fastify'

const NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const HOST = /^(\[[^\]]*\]|[^:]*)(:\d+)?$/
const ISSUER = /^http:\/\/(\[[^\]]*\]|[^:/]*)(:\d+)?/

/**
 * @returns the same address at the issuer, for a person's browser that came by another name of this very machine. No other
 * name is looked at: a proxy may have put it there. Nothing in the answer comes from the request but its path.
 */
export function addressAtIssuer(
  { method, headers, raw: { url = '' } }: FastifyRequest,
  issuer: string,
): string | undefined {
  const { host = '', 'sec-fetch-mode': mode } = headers
  if (mode !== 'navigate' || method !== 'GET' || !url.startsWith('/')) return undefined
  const [, name = '', port] = HOST.exec(host) ?? []
  const [origin, ownName = '', ownPort] = ISSUER.exec(issuer) ?? []
  if (!NAMES.has(name) || !NAMES.has(ownName) || name === ownName || port !== ownPort) {
    return undefined
  }
  return origin + url
}
