// Authorization server metadata (RFC 8414) and OpenID discovery: derived from what the tenant really does.

import { RESPONSE_MODES } from '../authorize/request.ts'
import { CLIENT_AUTH_METHODS, CLIENT_SECRET_METHODS } from '../client-auth/index.ts'
import type { Contract } from '../contracts/contract.ts'
import { GRANT_TYPES } from '../grants/index.ts'
import type { Endpoint } from '../protocol/message.ts'
import { PROMPT_VALUES } from '../protocol/prompt.ts'
import { IDENTITY_SCOPES, type Tenant } from '../protocol/tenant.ts'

const MAX_AGE_SECONDS = 300

export function createMetadataEndpoint(deps: {
  readonly tenant: Tenant
  readonly contract: Contract
}): Endpoint {
  const body = describeServer(deps.tenant, deps.contract)
  const headers = { 'cache-control': `public, max-age=${MAX_AGE_SECONDS}` }
  return async () => ({ kind: 'json', status: 200, body, headers })
}

function describeServer({ issuer, policy, resourceServers }: Tenant, { paths }: Contract) {
  const apiScopes = resourceServers.flatMap(({ scopes }) => scopes.map(({ name }) => name))
  return {
    // RFC 8414 §2
    issuer,
    authorization_endpoint: issuer + paths.authorize,
    token_endpoint: issuer + paths.token,
    jwks_uri: issuer + paths.jwks,
    scopes_supported: [...new Set([...IDENTITY_SCOPES, ...apiScopes])],
    response_types_supported: ['code'],
    response_modes_supported: RESPONSE_MODES,
    grant_types_supported: GRANT_TYPES.map(({ name }) => name),
    token_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    revocation_endpoint: issuer + paths.revoke,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    introspection_endpoint: issuer + paths.introspect,
    introspection_endpoint_auth_methods_supported: CLIENT_SECRET_METHODS,
    code_challenge_methods_supported: policy.pkce.methods,
    // RFC 9207 §3
    authorization_response_iss_parameter_supported: true,
    // RFC 9728 §4
    protected_resources: resourceServers.map(({ audience }) => audience),
    // OIDC Discovery §3
    userinfo_endpoint: issuer + paths.userinfo,
    end_session_endpoint: issuer + paths.signOut,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [policy.signing.algorithm],
    prompt_values_supported: PROMPT_VALUES,
    claims_supported: [
      'sub',
      'name',
      'preferred_username',
      'locale',
      'email',
      'email_verified',
      'auth_time',
    ],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    // Ours: the feed of revocations that APIs follow
    revocation_feed_endpoint: issuer + paths.revocations,
  }
}
