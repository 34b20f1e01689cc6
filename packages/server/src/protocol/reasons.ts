// Owns every way a request can be refused, as data: few public codes, many private reasons, one table between them.

/** Public error code -> HTTP status when it is answered as JSON, and the section that defines it. */
export const ERROR_CODES = {
  invalid_request: { status: 400, section: 'RFC 6749 §5.2' },
  invalid_client: { status: 401, section: 'RFC 6749 §5.2' },
  invalid_grant: { status: 400, section: 'RFC 6749 §5.2' },
  unauthorized_client: { status: 400, section: 'RFC 6749 §5.2' },
  unsupported_grant_type: { status: 400, section: 'RFC 6749 §5.2' },
  unsupported_response_type: { status: 400, section: 'RFC 6749 §4.1.2.1' },
  invalid_scope: { status: 400, section: 'RFC 6749 §5.2' },
  invalid_target: { status: 400, section: 'RFC 8707 §2' },
  invalid_token: { status: 401, section: 'RFC 6750 §3.1' },
  insufficient_scope: { status: 403, section: 'RFC 6750 §3.1' },
  access_denied: { status: 403, section: 'RFC 6749 §4.1.2.1' },
  login_required: { status: 400, section: 'OIDC Core §3.1.2.6' },
  consent_required: { status: 400, section: 'OIDC Core §3.1.2.6' },
  request_not_supported: { status: 400, section: 'OIDC Core §3.1.2.6' },
  request_uri_not_supported: { status: 400, section: 'OIDC Core §3.1.2.6' },
  unsupported_version: { status: 400, section: 'RFC 6749 §8.5' },
  too_many_requests: { status: 429, section: 'RFC 6585 §4' },
  temporarily_unavailable: { status: 503, section: 'RFC 6749 §4.1.2.1' },
  server_error: { status: 500, section: 'RFC 6749 §4.1.2.1' },
} as const satisfies Record<string, { status: number; section: string }>

export type ErrorCode = keyof typeof ERROR_CODES

type ReasonEntry = { code: ErrorCode; description: string }

/**
 * Private reason -> public code and the description that goes with it. Reasons that would tell an
 * attacker which guess was nearer share one description.
 */
export const REASONS = {
  // The request itself
  parameter_missing: { code: 'invalid_request', description: 'A required parameter is missing.' },
  parameter_repeated: {
    code: 'invalid_request',
    description: 'A parameter is given more than once.',
  },
  parameter_too_long: { code: 'invalid_request', description: 'A parameter is too long.' },
  parameter_malformed: {
    code: 'invalid_request',
    description: 'A parameter has a value that is not allowed.',
  },
  too_many_parameters: {
    code: 'invalid_request',
    description: 'The request has too many or too long parameters.',
  },
  encoding_invalid: {
    code: 'invalid_request',
    description: 'The request is not valid UTF-8 form data.',
  },
  query_with_body: {
    code: 'invalid_request',
    description: 'Send the parameters of a POST in its body, not in the URL.',
  },
  content_type_unsupported: {
    code: 'invalid_request',
    description: 'The content type of the request body is not accepted here.',
  },
  transport_insecure: {
    code: 'invalid_request',
    description: 'This endpoint is only served over https.',
  },

  // Client authentication
  client_unknown: { code: 'invalid_client', description: 'Client authentication failed.' },
  client_disabled: { code: 'invalid_client', description: 'Client authentication failed.' },
  client_secret_wrong: { code: 'invalid_client', description: 'Client authentication failed.' },
  client_credentials_missing: {
    code: 'invalid_client',
    description: 'Client authentication is required.',
  },
  client_method_wrong: {
    code: 'invalid_client',
    description: 'The client must use the authentication method it is registered for.',
  },
  client_credentials_malformed: {
    code: 'invalid_client',
    description: 'The Authorization header is malformed.',
  },
  client_id_contradictory: {
    code: 'invalid_client',
    description: 'The client_id is not that of the Authorization header.',
  },
  client_is_no_api: {
    code: 'access_denied',
    description: 'This endpoint is for APIs with credentials of their own.',
  },
  client_methods_several: {
    code: 'invalid_request',
    description: 'Use exactly one client authentication method.',
  },

  // Grants
  grant_type_unknown: {
    code: 'unsupported_grant_type',
    description: 'This grant type is not supported.',
  },
  grant_type_forbidden: {
    code: 'unauthorized_client',
    description: 'The client may not use this grant type.',
  },
  code_unknown: {
    code: 'invalid_grant',
    description: 'The authorization code is invalid, expired or already used.',
  },
  code_expired: {
    code: 'invalid_grant',
    description: 'The authorization code is invalid, expired or already used.',
  },
  code_repeated: {
    code: 'invalid_grant',
    description: 'The authorization code is invalid, expired or already used.',
  },
  code_replayed: {
    code: 'invalid_grant',
    description: 'The authorization code is invalid, expired or already used.',
  },
  code_of_other_client: {
    code: 'invalid_grant',
    description: 'The authorization code is invalid, expired or already used.',
  },
  redirect_uri_differs: {
    code: 'invalid_grant',
    description: 'The redirect_uri differs from the one of the authorization request.',
  },
  code_verifier_missing: {
    code: 'invalid_grant',
    description: 'The code_verifier is missing or does not match.',
  },
  code_verifier_wrong: {
    code: 'invalid_grant',
    description: 'The code_verifier is missing or does not match.',
  },
  code_verifier_unexpected: {
    code: 'invalid_grant',
    description: 'A code_verifier was sent, but the authorization request had no code_challenge.',
  },
  refresh_token_unknown: {
    code: 'invalid_grant',
    description: 'The refresh token is invalid, expired or revoked.',
  },
  refresh_token_expired: {
    code: 'invalid_grant',
    description: 'The refresh token is invalid, expired or revoked.',
  },
  refresh_token_reused: {
    code: 'invalid_grant',
    description: 'The refresh token is invalid, expired or revoked.',
  },
  refresh_token_of_other_client: {
    code: 'invalid_grant',
    description: 'The refresh token is invalid, expired or revoked.',
  },
  refresh_retry_differs: {
    code: 'invalid_grant',
    description: 'A retry must repeat the scope and resource of the first request.',
  },
  grant_revoked: {
    code: 'invalid_grant',
    description: 'The refresh token is invalid, expired or revoked.',
  },

  // Legacy allowances
  legacy_not_allowed: {
    code: 'unauthorized_client',
    description: 'The client has no permission for this legacy feature.',
  },
  legacy_ended: {
    code: 'unauthorized_client',
    description: 'The permission of the client for this legacy feature has ended.',
  },
  password_grant_refused: {
    code: 'invalid_grant',
    description: 'The user name or the password is wrong.',
  },
  json_invalid: {
    code: 'invalid_request',
    description: 'The request body must be one JSON object whose members have the right types.',
  },
  sources_several: {
    code: 'invalid_request',
    description: 'Send all parameters in one place: the body or the URL.',
  },

  // Scopes and resources
  scope_malformed: { code: 'invalid_scope', description: 'The scope is malformed.' },
  scope_missing: {
    code: 'invalid_scope',
    description: 'The client is registered for no scopes.',
  },
  scope_unknown: {
    code: 'invalid_scope',
    description: 'A requested scope does not exist.',
  },
  scope_not_allowed: {
    code: 'invalid_scope',
    description: 'The client is not registered for a requested scope.',
  },
  scope_not_granted: {
    code: 'invalid_scope',
    description: 'The requested scope is wider than the one granted.',
  },
  scope_not_of_resource: {
    code: 'invalid_scope',
    description: 'A requested scope does not belong to the requested resource.',
  },
  resource_malformed: {
    code: 'invalid_target',
    description: 'A resource must be an absolute URI without fragment.',
  },
  resource_unknown: {
    code: 'invalid_target',
    description: 'The requested resource is unknown or not available.',
  },

  // Application keys and identity JWTs
  application_key_missing: {
    code: 'invalid_client',
    description: 'Send the application key as the user name of HTTP Basic, with an empty password.',
  },
  application_key_unknown: {
    code: 'invalid_client',
    description: 'The application key, or what stands for the consumer, is not valid.',
  },
  application_key_expired: {
    code: 'invalid_client',
    description: 'The application key, or what stands for the consumer, is not valid.',
  },
  consumer_unknown: {
    code: 'invalid_client',
    description: 'The application key, or what stands for the consumer, is not valid.',
  },
  consumer_disabled: {
    code: 'invalid_client',
    description: 'The application key, or what stands for the consumer, is not valid.',
  },
  pass_code_wrong: {
    code: 'invalid_client',
    description: 'The application key, or what stands for the consumer, is not valid.',
  },
  identity_issuer_unknown: {
    code: 'invalid_client',
    description: 'The application key, or what stands for the consumer, is not valid.',
  },
  identity_jwt_invalid: {
    code: 'invalid_client',
    description: 'The application key, or what stands for the consumer, is not valid.',
  },
  identity_jwt_replayed: {
    code: 'invalid_client',
    description: 'The application key, or what stands for the consumer, is not valid.',
  },
  application_key_suspended: {
    code: 'access_denied',
    description: 'The application key is suspended.',
  },
  consumer_of_other_organisation: {
    code: 'access_denied',
    description: 'The consumer does not belong to the organisation.',
  },
  unit_not_allowed: {
    code: 'access_denied',
    description: 'This unit is not one that the token could be for.',
  },
  exchange_contradictory: {
    code: 'invalid_request',
    description: 'Parameters contradict each other: send those of one kind of exchange.',
  },
  parameter_unknown: {
    code: 'invalid_request',
    description: 'The request has a parameter that is not known here.',
  },
  subject_token_refused: {
    code: 'invalid_request',
    description: 'The subject_token is not valid, or not for this organisation or unit.',
  },
  issuer_keys_unavailable: {
    code: 'temporarily_unavailable',
    description: 'The service is temporarily unavailable.',
  },

  // Versions of the API
  version_unsupported: {
    code: 'unsupported_version',
    description: 'Name one of the supported versions in the header X-VERSION.',
  },

  // Authorization endpoint
  codes_too_many: {
    code: 'temporarily_unavailable',
    description: 'The client has asked too often for this user. Wait a minute, then ask again.',
  },
  response_type_unknown: {
    code: 'unsupported_response_type',
    description: 'This response type is not supported.',
  },
  response_mode_unknown: {
    code: 'invalid_request',
    description: 'This response mode is not supported.',
  },
  code_challenge_missing: {
    code: 'invalid_request',
    description: 'PKCE is required: send code_challenge with code_challenge_method=S256.',
  },
  code_challenge_malformed: {
    code: 'invalid_request',
    description: 'The code_challenge is malformed.',
  },
  code_challenge_method_unknown: {
    code: 'invalid_request',
    description: 'Name a code_challenge_method that is supported.',
  },
  prompt_malformed: {
    code: 'invalid_request',
    description: 'The prompt has an unknown value, or combines none with another.',
  },
  max_age_malformed: {
    code: 'invalid_request',
    description: 'The max_age must be a whole number of seconds.',
  },
  id_token_hint_invalid: {
    code: 'invalid_request',
    description: 'The id_token_hint is not an ID token of this client.',
  },
  request_object_unsupported: {
    code: 'request_not_supported',
    description: 'Request objects are not supported.',
  },
  request_uri_unsupported: {
    code: 'request_uri_not_supported',
    description: 'The request_uri parameter is not supported.',
  },
  user_denied: { code: 'access_denied', description: 'The user denied the request.' },
  sign_in_needed: { code: 'login_required', description: 'The user must sign in.' },
  consent_needed: { code: 'consent_required', description: 'The user must give consent.' },

  // Bearer tokens at our own endpoints
  bearer_missing: { code: 'invalid_token', description: 'An access token is required.' },
  bearer_invalid: {
    code: 'invalid_token',
    description: 'The access token is invalid, expired or revoked.',
  },
  bearer_in_several_places: {
    code: 'invalid_request',
    description: 'Send the access token in one place only.',
  },
  bearer_without_openid: {
    code: 'insufficient_scope',
    description: 'The access token lacks the scope openid.',
  },

  // Limits and failures
  guessing: {
    code: 'too_many_requests',
    description: 'Too many failed attempts. Wait before trying again.',
  },
  revocations_too_many: {
    code: 'too_many_requests',
    description:
      'The client has revoked too many tokens of its own lately. This one is still valid: wait, then revoke it again.',
  },
  store_unavailable: {
    code: 'temporarily_unavailable',
    description: 'The service is temporarily unavailable.',
  },
  overloaded: {
    code: 'temporarily_unavailable',
    description: 'The service is temporarily unavailable.',
  },
  turned_away: {
    code: 'temporarily_unavailable',
    description: 'The service is temporarily unavailable.',
  },
  unexpected: { code: 'server_error', description: 'Something went wrong on our side.' },
} as const satisfies Record<string, ReasonEntry>

export type Reason = keyof typeof REASONS
