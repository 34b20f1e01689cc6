// Contract `mister-james`: REST API v1 of a CRM. Self-service apps, PKCE or a secret, the `token` grant per app.

import type { Contract } from './contract.ts'
import { jwtAt } from './jwt-at.ts'
import { oauthErrorResponse, oauthTokenResponse } from './oauth-responses.ts'
import { LEGACY_POLICY, LEGACY_RULES, USUAL_PATHS } from './usual.ts'

const BASE = '/_utalic_release'

export const misterJames: Contract = {
  name: 'mister-james',
  paths: {
    ...USUAL_PATHS,
    api: `${BASE}/api/v1`,
    authorize: `${BASE}/oauth/v2.0/authorize`,
    token: `${BASE}/oauth/v2.0/token`,
    revoke: `${BASE}/oauth/v2.0/revoke`,
  },
  policy: {
    ...LEGACY_POLICY,
    pkce: {
      requiredFor: 'public',
      methods: ['S256'],
      methodWhenOmitted: 'S256',
      insteadOfSecret: true,
    },
    revocationEndsConsent: true,
    revocationWaitsForApis: true,
  },
  rules: {
    ...LEGACY_RULES,
    grantTypes: ['authorization_code', 'refresh_token', 'implicit'],
    allowances: { ...LEGACY_RULES.allowances, implicit: 'on-request' },
    selfService: true,
    developerPageName: 'Settings › API',
    exactRedirectUris: true,
    jwt: jwtAt,
  },
  requests: { encodings: ['form'], strictJson: false },
  errorLanguage: 'reader',
  tokenResponse: oauthTokenResponse,
  errorResponse: oauthErrorResponse,
}
