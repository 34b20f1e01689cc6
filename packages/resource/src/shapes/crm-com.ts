// Contract `crm-com`: HS256 JWTs of one consumer, with times as text. They name neither issuer, API, app nor scopes:
// what binds them is the secret keys of the API, and they open every method of it.

import { type Claims, malformed, readOptionalText, readText } from '../claims.ts'
import { refuseIssuer } from './no-issuer.ts'
import type { TokenShape } from './shape.ts'

/** Each token is a grant of its own, named by `jti`. */
const JTI = /^[0-9A-F]{32}$/
const EPOCH_SECONDS = /^\d{1,12}$/

export const crmCom: TokenShape = {
  opaque: undefined,
  jwt: {
    type: 'JWT',
    algorithms: { allowed: ['HS256'], usual: ['HS256'] },
    keys: 'secret',
    namesScopes: false,
    readClaims(claims, { audience, scopes = [] }) {
      refuseIssuer(claims)
      readText(claims, 'ari')
      const id = readText(claims, 'jti')
      const grantId = JTI.test(id) ? id.toLowerCase() : malformed('jti')
      const subject = readText(claims, 'cii')
      return {
        subject,
        clientId: undefined,
        scopes,
        organisationId: readText(claims, 'org'),
        unitId: readOptionalText(claims, 'oun'),
        grantId,
        audience: [audience],
        issuedAtSeconds: readTimeText(claims, 'iat'),
        expiresAtSeconds: readTimeText(claims, 'exp'),
        authTimeSeconds: undefined,
        claims,
        // There is no room for tags: what ends consumer or app names each of their grants.
        feedSubjects: [`grant:${grantId}`],
      }
    },
  },
}

function readTimeText(claims: Claims, name: string): number {
  const text = readText(claims, name)
  return EPOCH_SECONDS.test(text) ? Number(text) : malformed(name)
}
