// Reads the credentials of a request of `node:http`, for the frameworks that are built on it.

import type { IncomingMessage } from 'node:http'
import type { Credentials } from './credentials.ts'

/** `body`: what a body parser made of it, if one ran before. */
export function readCredentials(
  request: Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'url'>,
  body: unknown,
): Credentials {
  const { headers, rawHeaders, url } = request
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  return { authorization: readAuthorization(rawHeaders), url, form: isForm ? body : undefined }
}

/** `request.headers` keeps the first of several Authorization headers and hides the others. */
function readAuthorization(rawHeaders: readonly string[]): string | undefined {
  let joined: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'authorization') continue
    const value = rawHeaders[at + 1] ?? ''
    joined = joined === undefined ? value : `${joined}, ${value}`
  }
  return joined
}
