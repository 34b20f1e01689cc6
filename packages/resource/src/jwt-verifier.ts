// Access tokens that are JWTs, verified here and remembered, so that a token seen before costs microseconds.

import { AccessToken } from './access-token.ts'
import { type Claims, readOptionalTime } from './claims.ts'
import { type FindKey, parseObject, verifyCompactJws } from './compact-jws.ts'
import { type Instant, millisecondsSince } from './elapsed.ts'
import { createLruMap } from './lru-map.ts'
import type { Settings } from './options.ts'
import type { JwtShape } from './shapes/shape.ts'
import { TokenError } from './token-error.ts'

/** FAPI 2.0 §5.3.2.1: the issuer's clock may be this much ahead for `nbf`, … */
const NOT_BEFORE_TOLERANCE_SECONDS = 10
/** … and a token from further in the future than this is not to be trusted. */
const ISSUED_AHEAD_LIMIT_SECONDS = 60
/** A key that the issuer has withdrawn stops opening doors after this time, even for tokens seen before. */
const REVERIFY_MILLISECONDS = 600_000

interface Verified {
  readonly token: AccessToken
  readonly at: Instant
}

export interface JwtVerifier {
  /** How many verified tokens are remembered. */
  readonly size: number
  /** Everything but expiry and revocation, which change while a token is remembered. `key`: a hash. @throws TokenError */
  verify(jwt: string, key: string, now: Instant): Promise<AccessToken>
}

export function createJwtVerifier(
  shape: JwtShape,
  settings: Settings,
  findKey: FindKey,
): JwtVerifier {
  const known = createLruMap<Verified>(settings.cacheSize)
  return {
    get size() {
      return known.size
    },
    async verify(jwt, key, now) {
      const hit = known.get(key)
      if (hit && millisecondsSince(hit.at, now) < REVERIFY_MILLISECONDS) return hit.token
      const claims = await verifySignature(jwt, { shape, settings, findKey })
      const token = new AccessToken(shape.readClaims(claims, settings))
      refuseUnusable(token, settings)
      if (token.expiresAtSeconds * 1000 > now.wallMilliseconds) known.set(key, { token, at: now })
      return token
    },
  }
}

interface Verification {
  readonly shape: JwtShape
  readonly settings: Settings
  readonly findKey: FindKey
}

/** The claims of a JWT of the right kind, signed by its issuer. @throws TokenError */
async function verifySignature(
  jwt: string,
  { shape, settings, findKey }: Verification,
): Promise<Claims> {
  const { header, payload } = await verifyCompactJws(jwt, {
    algorithms: settings.algorithms,
    findKey,
  })
  if (!isOfType(header.typ, shape.type)) {
    const detail = `typ is ${JSON.stringify(header.typ)}, expected "${shape.type}"`
    throw new TokenError('token_type_wrong', { detail })
  }
  return parseObject(payload, 'the payload')
}

/** RFC 7515 §4.1.9: `application/` may be left out, and case does not matter. */
function isOfType(type: unknown, expected: string): boolean {
  if (typeof type !== 'string') return false
  const given = type.toLowerCase()
  return (given.includes('/') ? given : `application/${given}`) === mediaType(expected)
}

function mediaType(type: string): string {
  return `application/${type.toLowerCase()}`
}

function refuseUnusable(token: AccessToken, { clockToleranceSeconds }: Settings): void {
  // RFC 9449 §7.1, RFC 8705 §3: whoever stole a bound token would present it just like this.
  if (token.claims.cnf !== undefined) throw new TokenError('token_sender_constrained')
  const nowSeconds = Date.now() / 1000
  const tolerance = Math.max(clockToleranceSeconds, NOT_BEFORE_TOLERANCE_SECONDS)
  if ((readOptionalTime(token.claims, 'nbf') ?? 0) > nowSeconds + tolerance) {
    throw new TokenError('token_not_yet_valid', { detail: 'nbf is in the future' })
  }
  if (token.issuedAtSeconds > nowSeconds + ISSUED_AHEAD_LIMIT_SECONDS) {
    throw new TokenError('token_not_yet_valid', { detail: 'issued too far in the future' })
  }
}
