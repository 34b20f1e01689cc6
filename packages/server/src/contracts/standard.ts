// Ostiary's own contract: OAuth 2.1 and the security best current practice (RFC 9700), nothing legacy.

import type { Contract } from './contract.ts'
import { jwtAt } from './jwt-at.ts'
import { oauthErrorResponse, oauthTokenResponse } from './oauth-responses.ts'
import { USUAL_FORMATS, USUAL_PATHS, USUAL_POLICY } from './usual.ts'

export const standard: Contract = {
  name: 'standard',
  paths: {
    ...USUAL_PATHS,
    authorize: '/authorize',
    token: '/token',
    revoke: '/revoke',
    userinfo: '/userinfo',
  },
  policy: USUAL_POLICY,
  rules: {
    grantTypes: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
    allowances: {
      // RFC 9700 §2.1.1 recommends PKCE to apps with a secret, and many libraries in the field do not know it.
      'without-pkce': 'on-request',
      // What apps in the field have, an import takes: one at a time, with a reason and an end.
      'private-scheme': 'on-request',
      'many-redirect-uris': 'on-request',
    },
    openId: true,
    issuerInResponses: true,
    fragmentInResponses: true,
    selfService: true,
    httpsRedirectsOnly: false,
    exactRedirectUris: false,
    base64Challenges: false,
    formats: USUAL_FORMATS,
    jwt: jwtAt,
    releases: [],
  },
  requests: { encodings: ['form'], strictJson: false },
  errorLanguage: 'english',
  tokenResponse: oauthTokenResponse,
  errorResponse: oauthErrorResponse,
}
