// The Basic scheme of HTTP (RFC 7617): a user name and a password.

import { OAuthError } from '../protocol/errors.ts'

export interface BasicCredentials {
  readonly username: string
  /** undefined when there is not even a colon, as some send what has no password. */
  readonly password: string | undefined
}

/** @returns undefined when there is no such header. @throws OAuthError client_credentials_malformed */
export function readBasic(authorization: string | undefined): BasicCredentials | undefined {
  if (authorization === undefined) return undefined
  const [, credentials] = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(authorization) ?? []
  // Any other scheme is no authentication that we know.
  if (credentials === undefined) throw new OAuthError('client_credentials_malformed')
  const text = decodeUtf8(Buffer.from(credentials, 'base64'))
  const colon = text.indexOf(':')
  if (colon === 0) throw new OAuthError('client_credentials_malformed')
  if (colon === -1) return { username: text, password: undefined }
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Buffer): string {
  try {
    const text = utf8.decode(bytes)
    // No database takes a NUL in a text.
    if (text.includes('\0')) throw new RangeError('a NUL')
    return text
  } catch (cause) {
    throw new OAuthError('client_credentials_malformed', { cause })
  }
}
