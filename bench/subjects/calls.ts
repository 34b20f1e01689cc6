// The calls that most subjects take in the same form: the credentials by HTTP Basic, everything else in a form.

import { randomBytes } from 'node:crypto'
import type { Call } from '../load/target.ts'
import { REDIRECT_URI, SCOPE } from './subject.ts'

export interface Credentials {
  readonly id: string
  readonly secret: string
}

function basic({ id, secret }: Credentials): { authorization: string } {
  const text = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` }
}

export function post(
  path: string,
  credentials: Credentials,
  form: Readonly<Record<string, string>> = {},
): Call {
  return { path, headers: basic(credentials), form }
}

/** An authorization request with everything but its challenge. */
export function authorizePath(
  path: string,
  { id }: Pick<Credentials, 'id'>,
  more: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: id,
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    state: 'a-state-of-the-app',
    code_challenge_method: 'S256',
    ...more,
  })
  return `${path}?${query}`
}

export function randomTokens(make = () => randomBytes(32).toString('base64url')): string[] {
  return Array.from({ length: 500 }, make)
}
