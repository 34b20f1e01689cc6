// Plain http where the issuer says https. TLS ends at a proxy in front of us, so only a trusted one can tell.

import type { FastifyRequest } from 'fastify'
import type { Place } from './route.ts'

const TWO_YEARS_SECONDS = 63_072_000

/** The value of `Strict-Transport-Security`. RFC 6797 §7.2: answers that travel in the clear must not carry it. */
export const TRANSPORT_SECURITY = `max-age=${TWO_YEARS_SECONDS}; includeSubDomains`

/**
 * Whether a request crossed the network without TLS although it must not (RFC 6749 §3.1, RFC 6749 §3.2). Where no
 * proxy says how requests come in, the one way in is taken to be the right one.
 */
export function cameInTheClear(
  request: FastifyRequest,
  { issuer, behindTrustedProxy }: Pick<Place, 'issuer' | 'behindTrustedProxy'>,
): boolean {
  if (!issuer?.startsWith('https:') || !behindTrustedProxy) return false
  return request.headers['x-forwarded-proto'] !== undefined && request.caller.protocol !== 'https'
}
