// Cookie names and attributes. `__Host-` binds a cookie to this host and to https; browsers treat localhost alike.

import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CookieChange } from '../protocol/message.ts'
import { crossesPlainHttp } from '../protocol/redirect-uri.ts'

const COOKIES = ['session', 'device', 'new-secret'] as const
const SHARED = 'browser'

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
  const single = COOKIES.map((name) => [name, cookies[prefix + name]])
  return { ...Object.fromEntries(single), [SHARED]: readShared(cookies, prefix) }
}

/** All that there are of the one that several answers at the same time may set, in the order of the browser. */
function readShared(cookies: Readonly<Record<string, string | undefined>>, prefix: string) {
  const values = Object.entries(cookies).filter(([name]) => name.startsWith(`${prefix}${SHARED}-`))
  return values.length === 0 ? undefined : values.map(([, value]) => value).join('.')
}

/** The name of the shared one holds a part of its value, so that none takes the place of another. */
function nameOf({ name, value }: CookieChange): string {
  return name === SHARED ? `${name}-${value?.slice(0, 8)}` : name
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
