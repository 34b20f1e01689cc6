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
/** Few headers have one of these lengths: the others need not be written in lower case to be told apart. */
const LENGTHS = new Set([...SINGLE].map((name) => name.length))

/** @returns the name of the first that is repeated */
export function findRepeatedHeader({
  rawHeaders,
}: Pick<IncomingMessage, 'rawHeaders'>): string | undefined {
  let seen = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i] ?? ''
    if (!LENGTHS.has(sent.length)) continue
    const name = sent.toLowerCase()
    if (!SINGLE.has(name)) continue
    const mark = ` ${name} `
    if (seen.includes(mark)) return name
    seen += mark
  }
  return undefined
}

export function saidTwice(name: string): { error: string; error_description: string } {
  const header = name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
  return {
    error: 'invalid_request',
    error_description: `The request has more than one ${header} header.`,
  }
}
