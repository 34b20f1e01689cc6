// Cookie names and attributes. `__Host-` binds a cookie to this host and to https; browsers treat localhost alike.

import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CookieChange } from '../protocol/message.ts'

const COOKIES = ['session', 'device', 'new-secret'] as const
const SHARED = 'browser'

/** Several tenants can share a host, and `__Host-` cookies have no path, so the name holds the tenant. */
function fullName(name: string, tenant: string): string {
  return `__Host-ostiary-${tenant}-${name}`
}

const NONE = {}

export function readCookies(
  { headers }: FastifyRequest,
  tenant: string,
): Readonly<Record<string, string | undefined>> {
  if (headers.cookie === undefined) return NONE
  const cookies = parseCookie(headers.cookie)
  const single = COOKIES.map((name) => [name, cookies[fullName(name, tenant)]])
  return { ...Object.fromEntries(single), [SHARED]: readShared(cookies, tenant) }
}

/** All that there are of the one that several answers at the same time may set, in the order of the browser. */
function readShared(cookies: Readonly<Record<string, string | undefined>>, tenant: string) {
  const prefix = fullName(`${SHARED}-`, tenant)
  const values = Object.entries(cookies).filter(([name]) => name.startsWith(prefix))
  return values.length === 0 ? undefined : values.map(([, value]) => value).join('.')
}

/** The name of the shared one holds a part of its value, so that none takes the place of another. */
function nameOf({ name, value }: CookieChange): string {
  return name === SHARED ? `${name}-${value?.slice(0, 8)}` : name
}

export function writeCookies(
  reply: FastifyReply,
  changes: readonly CookieChange[],
  tenant: string,
): void {
  for (const change of changes) {
    const { value, maxAgeSeconds } = change
    const cookie = stringifySetCookie({
      name: fullName(nameOf(change), tenant),
      value: value ?? '',
      path: '/',
      secure: true,
      httpOnly: true,
      // Strict would lose the session on the way in from an app (RFC 6265bis §5.6.7).
      sameSite: 'lax',
      ...(value === undefined ? { expires: new Date(0), maxAge: 0 } : { maxAge: maxAgeSeconds }),
    })
    reply.header('set-cookie', cookie)
  }
}
