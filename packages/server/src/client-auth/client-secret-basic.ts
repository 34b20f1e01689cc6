// RFC 6749 §2.3.1: client id and secret in the Authorization header, form-encoded inside the Basic scheme.

import { OAuthError } from '../protocol/errors.ts'
import { readBasic } from './http-basic.ts'
import type { SecretMethod } from './method.ts'

export const clientSecretBasic: SecretMethod = {
  name: 'client_secret_basic',
  read({ authorization }) {
    const credentials = readBasic(authorization)
    if (credentials === undefined) return undefined
    try {
      const { username, password } = credentials
      return { clientId: decodeForm(username), secret: decodeForm(password) }
    } catch (cause) {
      throw new OAuthError('client_credentials_malformed', { cause })
    }
  },
}

const ENCODED = /[+%\0]/

function decodeForm(text: string): string {
  if (!ENCODED.test(text)) return text
  const decoded = decodeURIComponent(text.replaceAll('+', ' '))
  // No database takes it in a text.
  if (decoded.includes('\0')) throw new RangeError('a NUL')
  return decoded
}
