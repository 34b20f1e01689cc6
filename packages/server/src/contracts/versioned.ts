// Contract `versioned`: an API whose every request carries a version. PKCE `plain` by default, optional redirect URI.

import type { Contract } from './contract.ts'
import { jwtAt } from './jwt-at.ts'
import { oauthErrorResponse, oauthTokenResponse } from './oauth-responses.ts'
import { LEGACY_POLICY, LEGACY_RULES, USUAL_FORMATS, USUAL_PATHS } from './usual.ts'

export const versioned: Contract = {
  name: 'versioned',
  paths: {
    ...USUAL_PATHS,
    authorize: '/oauth/authorize',
    token: '/oauth/token',
    revoke: '/oauth/revoke',
  },
  policy: {
    ...LEGACY_POLICY,
    pkce: {
      requiredFor: 'public',
      methods: ['S256', 'plain'],
      methodWhenOmitted: 'plain',
      insteadOfSecret: false,
    },
    redirectUriOptional: true,
  },
  rules: {
    ...LEGACY_RULES,
    allowances: { ...LEGACY_RULES.allowances, 'pkce-plain': 'at-registration' },
    base64Challenges: true,
    formats: { ...USUAL_FORMATS, clientId: { kind: 'hex', bytes: 40 } },
    jwt: jwtAt,
  },
  requests: { encodings: ['form'], strictJson: false },
  errorLanguage: 'reader',
  tokenResponse: oauthTokenResponse,
  errorResponse: oauthErrorResponse,
}
