// Client id and secret in the Authorization header. RFC 6749 §2.3.1 has both form-encoded inside the Basic scheme, but
// most libraries send them as they are, and an id or secret with a `+` or `%` in it then reads differently. So what is
// presented has two readings, and either may be the one that was meant.

import { OAuthError } from '../protocol/errors.ts'
import { readBasic } from './http-basic.ts'
import type { SecretMethod } from './method.ts'

export const clientSecretBasic: SecretMethod = {
  name: 'client_secret_basic',
  read({ authorization }) {
    const credentials = readBasic(authorization)
    if (credentials === undefined) return undefined
    const { username, password } = credentials
    if (password === undefined) throw new OAuthError('client_credentials_malformed')
    return { clientIds: readingsOf(username), secrets: readingsOf(password) }
  },
}

const ENCODED = /[+%]/

/** As the RFC has it first, then as it stands. */
function readingsOf(text: string): readonly [string, ...string[]] {
  if (!ENCODED.test(text)) return [text]
  const decoded = decodeForm(text)
  return decoded === undefined ? [text] : [decoded, text]
}

/** @returns undefined when it cannot have been encoded */
function decodeForm(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    // No database takes a NUL in a text.
    return decoded.includes('\0') ? undefined : decoded
  } catch {
    return undefined
  }
}
