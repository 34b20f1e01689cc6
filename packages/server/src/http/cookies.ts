// Cookie names and attributes. `__Host-` binds a cookie to this host and to https; browsers treat localhost alike.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CookieChange } from '../protocol/message.ts'

const COOKIES = ['session', 'browser', 'new-secret'] as const

/** Several tenants can share a host, and `__Host-` cookies have no path, so the name holds the tenant. */
function fullName(name: string, tenant: string): string {
  return `__Host-ostiary-${tenant}-${name}`
}

export function readCookies(
  request: FastifyRequest,
  tenant: string,
): Record<string, string | undefined> {
  return Object.fromEntries(COOKIES.map((name) => [name, request.cookies[fullName(name, tenant)]]))
}

export function writeCookies(
  reply: FastifyReply,
  changes: readonly CookieChange[],
  tenant: string,
): void {
  for (const { name, value, maxAgeSeconds } of changes) {
    reply.setCookie(fullName(name, tenant), value ?? '', {
      path: '/',
      secure: true,
      httpOnly: true,
      // Strict would lose the session on the way in from an app (RFC 6265bis §5.6.7).
      sameSite: 'lax',
      ...(value === undefined ? { expires: new Date(0), maxAge: 0 } : { maxAge: maxAgeSeconds }),
    })
  }
}
