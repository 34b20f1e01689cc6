// Keeps ID tokens and client assertions, which have the same header `typ`, from passing as access tokens of the
// contracts whose tokens name no issuer (RFC 8725 §3.12).

import type { Claims } from '../claims.ts'
import { TokenError } from '../token-error.ts'

/** @throws TokenError token_type_wrong */
export function refuseIssuer({ iss }: Claims): void {
  if (iss === undefined) return
  throw new TokenError('token_type_wrong', { detail: 'access tokens of this contract have no iss' })
}
