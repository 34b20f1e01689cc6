// Ostiary's own contract: OAuth 2.1 and the security best current practice (RFC 9700), nothing legacy.

import { formatScope } from '../protocol/scope.ts'
import type { Contract } from './contract.ts'

const DAY = 86_400

export const standard: Contract = {
  name: 'standard',
  paths: {
    authorize: '/authorize',
    token: '/token',
    revoke: '/revoke',
    introspect: '/introspect',
    userinfo: '/userinfo',
    jwks: '/jwks',
    revocations: '/revocations',
    signOut: '/sign-out',
  },
  policy: {
    accessToken: { format: 'jwt', lifetimeSeconds: 3600 },
    refreshToken: { idleSeconds: 30 * DAY, absoluteSeconds: 180 * DAY, retryWindowSeconds: 30 },
    code: { lifetimeSeconds: 60 },
    pkce: { requiredFor: 'all', methods: ['S256'], methodWhenOmitted: undefined },
    redirectUriOptional: false,
    signing: { algorithm: 'ES256', rotateEverySeconds: 90 * DAY },
    session: { idleSeconds: DAY, absoluteSeconds: 14 * DAY },
  },
  tokenResponse: (response) => ({
    access_token: response.accessToken,
    token_type: response.tokenType,
    expires_in: response.expiresInSeconds,
    scope: formatScope(response.scopes),
    refresh_token: response.refreshToken,
    id_token: response.idToken,
  }),
  errorResponse: (error) => ({ error: error.code, error_description: error.description }),
}
