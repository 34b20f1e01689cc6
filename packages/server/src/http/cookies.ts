// Cookie names and attributes. `__Host-` binds a cookie to this host and to https; browsers treat localhost alike.

import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CookieChange } from '../protocol/message.ts'

const COOKIES = ['session', 'browser', 'device', 'new-secret'] as const

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
  return Object.fromEntries(COOKIES.map((name) => [name, cookies[fullName(name, tenant)]]))
}

export function writeCookies(
  reply: FastifyReply,
  changes: readonly CookieChange[],
  tenant: string,
): void {
  for (const { name, value, maxAgeSeconds } of changes) {
    const cookie = stringifySetCookie({
      name: fullName(name, tenant),
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
