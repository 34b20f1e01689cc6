// Access tokens that are JWTs (RFC 9068 §4), verified here and remembered, so that a token seen before costs microseconds.

import { hash } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import { AccessToken } from './access-token.ts'
import type { Issuer } from './issuer.ts'
import { createLruMap } from './lru-map.ts'
import type { Settings } from './options.ts'
import { TokenError, type TokenErrorReason } from './token-error.ts'

/** FAPI 2.0 §5.3.2.1: the issuer's clock may be this much ahead for `nbf`, … */
const NOT_BEFORE_TOLERANCE_SECONDS = 10
/** … and a token from further in the future than this is not to be trusted. */
const ISSUED_AHEAD_LIMIT_SECONDS = 60
/** A key that the issuer has withdrawn stops opening doors after this time, even for tokens seen before. */
const REVERIFY_MILLISECONDS = 600_000

interface Verified {
  readonly token: AccessToken
  readonly untilMilliseconds: number
}

export interface JwtVerifier {
  /** How many verified tokens are remembered. */
  readonly size: number
  /** Everything but expiry and revocation, which change while a token is remembered. @throws TokenError */
  verify(jwt: string): Promise<AccessToken>
}

export function createJwtVerifier(settings: Settings, issuer: Issuer): JwtVerifier {
  const known = createLruMap<Verified>(settings.cacheSize)
  return {
    get size() {
      return known.size
    },
    async verify(jwt) {
      const key = hash('sha256', jwt, 'base64url')
      const now = Date.now()
      const hit = known.get(key)
      if (hit && now < hit.untilMilliseconds) return hit.token
      const token = await verifyJwt(jwt, settings, issuer)
      const untilMilliseconds = Math.min(now + REVERIFY_MILLISECONDS, token.expiresAtSeconds * 1000)
      known.set(key, { token, untilMilliseconds })
      return token
    },
  }
}

async function verifyJwt(jwt: string, settings: Settings, issuer: Issuer): Promise<AccessToken> {
  const tolerance = Math.max(settings.clockToleranceSeconds, NOT_BEFORE_TOLERANCE_SECONDS)
  try {
    // Keys come from `findKey` alone: jwk, jku and x5u of the header are never looked at, and an
    // extension named by `crit` is refused (RFC 8725 §3.10, RFC 7515 §4.1.11).
    const { payload } = await jwtVerify(jwt, issuer.findKey, {
      algorithms: [...settings.algorithms],
      typ: 'at+jwt',
      issuer: settings.issuer,
      audience: settings.audience,
      requiredClaims: ['exp', 'iat', 'sub', 'client_id'],
      clockTolerance: tolerance,
    })
    const token = new AccessToken(payload)
    refuseUnusable(token)
    return token
  } catch (error) {
    throw toTokenError(error)
  }
}

function refuseUnusable(token: AccessToken): void {
  // RFC 9449 §7.1, RFC 8705 §3: whoever stole a bound token would present it just like this.
  if (token.claims.cnf !== undefined) throw new TokenError('token_sender_constrained')
  if (token.issuedAtSeconds > Date.now() / 1000 + ISSUED_AHEAD_LIMIT_SECONDS) {
    throw new TokenError('token_not_yet_valid', { detail: 'issued too far in the future' })
  }
}

const REASON_OF_CLAIM: Readonly<Record<string, TokenErrorReason>> = {
  iss: 'issuer_mismatch',
  aud: 'audience_mismatch',
  typ: 'token_type_wrong',
  nbf: 'token_not_yet_valid',
}

const REASON_OF_CODE: Readonly<Record<string, TokenErrorReason>> = {
  [errors.JWTExpired.code]: 'token_expired',
  [errors.JOSEAlgNotAllowed.code]: 'algorithm_not_allowed',
  [errors.JOSENotSupported.code]: 'header_not_supported',
  [errors.JWSSignatureVerificationFailed.code]: 'signature_invalid',
  [errors.JWSInvalid.code]: 'token_malformed',
  [errors.JWTInvalid.code]: 'token_malformed',
}

function toTokenError(error: unknown): unknown {
  if (error instanceof TokenError) return error
  if (error instanceof errors.JWTClaimValidationFailed) {
    const reason = error.reason === 'check_failed' ? REASON_OF_CLAIM[error.claim] : undefined
    return new TokenError(reason ?? 'claims_invalid', { detail: error.message, cause: error })
  }
  if (!(error instanceof errors.JOSEError)) return error
  const reason = REASON_OF_CODE[error.code]
  return reason ? new TokenError(reason, { detail: error.message, cause: error }) : error
}
