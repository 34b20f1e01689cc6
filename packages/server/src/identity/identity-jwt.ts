// Verifies JWTs of trusted issuers (RFC 7519, RFC 8725). Whom they stand for is looked up here, what they are good
// for is for the caller to decide.

import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import type { Clock } from '../platform/clock.ts'
import { DeadlineError, waitFor } from '../platform/deadline.ts'
import { digestOf } from '../platform/hash.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { JwtId, Store } from '../store/port.ts'
import type { TrustedIssuerRecord } from '../store/records.ts'
import { hashOfIdentity } from './access-identifiers.ts'
import { type Consumer, requireEnabled } from './consumers.ts'
import { type IssuerKeys, IssuerKeysUnavailableError } from './issuer-keys.ts'

export interface IdentityJwtDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'findTrustedIssuer' | 'findAccessIdentifier'>
  readonly clock: Clock
  readonly issuerKeys: IssuerKeys
}

export interface Identity {
  readonly issuer: TrustedIssuerRecord
  readonly consumer: Consumer
  /** To be claimed with what the JWT is exchanged for; null when it may be used again. */
  readonly once: JwtId | null
}

/** @throws OAuthError identity_issuer_unknown, identity_jwt_invalid, consumer_unknown, consumer_disabled */
export async function findIdentity(jwt: string, deps: IdentityJwtDeps): Promise<Identity> {
  const { tenant, store, clock } = deps
  const issuer = await findIssuer(jwt, deps)
  const claims = checkClaims(await verifySignature(jwt, issuer, deps), issuer, clock.nowSeconds())
  const hash = hashOfIdentity(issuer.id, claims.sub)
  const consumer = requireEnabled(await store.findAccessIdentifier(tenant.name, 'identity', hash))
  return { issuer, consumer, once: oneTimeId(claims, issuer) }
}

/** Which issuer is meant, is read before anything is verified: only its own keys can tell whether that is true. */
async function findIssuer(
  jwt: string,
  { tenant, store }: IdentityJwtDeps,
): Promise<TrustedIssuerRecord> {
  const { iss } = orRefuse(() => decodeJwt(jwt))
  const issuer =
    typeof iss === 'string' && iss.length <= MAX_TEXT_LENGTH && !iss.includes('\0')
      ? await store.findTrustedIssuer(tenant.name, iss)
      : null
  if (!issuer || issuer.suspendedAtSeconds !== null) {
    throw new OAuthError('identity_issuer_unknown')
  }
  return issuer
}

/** RFC 8725 §3.1: no algorithm whose key both sides would have to know, and never none. */
const ALGORITHMS = [
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
]

async function verifySignature(
  jwt: string,
  issuer: TrustedIssuerRecord,
  { issuerKeys }: IdentityJwtDeps,
): Promise<JWTPayload> {
  const { typ, crit } = orRefuse(() => decodeProtectedHeader(jwt))
  // RFC 8725 §3.11: an access token or a logout token of the same issuer is another kind of JWT.
  if (typ !== undefined && !/^(?:application\/)?jwt$/i.test(typ)) throw invalid('typ')
  // RFC 7515 §4.1.11: we understand no extension.
  if (crit !== undefined) throw invalid('crit')
  try {
    await waitFor(compactVerify(jwt, issuerKeys.keysOf(issuer), { algorithms: ALGORITHMS }))
    return decodeJwt(jwt)
  } catch (cause) {
    if (cause instanceof IssuerKeysUnavailableError || cause instanceof DeadlineError) {
      throw new OAuthError('issuer_keys_unavailable', { cause, retryAfterSeconds: 10 })
    }
    throw new OAuthError('identity_jwt_invalid', { cause })
  }
}

interface IdentityClaims {
  readonly sub: string
  readonly exp: number
  readonly iat: number | undefined
  readonly jti: string | undefined
}

/** Clocks differ a little. What has expired has expired all the same. */
const CLOCK_TOLERANCE_SECONDS = 60
const MAX_TEXT_LENGTH = 256
/** Whoever gets hold of a JWT can use it until it expires: without `jti` again and again, with one instead of its owner. */
const LONGEST_SECONDS = { reusable: 5 * 60, once: 3600 }
/** The last second of the year 9999. */
const LAST_DATE = 253_402_300_799

/** RFC 7519 §4.1, with `sub`, `aud` and `exp` mandatory. */
function checkClaims(
  claims: JWTPayload,
  issuer: TrustedIssuerRecord,
  nowSeconds: number,
): IdentityClaims {
  const { iss, sub, aud, exp, nbf, iat, jti } = claims as Record<string, unknown>
  if (iss !== issuer.issuer) throw invalid('iss')
  if (!isText(sub)) throw invalid('sub')
  // A JWT that is for others as well could be presented here by any of them.
  const audience = isListOfOne(aud) ? aud[0] : aud
  if (audience !== issuer.expectedAudience) throw invalid('aud')
  if (!isDate(exp) || exp <= nowSeconds) throw invalid('exp')
  if (exp > nowSeconds + longestOf(jti) + CLOCK_TOLERANCE_SECONDS) throw invalid('exp')
  const latest = nowSeconds + CLOCK_TOLERANCE_SECONDS
  if (nbf !== undefined && !(isDate(nbf) && nbf <= latest)) throw invalid('nbf')
  if (iat !== undefined && !(isDate(iat) && iat <= latest)) throw invalid('iat')
  if (jti !== undefined && !isText(jti)) throw invalid('jti')
  return { sub, exp, iat, jti }
}

function longestOf(jti: unknown): number {
  return jti === undefined ? LONGEST_SECONDS.reusable : LONGEST_SECONDS.once
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH
}

function isListOfOne(value: unknown): value is readonly [unknown] {
  return Array.isArray(value) && value.length === 1
}

/** RFC 7519 §2: seconds, which need not be whole. */
function isDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LAST_DATE
}

/** RFC 7519 §4.1.7. Remembered a little longer than the JWT lives: other processes may have slower clocks. */
function oneTimeId(
  { jti, exp, iat }: IdentityClaims,
  { tenant, id }: TrustedIssuerRecord,
): JwtId | null {
  if (jti === undefined) return null
  // By the clock of whoever made it, and that may be as far ahead as the one that we go by is behind.
  const earliest = (iat ?? exp - LONGEST_SECONDS.once) - 2 * CLOCK_TOLERANCE_SECONDS
  return {
    tenant,
    purpose: 'identity jwt',
    id: digestOf(id, jti),
    expiresAtSeconds: Math.ceil(exp) + CLOCK_TOLERANCE_SECONDS,
    madeAtSeconds: Math.floor(earliest),
  }
}

function orRefuse<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    throw new OAuthError('identity_jwt_invalid', { cause })
  }
}

/** @param what the part of the JWT that is wrong, for the log */
function invalid(what: string): OAuthError {
  return new OAuthError('identity_jwt_invalid', { cause: new Error(`wrong ${what}`) })
}
