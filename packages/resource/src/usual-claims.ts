// The claim names that RFC 9068 and RFC 7662 share. Organisation, unit and grant are our own.

import type { TokenFacts } from './access-token.ts'
import {
  type Claims,
  malformed,
  readOptionalText,
  readOptionalTime,
  readText,
  readTexts,
  readTime,
} from './claims.ts'
import { isObject } from './documents.ts'
import { nameFeedSubjects, type Tags } from './feed-subjects.ts'
import { TokenError } from './token-error.ts'

/** RFC 9068 §2.2, RFC 7662 §2.2. @throws TokenError claims_invalid, audience_mismatch */
export function readUsualClaims(claims: Claims, { audience }: { audience: string }): TokenFacts {
  const clientId = readText(claims, 'client_id')
  // RFC 7662 §2.2: `sub` may be left out of an introspection answer; then the app acts for itself.
  const subject = readOptionalText(claims, 'sub') ?? clientId
  const grantId = readOptionalText(claims, 'grant_id')
  const facts: TokenFacts = {
    subject,
    clientId,
    scopes: (readOptionalText(claims, 'scope') ?? '').split(' ').filter(Boolean),
    organisationId: readOptionalText(claims, 'org_id'),
    unitId: readOptionalText(claims, 'unit_id'),
    grantId,
    audience: readTexts(claims, 'aud'),
    issuedAtSeconds: readTime(claims, 'iat'),
    expiresAtSeconds: readTime(claims, 'exp'),
    authTimeSeconds: readOptionalTime(claims, 'auth_time'),
    claims,
    feedSubjects: nameFeedSubjects({ subject, clientId, grantId }, readTags(claims)),
  }
  if (facts.audience.some((named) => isSameUri(named, audience))) return facts
  throw new TokenError('audience_mismatch', { detail: `aud is ${JSON.stringify(claims.aud)}` })
}

/** RFC 3986 §6.2.2, RFC 3986 §6.2.3: `https://API.example:443` and `https://api.example/` are one API, as the issuer has it. */
function isSameUri(named: string, audience: string): boolean {
  if (named === audience) return true
  return (
    URL.canParse(named) && URL.canParse(audience) && new URL(named).href === new URL(audience).href
  )
}

/** `rev: { c, u }`: by what the feed knows the app and the user. A form that is not ours would hide what ends the token. */
function readTags(claims: Claims): Tags {
  const { rev } = claims
  if (rev === undefined) return {}
  if (!isObject(rev)) return malformed('rev')
  return { client: readOptionalText(rev, 'c'), user: readOptionalText(rev, 'u') }
}
