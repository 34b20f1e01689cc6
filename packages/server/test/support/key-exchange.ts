// The one request of the contract `crm-com`, as bytes.

import type { TestServer } from './start-server.ts'
import { basic } from './test-app.ts'
import { ask, FORM, JSON_TYPE, post, readJwt, type VendorAnswer } from './vendor-client.ts'

export const EXCHANGE = '/authentication/consumer_application_key/token'

/** The key as the user name of HTTP Basic, the password left empty. */
export function basicKey(key: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` }
}

/** @param rest further members, with a comma before them */
export function codeBody(code: string, rest = ''): string {
  return `{"access_token_identifier": {"authentication_code": "${code}"}${rest}}`
}

export function passCodeBody(identifier: string, passCode: string, rest = ''): string {
  return `{"access_token_identifier": {"identifier": "${identifier}", "pass_code": "${passCode}"}${rest}}`
}

export function jwtBody(jwt: string, rest = ', "organisation": "acme"'): string {
  return `{"jwt": "${jwt}"${rest}}`
}

type Issuer = Pick<TestServer, 'issuer'>

export function exchange(
  { issuer }: Issuer,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<VendorAnswer> {
  return post(issuer + EXCHANGE, body, { ...JSON_TYPE, ...headers })
}

/** Status and code of the envelope. */
export function outcomeOf({ status, body }: VendorAnswer): [number, string] {
  return [status, body?.status?.code]
}

export function tokenIn({ status, body, text }: VendorAnswer): string {
  if (status !== 200) throw new Error(`no token: ${status} ${text}`)
  return body.data.token
}

export function claimsIn(answer: VendorAnswer) {
  return readJwt(tokenIn(answer)).claims
}

/** What the API is told about a token. */
export async function introspect(
  { issuer, apps }: Pick<TestServer, 'issuer' | 'apps'>,
  token: string,
) {
  const { id, secret = '' } = apps.apiServer
  const headers = { ...FORM, authorization: basic(id, secret) }
  return (await post(`${issuer}/introspect`, `token=${token}`, headers)).body
}

/** @returns the status that the API answers with */
export async function callApi({ issuer }: Issuer, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await ask(`${issuer}/api/v1/contacts`, { headers })).status
}
