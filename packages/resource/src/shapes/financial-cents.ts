// Contract `financial-cents`: RS256 JWTs with fractional times whose audience is the app. They name neither issuer nor
// API: what binds them is the keys of the tenant, which has one API.

import { malformed, readText, readTexts, readTime } from '../claims.ts'
import { nameFeedSubjects } from '../feed-subjects.ts'
import { refuseIssuer } from './no-issuer.ts'
import type { TokenShape } from './shape.ts'

/** 80 digits: the grant, the tags of app and user, and 8 that mean nothing. Before there were tags, 48 of those. */
const JTI = /^([0-9a-f]{32})([0-9a-f]{20})([0-9a-f]{20})[0-9a-f]{8}$/

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
      const [, grantId, client, user] = JTI.exec(readText(claims, 'jti')) ?? malformed('jti')
      const subjects = {
        subject: readText(claims, 'sub'),
        clientId: readText(claims, 'aud'),
        grantId,
      }
      return {
        ...subjects,
        scopes: Array.isArray(claims.scopes) ? readTexts(claims, 'scopes') : malformed('scopes'),
        organisationId: undefined,
        unitId: undefined,
        audience: [audience],
        // Revocations are told in whole seconds: one within the second of issue covers the token too.
        issuedAtSeconds: Math.floor(readTime(claims, 'iat')),
        expiresAtSeconds: Math.floor(readTime(claims, 'exp')),
        authTimeSeconds: undefined,
        claims,
        // Nothing tells whether the digits are tags, so the feed may name either those or the ids.
        feedSubjects: [
          ...nameFeedSubjects(subjects, { client, user }),
          ...nameFeedSubjects({ ...subjects, grantId: undefined }, {}),
        ],
      }
    },
  },
}
