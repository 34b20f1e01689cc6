// Headers that may come once. Node keeps the first of some and joins others, a proxy in front may keep the last: each
// of them could mean another host, another app, another user (RFC 9112 §3.2, RFC 9110 §5.3).

import type { IncomingMessage } from 'node:http'

const SINGLE = new Set([
  'host',
  'authorization',
  'content-encoding',
  'content-type',
  'dpop',
  'origin',
  'sec-fetch-site',
  'x-version',
])
/** @returns the name of the first that is repeated */
export function findRepeatedHeader({
  headers,
  rawHeaders,
}: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): string | undefined {
  // Node makes one member of all lines of a name, so nearly every request is done with here.
  if (Object.keys(headers).length === rawHeaders.length / 2) return undefined
  const names = rawHeaders.filter((_text, at) => at % 2 === 0).map((name) => name.toLowerCase())
  return names.find((name, at) => SINGLE.has(name) && names.indexOf(name) < at)
}

export function saidTwice(name: string): { error: string; error_description: string } {
  const header = name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
  return {
    error: 'invalid_request',
    error_description: `The request has more than one ${header} header.`,
  }
}
