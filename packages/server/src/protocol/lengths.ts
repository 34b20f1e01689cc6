// The longest value of each parameter and header, whatever endpoint, contract or encoding it comes by. Strangers choose
// these texts, and some of what is done with a text costs the square of its length: so it is measured before any work.
// Lengths are in UTF-16 code units, which count at once; a character is one or two of them.

import { OAuthError } from './errors.ts'

/** Sealed state of pages, tokens of any kind, and what is refused by its own rule without being looked at. */
export const LONGEST_VALUE = 16_384
const URI = 2048
const WORD = 256
/** Of what no row names: extensions of the protocol, which are ignored. */
const UNNAMED = 4096

const ROWS: Readonly<Record<string, number>> = {
  // What a page carries along, sealed: as long as the request that it comes back to.
  interaction: LONGEST_VALUE,
  draft: LONGEST_VALUE,
  done: LONGEST_VALUE,

  // Tokens: a JWT grows with its scopes.
  access_token: LONGEST_VALUE,
  client_assertion: LONGEST_VALUE,
  id_token_hint: LONGEST_VALUE,
  jwt: LONGEST_VALUE,
  refresh_token: LONGEST_VALUE,
  request: LONGEST_VALUE,
  subject_token: LONGEST_VALUE,
  token: LONGEST_VALUE,

  // A name or password that nobody can have is answered like any other wrong one, in the same time.
  identifier: LONGEST_VALUE,
  pass_code: LONGEST_VALUE,
  password: LONGEST_VALUE,
  username: LONGEST_VALUE,

  // OAuth 2.0 and OpenID Connect.
  acr_values: 1024,
  authentication_code: 512,
  client_id: URI,
  client_secret: 1024,
  code: 1024,
  code_challenge: WORD,
  code_challenge_method: WORD,
  code_verifier: WORD,
  grant_type: WORD,
  login_hint: 1024,
  max_age: WORD,
  nonce: 2048,
  organisation: WORD,
  post_logout_redirect_uri: URI,
  prompt: WORD,
  redirect_uri: URI,
  request_uri: URI,
  requested_token_type: WORD,
  resource: URI,
  response_mode: WORD,
  response_type: WORD,
  scope: 8192,
  /** Clients keep a whole state of theirs in it, and get it back unchanged. */
  state: 8192,
  subject_token_type: WORD,
  token_type_hint: WORD,
  ui_locales: 1024,
  unit: WORD,

  // The forms of our own pages.
  account: WORD,
  after: WORD,
  app: URI,
  decision: WORD,
  /** Where in a list a page goes on: the key of an item, encoded. */
  from: URI,
  name: 512,
  reason: 1024,
  redirect_uris: LONGEST_VALUE,
  secret: 1024,
  secret_name: 512,
  section: WORD,
  typed_name: 512,
}

const HEADERS: Readonly<Record<string, number>> = {
  'accept-language': 1024,
  authorization: LONGEST_VALUE + WORD,
  cookie: LONGEST_VALUE + 8192,
  origin: URI,
  'user-agent': 2048,
  'x-version': WORD,
}

const MAX_LENGTHS = new Map(Object.entries(ROWS))
const HEADER_LENGTHS = Object.entries(HEADERS)
const MAX_NAME_LENGTH = 128

export function maxLengthOf(parameter: string): number {
  return MAX_LENGTHS.get(parameter) ?? UNNAMED
}

/** Whether any endpoint gives it a meaning. */
export function isKnownParameter(name: string): boolean {
  return MAX_LENGTHS.has(name)
}

/** @throws OAuthError parameter_too_long */
export function checkLength(name: string, value: string): void {
  if (name.length > MAX_NAME_LENGTH) throw new OAuthError('parameter_too_long')
  if (value.length <= maxLengthOf(name)) return
  throw new OAuthError('parameter_too_long', MAX_LENGTHS.has(name) ? { parameter: name } : {})
}

/** @throws OAuthError parameter_too_long, which names the header */
export function checkHeaderLengths(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): void {
  for (const [name, longest] of HEADER_LENGTHS) {
    const value = headers[name]
    if (value !== undefined && value.length > longest) {
      throw new OAuthError('parameter_too_long', { parameter: name })
    }
  }
}
