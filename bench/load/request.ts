// Requests as text, put together once and sent many times.

import type { Address } from './connection.ts'
import type { Call } from './target.ts'

const FORM = 'application/x-www-form-urlencoded'

export function getRequest({ port }: Address, call: Call): string {
  return `GET ${call.path} HTTP/1.1\r\nhost: localhost:${port}\r\n${headerLines(call)}\r\n`
}

/** A POST whose form is complete. */
export function postRequest(address: Address, call: Call): string {
  return openPost(address, call)('')
}

/** A POST that lacks the end of its form: `&name=value`, which must be URL-encoded already. */
export function openPost({ port }: Address, call: Call): (rest: string) => string {
  const form = new URLSearchParams(call.form).toString()
  const head = `POST ${call.path} HTTP/1.1\r\nhost: localhost:${port}\r\n${headerLines(call)}content-type: ${FORM}\r\ncontent-length: `
  return (rest) => {
    const body = form === '' ? rest.slice(1) : form + rest
    return `${head}${body.length}\r\n\r\n${body}`
  }
}

function headerLines({ headers = {} }: Call): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}
