// What contracts have in common unless they say otherwise.

import type { ContractRules, IdFormat, SecretFormat } from '../protocol/contract-rules.ts'
import type { Policy } from '../protocol/policy.ts'

const DAY = 86_400

/** Beside the endpoints that a contract lays down; of an API where nothing else is documented. */
export const USUAL_PATHS = {
  api: '/api/v1',
  introspect: '/introspect',
  jwks: '/jwks',
  resourceKeys: '/resource-keys',
  revocations: '/revocations',
  signOut: '/sign-out',
  apiVersions: '/api-versions',
  versionUsage: '/version-usage',
}

export const USUAL_POLICY: Policy = {
  accessToken: { format: 'jwt', lifetimeSeconds: 3600 },
  refreshToken: { idleSeconds: 30 * DAY, absoluteSeconds: 180 * DAY, retryWindowSeconds: 30 },
  code: { lifetimeSeconds: 60, perMinute: 60 },
  pkce: {
    requiredFor: 'all',
    methods: ['S256'],
    methodWhenOmitted: undefined,
    insteadOfSecret: false,
  },
  redirectUriOptional: false,
  scopesBeyond: 'narrow',
  revocationEndsConsent: false,
  revocationWaitsForApis: false,
  codeWithoutKey: false,
  signing: { algorithm: 'ES256', rotateEverySeconds: 90 * DAY },
  session: { idleSeconds: DAY, absoluteSeconds: 14 * DAY },
}

const PREFIXED: SecretFormat = { kind: 'prefixed' }
const ID: IdFormat = { kind: 'hex', bytes: 16 }

export const USUAL_FORMATS: ContractRules['formats'] = {
  clientId: ID,
  userId: ID,
  code: PREFIXED,
  accessToken: PREFIXED,
  refreshToken: PREFIXED,
  applicationKey: PREFIXED,
  accessIdentifierId: ID,
}

/** Of the contracts that were there before OAuth 2.1: PKCE is for apps without a secret. */
export const LEGACY_POLICY: Policy = {
  ...USUAL_POLICY,
  pkce: { ...USUAL_POLICY.pkce, requiredFor: 'public' },
}

/** Of the contracts that know authorization codes and refresh tokens, and nothing of OpenID Connect. */
export const LEGACY_RULES = {
  grantTypes: ['authorization_code', 'refresh_token'],
  allowances: {
    'without-pkce': 'on-request',
    'private-scheme': 'on-request',
    'many-redirect-uris': 'on-request',
  },
  openId: false,
  issuerInResponses: false,
  fragmentInResponses: false,
  selfService: false,
  httpsRedirectsOnly: false,
  exactRedirectUris: false,
  base64Challenges: false,
  formats: USUAL_FORMATS,
  releases: [],
} as const satisfies Partial<ContractRules>
