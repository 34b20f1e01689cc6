// Every way a token can be refused: many reasons for logs and tests, few public codes (RFC 6750 §3.1).

type ReasonEntry = {
  /** Public error code; undefined where RFC 6750 §3.1 wants none. */
  readonly code: string | undefined
  readonly statusCode: number
  readonly description: string
}

const REASONS = {
  // RFC 6750 §3.1: a request without a token gets a challenge without an error code.
  token_missing: {
    code: undefined,
    statusCode: 401,
    description: 'Send an access token in the header "Authorization: Bearer <token>".',
  },

  // The request presents a token in a way that cannot be read.
  authorization_malformed: {
    code: 'invalid_request',
    statusCode: 400,
    description: 'The Authorization header must be "Bearer", one space and one access token.',
  },
  token_too_long: {
    code: 'invalid_request',
    statusCode: 400,
    description: 'The access token is longer than any that this API accepts.',
  },
  token_in_several_places: {
    code: 'invalid_request',
    statusCode: 400,
    description: 'Send the access token in one place only: the Authorization header.',
  },

  // The token is not one that this API can accept.
  token_malformed: invalidToken('The access token is malformed.'),
  token_type_wrong: invalidToken('This is not an access token.'),
  algorithm_not_allowed: invalidToken('The access token is signed with an unaccepted algorithm.'),
  header_not_supported: invalidToken('The access token needs an extension not supported here.'),
  key_unknown: invalidToken('The access token is signed with an unknown key.'),
  signature_invalid: invalidToken('The signature of the access token is invalid.'),
  issuer_mismatch: invalidToken('The access token is from another issuer.'),
  audience_mismatch: invalidToken('The access token is for another API.'),
  claims_invalid: invalidToken('The access token lacks a required claim.'),
  token_expired: invalidToken('The access token has expired.'),
  token_not_yet_valid: invalidToken('The access token is not valid yet.'),
  token_revoked: invalidToken('The access token was revoked.'),
  token_inactive: invalidToken('The access token is unknown, expired or revoked.'),
  token_opaque: invalidToken('This API accepts only access tokens that are JWTs.'),
  token_sender_constrained: invalidToken(
    'The access token is bound to a key and cannot be used as a bearer token.',
  ),

  // The token is good, but not for this operation.
  scope_missing: {
    code: 'insufficient_scope',
    statusCode: 403,
    description: 'The access token lacks a scope that this operation needs.',
  },
  organisation_mismatch: accessDenied('The access token is not for this organisation.'),
  unit_mismatch: accessDenied('The access token is not for this unit.'),
  check_failed: accessDenied('The access token does not allow this operation.'),
  authentication_too_old: {
    code: 'insufficient_user_authentication',
    statusCode: 401,
    description: 'The user must have signed in more recently for this operation.',
  },

  // The token cannot be judged right now: never accepted on suspicion of being good.
  keys_unavailable: unavailable('The access token cannot be checked right now.'),
  introspection_unavailable: unavailable('The access token cannot be checked right now.'),
  revocations_unavailable: unavailable('The access token cannot be checked right now.'),
} as const satisfies Record<string, ReasonEntry>

function invalidToken(description: string) {
  return { code: 'invalid_token', statusCode: 401, description } as const
}

function accessDenied(description: string) {
  return { code: 'access_denied', statusCode: 403, description } as const
}

function unavailable(description: string) {
  return { code: 'temporarily_unavailable', statusCode: 503, description } as const
}

export type TokenErrorReason = keyof typeof REASONS

export interface TokenErrorDetail {
  /** For the log, never for the client: what exactly was wrong. */
  readonly detail?: string
  /** For the client, instead of the fixed text of the reason. */
  readonly description?: string
  /** All scopes that the operation needs. */
  readonly scopes?: readonly string[]
  /** How recent the user's sign-in must be (RFC 9470 §3). */
  readonly maxAgeSeconds?: number
  readonly cause?: unknown
}

/** A refused token. `code` and `description` go out, `reason`, `detail` and `cause` go to the log. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly reason: TokenErrorReason
  readonly code: string | undefined
  readonly statusCode: number
  readonly description: string
  readonly detail: string | undefined
  readonly scopes: readonly string[]
  readonly maxAgeSeconds: number | undefined

  constructor(reason: TokenErrorReason, detail: TokenErrorDetail = {}) {
    super(detail.detail ? `${reason}: ${detail.detail}` : reason, { cause: detail.cause })
    const entry: ReasonEntry = REASONS[reason]
    this.reason = reason
    this.code = entry.code
    this.statusCode = entry.statusCode
    this.description = detail.description ?? entry.description
    this.detail = detail.detail
    this.scopes = detail.scopes ?? []
    this.maxAgeSeconds = detail.maxAgeSeconds
  }
}
