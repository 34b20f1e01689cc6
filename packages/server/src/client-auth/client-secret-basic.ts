// RFC 6749 §2.3.1: client id and secret in the Authorization header, form-encoded inside the Basic scheme.

import { OAuthError } from '../protocol/errors.ts'
import type { PresentedSecret, SecretMethod } from './method.ts'

export const clientSecretBasic: SecretMethod = {
  name: 'client_secret_basic',
  read({ authorization }) {
    if (authorization === undefined) return undefined
    const [, credentials] = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(authorization) ?? []
    // Any other scheme is no client authentication that we know.
    if (credentials === undefined) throw new OAuthError('client_credentials_malformed')
    return readPair(Buffer.from(credentials, 'base64'))
  },
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readPair(bytes: Buffer): PresentedSecret {
  try {
    const [, clientId = '', secret = ''] = /^([^:]*):(.*)$/s.exec(utf8.decode(bytes)) ?? []
    if (clientId === '') throw new RangeError('no client id before a colon')
    return { clientId: decodeForm(clientId), secret: decodeForm(secret) }
  } catch (cause) {
    throw new OAuthError('client_credentials_malformed', { cause })
  }
}

function decodeForm(text: string): string {
  const decoded = decodeURIComponent(text.replaceAll('+', ' '))
  // No database takes it in a text.
  if (decoded.includes('\0')) throw new RangeError('a NUL')
  return decoded
}
