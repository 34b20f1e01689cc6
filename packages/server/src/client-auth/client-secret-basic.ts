// RFC 6749 §2.3.1: client id and secret in the Authorization header, form-encoded inside the Basic scheme.

import { OAuthError } from '../protocol/errors.ts'
import type { SecretMethod } from './method.ts'

export const clientSecretBasic: SecretMethod = {
  name: 'client_secret_basic',
  read({ authorization }) {
    if (authorization === undefined) return undefined
    const [, credentials] = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(authorization) ?? []
    // Any other scheme is no client authentication that we know.
    if (credentials === undefined) throw new OAuthError('client_credentials_malformed')
    const text = Buffer.from(credentials, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon === -1) throw new OAuthError('client_credentials_malformed')
    return { clientId: decodeForm(text.slice(0, colon)), secret: decodeForm(text.slice(colon + 1)) }
  },
}

function decodeForm(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new OAuthError('client_credentials_malformed', { cause })
  }
}
