// Cookie names and attributes. `__Host-` binds a cookie to this host and to https; browsers treat localhost alike.

import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CookieChange } from '../protocol/message.ts'
import { crossesPlainHttp } from '../protocol/redirect-uri.ts'

const SINGLE = ['session', 'device']
/** Those that several answers at the same time may set: so many characters of the value are in the name of each. */
const SEVERAL = ['browser', 'new-secret']
const PART = 8

/** How the cookies of one tenant are told from those of others, and how browsers keep them. */
export interface CookieKind {
  readonly prefix: string
  readonly secure: boolean
}

/**
 * Several tenants can share a host, and `__Host-` cookies have no path, so the name holds the tenant; cookies know no port
 * (RFC 6265 §8.5), so it holds that too. Browsers drop secure cookies, and those with `__Host-`, of an issuer on plain http
 * in a network, which an operator has to allow by name.
 */
export function describeCookies(tenant: string, issuer: string): CookieKind {
  const { port } = new URL(issuer)
  const secure = !crossesPlainHttp(issuer)
  const place = port === '' ? tenant : `${tenant}.${port}`
  return { prefix: `${secure ? '__Host-' : ''}ostiary-${place}-`, secure }
}

const NONE = {}

export function readCookies(
  { headers }: FastifyRequest,
  { prefix }: CookieKind,
): Readonly<Record<string, string | undefined>> {
  if (headers.cookie === undefined) return NONE
  const cookies = parseCookie(headers.cookie)
  const single = SINGLE.map((name) => [name, cookies[prefix + name]])
  const several = SEVERAL.map((name) => [name, joinAll(cookies, `${prefix}${name}-`)])
  return Object.fromEntries([...single, ...several])
}

/** All that there are of one, in the order of the browser. */
function joinAll(cookies: Readonly<Record<string, string | undefined>>, start: string) {
  // What another tenant calls its cookies may begin with this, too.
  const isOurs = ([name, value = '']: [string, string | undefined]) =>
    name.startsWith(start) && name.slice(start.length) === value.slice(0, PART)
  const values = Object.entries(cookies).filter(isOurs)
  return values.length === 0 ? undefined : values.map(([, value]) => value).join('.')
}

function nameOf({ name, value, was = value }: CookieChange): string {
  return SEVERAL.includes(name) ? `${name}-${was?.slice(0, PART)}` : name
}

export function writeCookies(
  reply: FastifyReply,
  changes: readonly CookieChange[],
  { prefix, secure }: CookieKind,
): void {
  for (const change of changes) {
    const { value, maxAgeSeconds } = change
    const cookie = stringifySetCookie({
      name: prefix + nameOf(change),
      value: value ?? '',
      path: '/',
      secure,
      httpOnly: true,
      // Strict would lose the session on the way in from an app (RFC 6265bis §5.6.7).
      sameSite: 'lax',
      ...(value === undefined ? { expires: new Date(0), maxAge: 0 } : { maxAge: maxAgeSeconds }),
    })
    reply.header('set-cookie', cookie)
  }
}
