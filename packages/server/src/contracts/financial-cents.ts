// Contract `financial-cents`: API v1 of a practice-management product. Token parameters in the query string, RS256
// JWTs with fractional times whose audience is the app.

import type { AccessTokenFacts, JwtShape } from '../protocol/access-token-facts.ts'
import { asGrantId } from '../protocol/ids.ts'
import type { Contract } from './contract.ts'
import { oauthErrorResponse, scopeIfOther } from './oauth-responses.ts'
import { LEGACY_POLICY, LEGACY_RULES, USUAL_FORMATS, USUAL_PATHS } from './usual.ts'

/** The grant is the first part of `jti`, so that revoking it reaches the token: 32 of 80 digits. */
const GRANT_DIGITS = 32
/** The tags of app and user follow it, 20 digits each. The last 8 tell tokens of one grant apart. */
const TAG_DIGITS = 20
const OWN_DIGITS = 8
const JTI = /^[0-9a-f]{80}$/

const jwt: JwtShape = {
  type: 'JWT',
  names: 'tags',
  saysIssuer: false,
  keyPerApi: false,
  writeClaims(facts, { unique }) {
    return {
      aud: facts.clientId,
      jti: writeJti(facts, unique),
      iat: fractional(facts.issuedAtSeconds),
      nbf: fractional(facts.issuedAtSeconds),
      exp: fractional(facts.expiresAtSeconds),
      sub: facts.userId ?? facts.clientId,
      scopes: facts.scopes,
    }
  },
  readClaims({ jti, iat, exp, scopes }) {
    if (typeof jti !== 'string' || !JTI.test(jti)) return undefined
    return {
      grantId: asGrantId(jti.slice(0, GRANT_DIGITS)),
      issuedAtSeconds: Math.floor(Number(iat)),
      expiresAtSeconds: Math.floor(Number(exp)),
      ...(Array.isArray(scopes) && { scopes: scopes.map(String) }),
      rest: undefined,
    }
  },
}

function writeJti({ grantId, clientTag, userTag }: AccessTokenFacts, unique: string): string {
  const filler = unique.slice(OWN_DIGITS, OWN_DIGITS + TAG_DIGITS)
  return `${grantId}${clientTag ?? filler}${userTag ?? filler}${unique.slice(0, OWN_DIGITS)}`
}

/** Not in TypeScript's library yet. */
const { rawJSON: rawJson } = JSON as typeof JSON & { rawJSON(text: string): unknown }

/**
 * Epoch seconds with six decimals, which a plain number would lose. They are zero: verifiers that know the time in whole
 * seconds would take a token for one of the future until the second in which it was issued is over.
 */
function fractional(seconds: number): unknown {
  return rawJson(seconds.toFixed(6))
}

export const financialCents: Contract = {
  name: 'financial-cents',
  paths: {
    ...USUAL_PATHS,
    authorize: '/oauth/authorize',
    token: '/oauth/token',
    revoke: '/oauth/revoke',
  },
  policy: { ...LEGACY_POLICY, signing: { ...LEGACY_POLICY.signing, algorithm: 'RS256' } },
  rules: {
    ...LEGACY_RULES,
    allowances: {
      ...LEGACY_RULES.allowances,
      'query-parameters': 'at-registration',
      'http-redirect-uri': 'at-registration',
    },
    formats: { ...USUAL_FORMATS, userId: { kind: 'decimal', digits: 12 } },
    jwt,
  },
  requests: { encodings: ['query', 'form', 'json'], strictJson: false },
  errorLanguage: 'reader',
  tokenResponse: (response) => ({
    access_token: response.accessToken,
    refresh_token: response.refreshToken,
    expires_in: response.expiresInSeconds,
    token_type: response.tokenType,
    ...scopeIfOther(response),
  }),
  errorResponse: oauthErrorResponse,
}
