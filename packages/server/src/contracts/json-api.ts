// Contract `json-api`: a stateless JSON REST API v1. JSON bodies, opaque tokens in hexadecimal, password grant for
// first-party apps.

import type { Contract } from './contract.ts'
import { jwtAt } from './jwt-at.ts'
import { oauthErrorResponse, scopeIfOther } from './oauth-responses.ts'
import { LEGACY_POLICY, LEGACY_RULES, USUAL_FORMATS, USUAL_PATHS } from './usual.ts'

const HEX = { kind: 'hex', bytes: 32 } as const

export const jsonApi: Contract = {
  name: 'json-api',
  paths: {
    ...USUAL_PATHS,
    authorize: '/oauth/authorize',
    token: '/oauth/token',
    revoke: '/oauth/revoke',
  },
  policy: { ...LEGACY_POLICY, accessToken: { format: 'opaque', lifetimeSeconds: 7200 } },
  rules: {
    ...LEGACY_RULES,
    grantTypes: ['authorization_code', 'refresh_token', 'password'],
    allowances: {
      'without-pkce': 'on-request',
      'many-redirect-uris': 'on-request',
      'long-access-token': 'at-registration',
      password: 'on-request',
      'public-without-pkce': 'on-request',
    },
    httpsRedirectsOnly: true,
    formats: { ...USUAL_FORMATS, code: HEX, accessToken: HEX, refreshToken: HEX },
    jwt: jwtAt,
  },
  requests: { encodings: ['json', 'form'], strictJson: true },
  errorLanguage: 'reader',
  tokenResponse: (response) => ({
    access_token: response.accessToken,
    token_type: 'bearer',
    expires_in: response.expiresInSeconds,
    refresh_token: response.refreshToken,
    ...scopeIfOther(response),
  }),
  errorResponse: oauthErrorResponse,
}
