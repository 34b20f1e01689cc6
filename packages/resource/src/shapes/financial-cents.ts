// Contract `financial-cents`: RS256 JWTs with fractional times whose audience is the app. They name neither issuer nor
// API: what binds them is the keys of the tenant, which has one API.

import { malformed, readText, readTexts, readTime } from '../claims.ts'
import { refuseIssuer } from './no-issuer.ts'
import type { TokenShape } from './shape.ts'

/** The grant is the first part of `jti`: 32 of 80 digits. */
const JTI = /^([0-9a-f]{32})[0-9a-f]{48}$/

export const financialCents: TokenShape = {
  opaque: undefined,
  jwt: {
    type: 'JWT',
    algorithms: { allowed: ['RS256'], usual: ['RS256'] },
    keys: 'published',
    namesScopes: true,
    readClaims(claims, { audience }) {
      refuseIssuer(claims)
      readTime(claims, 'nbf')
      return {
        subject: readText(claims, 'sub'),
        clientId: readText(claims, 'aud'),
        scopes: Array.isArray(claims.scopes) ? readTexts(claims, 'scopes') : malformed('scopes'),
        organisationId: undefined,
        unitId: undefined,
        grantId: JTI.exec(readText(claims, 'jti'))?.[1] ?? malformed('jti'),
        audience: [audience],
        // Revocations are told in whole seconds: one within the second of issue covers the token too.
        issuedAtSeconds: Math.floor(readTime(claims, 'iat')),
        expiresAtSeconds: Math.floor(readTime(claims, 'exp')),
        authTimeSeconds: undefined,
        claims,
      }
    },
  },
}
