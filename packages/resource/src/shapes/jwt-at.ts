// Access tokens as RFC 9068 writes them. Opaque ones are possible besides: the tenant's policy decides.

import { PUBLIC_KEY_ALGORITHMS } from '../algorithms.ts'
import { readText } from '../claims.ts'
import { looksLikeOpaqueToken } from '../opaque-form.ts'
import { TokenError } from '../token-error.ts'
import { readUsualClaims } from '../usual-claims.ts'
import type { TokenShape } from './shape.ts'

/** RFC 9068 §4 */
export const jwtAt: TokenShape = {
  opaque: (text, isOurs) => !isOurs || looksLikeOpaqueToken(text),
  jwt: {
    type: 'at+jwt',
    algorithms: { allowed: PUBLIC_KEY_ALGORITHMS, usual: ['ES256', 'RS256', 'EdDSA'] },
    keys: 'published',
    namesScopes: true,
    readClaims(claims, guard) {
      readText(claims, 'sub')
      const issuer = readText(claims, 'iss')
      if (issuer === guard.issuer) return readUsualClaims(claims, guard)
      throw new TokenError('issuer_mismatch', { detail: `iss is ${JSON.stringify(issuer)}` })
    },
  },
}
