// Where a request carries its token: the Authorization header and nowhere else (RFC 6750 §2.1, RFC 9700 §4.3.2).

import { TokenError } from './token-error.ts'

/** What a request shows of a token, as plain values, so that any HTTP framework can ask. */
export interface Credentials {
  /** Value of the Authorization header; several such headers joined with ", ". */
  readonly authorization: string | undefined
  /** The URL, or its path and query: looked at only to notice a second token. */
  readonly url?: string | undefined
  /** Fields of a form body, if it was read already: looked at only to notice a second token. */
  readonly form?: unknown
}

const MAX_TOKEN_LENGTH = 16_384
const BEARER_SCHEME = /^bearer(?: |$)/i
/** RFC 6750 §2.1: `"Bearer" 1*SP b64token`; the scheme ignores case (RFC 9110 §11.1). */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i

/** @throws TokenError token_missing, authorization_malformed, token_too_long, token_in_several_places */
export function readBearerToken(credentials: Credentials): string {
  const { authorization } = credentials
  // RFC 6750 §3.1: another scheme counts as no token at all. So does a token in the URL alone,
  // because it leaks through logs and the Referer header.
  if (!authorization || !BEARER_SCHEME.test(authorization)) throw new TokenError('token_missing')
  if (authorization.length > MAX_TOKEN_LENGTH) throw new TokenError('token_too_long')
  const token = BEARER.exec(authorization)?.[1]
  if (!token) throw new TokenError('authorization_malformed')
  if (queryHasToken(credentials.url) || formHasToken(credentials.form)) {
    throw new TokenError('token_in_several_places')
  }
  return token
}

function queryHasToken(url: string | undefined): boolean {
  const start = url?.indexOf('?') ?? -1
  if (!url || start === -1) return false
  const end = url.indexOf('#', start)
  const query = url.slice(start, end === -1 ? undefined : end)
  return new URLSearchParams(query).has('access_token')
}

function formHasToken(form: unknown): boolean {
  return typeof form === 'object' && form !== null && Object.hasOwn(form, 'access_token')
}
