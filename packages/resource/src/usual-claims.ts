// The claim names that RFC 9068 and RFC 7662 share. Organisation, unit and grant are our own.

import type { TokenFacts } from './access-token.ts'
import {
  type Claims,
  readOptionalText,
  readOptionalTime,
  readText,
  readTexts,
  readTime,
} from './claims.ts'
import { TokenError } from './token-error.ts'

/** RFC 9068 §2.2, RFC 7662 §2.2. @throws TokenError claims_invalid, audience_mismatch */
export function readUsualClaims(claims: Claims, { audience }: { audience: string }): TokenFacts {
  const clientId = readText(claims, 'client_id')
  const facts: TokenFacts = {
    // RFC 7662 §2.2: `sub` may be left out of an introspection answer; then the app acts for itself.
    subject: readOptionalText(claims, 'sub') ?? clientId,
    clientId,
    scopes: (readOptionalText(claims, 'scope') ?? '').split(' ').filter(Boolean),
    organisationId: readOptionalText(claims, 'org_id'),
    unitId: readOptionalText(claims, 'unit_id'),
    grantId: readOptionalText(claims, 'grant_id'),
    audience: readTexts(claims, 'aud'),
    issuedAtSeconds: readTime(claims, 'iat'),
    expiresAtSeconds: readTime(claims, 'exp'),
    authTimeSeconds: readOptionalTime(claims, 'auth_time'),
    claims,
  }
  if (facts.audience.includes(audience)) return facts
  throw new TokenError('audience_mismatch', { detail: `aud is ${JSON.stringify(claims.aud)}` })
}
