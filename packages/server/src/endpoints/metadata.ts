// Authorization server metadata (RFC 8414) and OpenID discovery: derived from what the tenant really does.

import { listResponseTypes, RESPONSE_MODES } from '../authorize/response.ts'
import { CLIENT_AUTH_METHODS, CLIENT_SECRET_METHODS } from '../client-auth/index.ts'
import type { Contract } from '../contracts/contract.ts'
import { listGrantTypeNames } from '../grants/index.ts'
import type { Endpoint } from '../protocol/message.ts'
import { ID_TOKEN_ALGORITHMS } from '../protocol/policy.ts'
import { PROMPT_VALUES } from '../protocol/prompt.ts'
import { IDENTITY_SCOPES, type Tenant } from '../protocol/tenant.ts'

const MAX_AGE_SECONDS = 300

export function createMetadataEndpoint(deps: {
  readonly tenant: Tenant
  readonly contract: Contract
}): Endpoint {
  const text = JSON.stringify(describeServer(deps.tenant, deps.contract))
  const headers = { 'cache-control': `public, max-age=${MAX_AGE_SECONDS}` }
  return async () => ({ kind: 'document', text, headers })
}

function describeServer(tenant: Tenant, contract: Contract) {
  const { issuer, policy, resourceServers, rules } = tenant
  const { paths } = contract
  const url = (path: string | undefined) => (path === undefined ? undefined : issuer + path)
  const apiScopes = resourceServers.flatMap(({ scopes }) => scopes)
  return {
    // RFC 8414 §2
    issuer,
    authorization_endpoint: url(paths.authorize),
    token_endpoint: url(paths.token),
    jwks_uri: issuer + paths.jwks,
    scopes_supported: [
      ...(rules.openId ? IDENTITY_SCOPES : []),
      ...apiScopes.map(({ name }) => name),
    ],
    response_types_supported: listResponseTypes(tenant),
    response_modes_supported: paths.authorize && RESPONSE_MODES,
    grant_types_supported: listGrantNames(tenant),
    token_endpoint_auth_methods_supported: paths.token && CLIENT_AUTH_METHODS,
    revocation_endpoint: url(paths.revoke),
    revocation_endpoint_auth_methods_supported: paths.revoke && CLIENT_AUTH_METHODS,
    introspection_endpoint: issuer + paths.introspect,
    introspection_endpoint_auth_methods_supported: CLIENT_SECRET_METHODS,
    code_challenge_methods_supported: paths.authorize && policy.pkce.methods,
    // RFC 9207 §3
    authorization_response_iss_parameter_supported: rules.issuerInResponses,
    // RFC 9728 §4
    protected_resources: resourceServers.map(({ audience }) => audience),
    // OIDC Discovery §3 demands both of whoever has an authorization endpoint, and strict parsers read nothing without
    // them; where there is no OpenID Connect, they describe ID tokens that nobody is given.
    subject_types_supported: paths.authorize && ['public'],
    id_token_signing_alg_values_supported:
      paths.authorize && (rules.openId ? ID_TOKEN_ALGORITHMS : ['RS256']),
    ...(rules.openId && describeOpenId(tenant, contract)),
    // Ours: what the scopes of the APIs let an app do, by language
    scope_descriptions: Object.fromEntries(
      apiScopes.map(({ name, description }) => [name, description]),
    ),
    // Ours: the feed of revocations that APIs follow
    revocation_feed_endpoint: issuer + paths.revocations,
    // Ours: the secret keys of an API, where it has its own
    resource_keys_endpoint: rules.jwt.keyPerApi ? issuer + paths.resourceKeys : undefined,
    // Ours: the versions of the API, and where it tells who uses them
    api_versions_endpoint: tenant.apiVersions && issuer + paths.apiVersions,
    version_usage_endpoint: tenant.apiVersions && issuer + paths.versionUsage,
  }
}

/** RFC 7591 §2: `implicit` is a grant type, too, though the token endpoint knows nothing of it. */
function listGrantNames(tenant: Tenant): readonly string[] {
  const names = listGrantTypeNames(tenant)
  return listResponseTypes(tenant).includes('token') ? [...names, 'implicit'] : names
}

/** OIDC Discovery §3 */
function describeOpenId({ issuer }: Tenant, { paths }: Contract) {
  return {
    userinfo_endpoint: paths.userinfo && issuer + paths.userinfo,
    end_session_endpoint: issuer + paths.signOut,
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
  }
}
