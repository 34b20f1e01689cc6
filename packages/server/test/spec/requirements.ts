// What the specifications demand of us and we claim to do: section -> its requirements in our words.
// Each one needs a test of its own whose name, or whose group's name, starts with the section. They are those of the
// contract `standard`; what only the contract of a vendor has, or relaxes, says so.

export const REQUIREMENTS: Readonly<Record<string, readonly string[]>> = {
  // OAuth 2.0
  'RFC 6749 §2.3': ['a request uses at most one method of client authentication'],
  'RFC 6749 §2.3.1': [
    'HTTP Basic is accepted, with identifier and secret form-encoded inside it',
    'client credentials in the request URI are refused',
    'guessing client secrets is slowed down',
  ],
  'RFC 6749 §3.1': [
    'a parameter without a value counts as left out',
    'an unknown parameter is ignored',
    'a repeated parameter is refused',
  ],
  'RFC 6749 §3.1.1': ['a missing or unknown response_type is an error'],
  'RFC 6749 §3.1.2': ['a redirect URI is absolute and has no fragment'],
  'RFC 6749 §3.1.2.3': [
    'a client with several redirect URIs must name one of them',
    'a client with a single one may leave it out, where the contract says so',
  ],
  'RFC 6749 §3.1.2.4': ['an unregistered redirect URI is never redirected to'],
  'RFC 6749 §3.2': [
    'the token endpoint is for POST only',
    'a repeated parameter is refused at the token endpoint',
  ],
  'RFC 6749 §3.2.1': ['a confidential client authenticates at the token endpoint'],
  'RFC 6749 §3.3': [
    'the answer names the scope when it differs from what was asked for',
    'a request without scope gets the default scopes or is refused',
  ],
  'RFC 6749 §4.1.2': [
    'a code expires',
    'a code can be used once only',
    'a second use of a code revokes the tokens it gave',
    'state comes back exactly as it was sent',
  ],
  'RFC 6749 §4.1.2.1': [
    'an unknown client gets a page, never a redirect',
    'other errors are told to the client by redirect, with state',
    'a user who denies sends access_denied to the client',
  ],
  'RFC 6749 §4.1.3': [
    'a code is only for the client it was issued to',
    'a redirect_uri that was sent must be repeated identically',
  ],
  'RFC 6749 §4.2.1': ['a request for a token needs a known client and its redirect URI'],
  'RFC 6749 §4.2.2': [
    'a token goes to the client in the fragment, with type, lifetime, scope and state',
    'the implicit grant gives no refresh token',
    'who asked for no scope is told which one was granted',
  ],
  'RFC 6749 §4.2.2.1': [
    'a user who denies sends access_denied in the fragment',
    'other errors are in the fragment, too',
  ],
  'RFC 6749 §4.3.2': [
    'the password grant requires username and password',
    'a confidential client authenticates for the password grant',
    'the scope of the password grant is optional, and never wider than that of the client',
    'guessing passwords is slowed down',
  ],
  'RFC 6749 §4.3.3': [
    'the password grant answers with a token response',
    'a refresh token is for clients that may refresh',
  ],
  'RFC 6749 §4.4': ['client_credentials is for confidential clients only'],
  'RFC 6749 §4.4.3': ['client_credentials gives no refresh token'],
  'RFC 6749 §5.1': [
    'a token response is JSON with access_token, token_type and expires_in',
    'a token response is never cached',
  ],
  'RFC 6749 §5.2': [
    'an error is JSON with status 400',
    'a failed authentication is 401, with WWW-Authenticate for the scheme that was used',
    'a client may use only the grant types it is registered for',
    'an unknown grant type is unsupported_grant_type',
  ],
  'RFC 6749 §6': [
    'a refresh token is only for the client it was issued to',
    'a refresh cannot widen the scope',
    'a narrowed refresh leaves the scope of the grant as it was',
  ],
  'RFC 6749 §10.10': ['codes and tokens cannot be guessed'],

  // Bearer tokens
  'RFC 6750 §2': ['a request carries its token in one place only'],
  'RFC 6750 §2.1': ['the Authorization header is accepted'],
  'RFC 6750 §2.3': ['a token in the query is not accepted'],
  'RFC 6750 §3': ['a refused request gets WWW-Authenticate: Bearer'],
  'RFC 6750 §3.1': [
    'an invalid token is 401 invalid_token',
    'a token without the scope is 403 insufficient_scope',
    'a request without any token is told no error code',
  ],

  // Revocation
  'RFC 7009 §2.1': [
    'a client authenticates to revoke',
    'a client can revoke its own tokens only',
    'revoking a refresh token ends the access tokens of its grant',
    'a wrong token_type_hint does not hide the token',
  ],
  'RFC 7009 §2.2': ['an unknown token is answered with 200'],

  // Token exchange, and the JWTs of others
  'RFC 8693 §2.1': [
    'subject_token and subject_token_type are required',
    'what is not offered is refused, never left out in silence',
  ],
  'RFC 8693 §2.2.1': ['the answer names the type of the token that was issued'],
  'RFC 8693 §2.2.2': ['a wrong subject token is invalid_request'],
  'RFC 7515 §4.1.11': ['an extension that is not understood is refused'],
  'RFC 7519 §4.1': ['a registered claim of the wrong type is refused'],
  'RFC 8725 §3.1': ['a JWT with an unexpected algorithm is refused'],
  'RFC 8725 §3.2': ['where tokens are signed with a shared key, each API has its own'],
  'RFC 8725 §3.5': ['keys that are too weak are not pinned'],
  'RFC 8725 §3.8': ['an issuer is believed under its own keys, about its own subjects'],
  'RFC 8725 §3.9': ['the audience is the one that was agreed, and no other besides'],
  'RFC 8725 §3.10': ['the keys of a JWT come from places that were configured'],
  'RFC 8725 §3.11': ['another kind of JWT is refused'],

  // PKCE
  'RFC 7636 §4.1': ['a verifier has 43 to 128 unreserved characters'],
  'RFC 7636 §4.3': [
    'a challenge without a method is plain, where the contract has plain',
    'a challenge without a method is never plain elsewhere',
  ],
  'RFC 7636 §4.4.1': [
    'a request without code_challenge is invalid_request',
    'an unsupported code_challenge_method is invalid_request',
  ],
  'RFC 7636 §4.6': ['a verifier that does not match is invalid_grant'],

  // Introspection
  'RFC 7662 §2.1': ['the caller authenticates', 'introspection is for POST only'],
  'RFC 7662 §2.2': [
    'an active token is described with its scope, client, subject and expiry',
    'an inactive token is told nothing but active: false',
  ],
  'RFC 7662 §4': [
    'an expired or revoked token is inactive',
    'a token for another API is inactive to this one',
  ],

  // Native apps
  'RFC 8252 §6': ['a native app uses PKCE'],
  'RFC 8252 §7.1': ['a private-use scheme is a reversed domain name'],
  'RFC 8252 §7.3': ['a loopback redirect URI may use any port'],
  'RFC 8252 §8.4': ['apart from that port a redirect URI matches exactly'],
  'RFC 8252 §8.6': ['a native app does not get consent without the user'],

  // Metadata
  'RFC 8414 §2': ['the metadata has issuer, endpoints and response_types_supported'],
  'RFC 8414 §3': ['the well-known path goes between host and path of the issuer'],
  'RFC 8414 §3.2': ['the metadata is JSON and leaves out empty lists'],
  'RFC 8414 §3.3': ['the issuer in the metadata is the one it was asked for'],

  // Resource indicators
  'RFC 8707 §2': [
    'a resource that is no absolute URI is invalid_target',
    'an unknown resource is invalid_target',
    'the audience of a token is the resource that was asked for',
  ],
  'RFC 8707 §2.2': ['a token request can narrow the granted resources, not widen them'],

  // JWT access tokens
  'RFC 9068 §2.1': ['an access token is signed and has typ at+jwt'],
  'RFC 9068 §2.2': ['an access token has iss, exp, aud, sub, client_id, iat and jti'],
  'RFC 9068 §2.2.1': ['auth_time tells when the user signed in'],
  'RFC 9068 §2.2.3': ['the scope claim is the scope that was granted'],
  'RFC 9068 §3': ['without a resource the audience is the default one'],
  'RFC 9068 §4': [
    'an API refuses a token of another type',
    'an API refuses a token of another issuer',
    'an API refuses a token for another audience',
    'an API refuses a token with a wrong signature, or with none',
    'an API refuses an expired token',
  ],

  // JSON
  'RFC 8259 §4': ['a member that is given twice is refused'],
  'RFC 8259 §8.1': ['JSON is UTF-8, without a byte order mark'],

  // Versions of an API
  'RFC 9745 §2': ['a deprecated version says since when, as a date of structured fields'],
  'RFC 9745 §4': ['a version does not end before it is deprecated'],
  'RFC 8594 §3': ['a version that is going to end says when, as an HTTP date'],

  // Issuer identification
  'RFC 9207 §2': [
    'a successful authorization response carries iss',
    'an error response carries iss',
  ],
  'RFC 9207 §2.3': ['iss equals the issuer of the metadata'],
  'RFC 9207 §3': ['the metadata says that iss is sent'],

  // Security best current practice
  'RFC 9700 §2.1.1': ['every client uses PKCE with S256', 'the metadata names the PKCE methods'],
  'RFC 9700 §2.1.2': ['no token is issued by the authorization endpoint without an allowance'],
  'RFC 9700 §2.4': ['the password grant is not offered without an allowance'],
  'RFC 9700 §2.6': [
    'http redirect URIs are for loopback only',
    'the authorization endpoint does not answer cross-origin scripts',
  ],
  'RFC 9700 §4.1.3': ['redirect URIs are compared as plain strings'],
  'RFC 9700 §4.2.4': ['pages send no Referer'],
  'RFC 9700 §4.7.1': ['a decision cannot be posted from another site'],
  'RFC 9700 §4.8.2': ['a verifier without a challenge is refused'],
  'RFC 9700 §4.11.2': [
    'a bad client or redirect URI gets a page',
    'the user has signed in before an error leads away, except with prompt=none',
  ],
  'RFC 9700 §4.12': ['a form is answered with 303 or a page, never with 307'],
  'RFC 9700 §4.14.2': [
    'refresh tokens of public clients are rotated',
    'reuse of a refresh token ends the grant',
    'a refresh token expires when it is not used',
  ],
  'RFC 9700 §4.15.1': ['the subject of an app can never be the one of a user'],
  'RFC 9700 §4.16': ['pages cannot be framed'],

  // OpenID Connect
  'OIDC Core §2': ['an ID token has iss, sub, aud, exp, iat, and nonce when one was sent'],
  'OIDC Core §3.1.2.1': [
    'an authorization request may come by POST',
    'prompt=none never shows a page',
    'prompt=none cannot be combined',
    'max_age asks an older session to sign in again',
    'id_token_hint with another user signed in and prompt=none is login_required',
    'an id_token_hint that does not verify is an error',
  ],
  'OIDC Core §3.1.2.2': ['no token is about another user than id_token_hint names'],
  'OIDC Core §3.1.2.3': ['prompt=login asks a signed-in user to sign in again'],
  'OIDC Core §3.1.2.4': ['nothing is released before the user has given consent'],
  'OIDC Core §3.1.2.6': ['login_required and consent_required are told to the client'],
  'OIDC Core §3.1.3.3': ['the scope openid brings an ID token, and only that'],
  'OIDC Core §5.3': ['userinfo answers GET and POST with a bearer token'],
  'OIDC Core §5.3.2': ['userinfo always has sub, equal to the one of the ID token'],
  'OIDC Core §5.4': ['the scopes profile and email choose the claims'],
  'OIDC Core §6.1': ['a request object is refused with request_not_supported'],
  'OIDC Core §6.2': ['a request_uri is refused with request_uri_not_supported'],
  'OIDC Core §12.2': ['an ID token of a refresh keeps iss, sub and aud'],
}
