// The list of attacks: what each number stands for, and the file with its first proof, below packages/. Every row has
// a test whose name starts with its number; the finder of test/spec/attack-rows.test.ts sees to that.

export interface Row {
  readonly title: string
  readonly proof: string
  /** What it attacks does not exist: then the proof shows that nobody can use it by accident. */
  readonly notOffered?: string
}

export const ROWS: Readonly<Record<string, Row>> = {
  // Codes, PKCE, redirect URIs
  A1: { title: 'a code used twice', proof: 'server/test/attacks/checks/codes.ts' },
  A2: {
    title: 'a code used again by who only saw it, to end the tokens of its owner',
    proof: 'server/test/attacks/checks/codes.ts',
  },
  A3: { title: 'one code used many times at once', proof: 'server/test/attacks/checks/codes.ts' },
  A4: { title: 'an old code', proof: 'server/test/attacks/checks/codes.ts' },
  A5: {
    title: 'a code used by another app, or with another redirect URI',
    proof: 'server/test/attacks/checks/codes.ts',
  },
  A6: { title: 'PKCE left out', proof: 'server/test/attacks/checks/pkce.ts' },
  A7: { title: 'PKCE weakened', proof: 'server/test/attacks/checks/pkce.ts' },
  A8: {
    title: 'a verifier of another length or alphabet',
    proof: 'server/test/attacks/checks/pkce.ts',
  },
  A9: { title: 'the same challenge for every user', proof: 'server/test/attacks/codes.test.ts' },
  A10: {
    title: 'a redirect URI with another path or query',
    proof: 'server/test/attacks/checks/redirect-uris.ts',
  },
  A11: {
    title: 'a redirect URI with a user before its host',
    proof: 'server/test/attacks/checks/redirect-uris.ts',
  },
  A12: {
    title: 'a redirect URI with a fragment, a backslash or control characters',
    proof: 'server/test/attacks/checks/redirect-uris.ts',
  },
  A13: {
    title: 'a redirect URI with letters that look like others',
    proof: 'server/test/attacks/checks/redirect-uris.ts',
  },
  A14: {
    title: 'a redirect URI that is code, or is not encrypted',
    proof: 'server/test/attacks/checks/redirect-uris.ts',
  },
  A15: {
    title: 'a redirect URI on the device',
    proof: 'server/test/attacks/checks/redirect-uris.ts',
  },
  A16: {
    title: 'an unknown app, or a redirect URI that nobody registered',
    proof: 'server/test/attacks/checks/redirect-uris.ts',
  },
  A17: {
    title: 'the server as a way to send users anywhere',
    proof: 'server/test/attacks/checks/redirect-uris.ts',
  },
  A18: {
    title: 'a fragment that comes along with the answer',
    proof: 'server/test/attacks/checks/front-channel.ts',
  },
  A19: {
    title: 'a form that the browser sends on to the app',
    proof: 'server/test/attacks/checks/front-channel.ts',
  },
  A20: {
    title: 'a code planted in the session of another user',
    proof: 'server/test/attacks/checks/codes.ts',
  },
  A21: {
    title: 'one server taken for another',
    proof: 'server/test/attacks/checks/front-channel.ts',
  },
  A22: {
    title: 'tokens by way of the browser, or for a password',
    proof: 'server/test/attacks/checks/front-channel.ts',
  },
  A23: {
    title: 'requests that were pushed, or are named by an address',
    proof: 'server/test/attacks/checks/front-channel.ts',
    notOffered: 'requests cannot be pushed',
  },
  A24: {
    title: 'an answer read on its way to the app',
    proof: 'server/test/attacks/checks/codes.ts',
  },
  A25: {
    title: 'authorizations without end that no user is asked for',
    proof: 'server/test/attacks/codes.test.ts',
  },
  // Tokens
  B1: {
    title: 'a refresh token used twice',
    proof: 'server/test/attacks/checks/refresh-tokens.ts',
  },
  B2: {
    title: 'one refresh token used many times at once',
    proof: 'server/test/attacks/checks/refresh-tokens.ts',
  },
  B3: {
    title: 'two that hold the same refresh token',
    proof: 'server/test/attacks/checks/refresh-tokens.ts',
  },
  B4: {
    title: 'an answer to a refresh that got lost',
    proof: 'server/test/attacks/checks/refresh-tokens.ts',
  },
  B5: {
    title: 'a refresh that asks for more than was granted',
    proof: 'server/test/attacks/checks/refresh-tokens.ts',
  },
  B6: {
    title: 'a refresh token of another app, or after its reason is gone',
    proof: 'server/test/attacks/checks/refresh-tokens.ts',
  },
  B7: {
    title: 'a refresh token that is kept alive for ever',
    proof: 'server/test/attacks/checks/refresh-tokens.ts',
  },
  B8: { title: 'a guessed code, token or session', proof: 'server/test/attacks/checks/tokens.ts' },
  B9: { title: 'an access token in a URL', proof: 'server/test/attacks/checks/tokens.ts' },
  B10: {
    title: 'a JWT that is not signed, or with what is public',
    proof: 'server/test/attacks/checks/tokens.ts',
  },
  B11: {
    title: 'a JWT that brings or chooses its key',
    proof: 'server/test/attacks/checks/tokens.ts',
  },
  B12: {
    title: 'one kind of token taken for another',
    proof: 'server/test/attacks/checks/tokens.ts',
  },
  B13: {
    title: 'a token taken to an API that it is not for',
    proof: 'server/test/attacks/tokens-of-every-contract.test.ts',
  },
  B14: { title: 'an app that passes for a user', proof: 'server/test/attacks/checks/tokens.ts' },
  B15: {
    title: 'a stolen token that is bound to a key',
    proof: 'server/test/attacks/checks/tokens.ts',
    notOffered: 'tokens are not bound to keys',
  },
  B16: { title: 'a clock that goes wrong', proof: 'server/test/attacks/identity-jwts.test.ts' },
  B17: {
    title: 'an assertion used twice, or meant for others',
    proof: 'server/test/attacks/identity-jwts.test.ts',
  },
  B18: {
    title: 'asking about the tokens of others',
    proof: 'server/test/attacks/checks/tokens.ts',
  },
  B19: {
    title: 'secrets in logs, histories and Referer headers',
    proof: 'server/test/attacks/checks/transport.ts',
  },
  B20: {
    title: 'an API that is not what it says, or says it wrongly',
    proof: 'resource/test/challenge.test.ts',
  },
  B21: {
    title: 'a token that comes back to life',
    proof: 'server/test/attacks/checks/endings.ts',
  },
  B22: {
    title: 'tokens fetched while their app is being ended',
    proof: 'server/test/attacks/checks/endings.ts',
  },
  B23: {
    title: 'a feed of revocations that goes back, or tells too much',
    proof: 'server/test/attacks/checks/endings.ts',
  },
  B24: {
    title: 'made-up tokens that push good ones out of the memory of an API',
    proof: 'resource/test/introspection.test.ts',
  },
  // Apps
  C1: {
    title: 'two ways of authenticating an app at once',
    proof: 'server/test/attacks/checks/clients.ts',
  },
  C2: {
    title: 'the wrong way of authenticating an app',
    proof: 'server/test/attacks/checks/clients.ts',
  },
  C3: {
    title: 'a secret measured by the time of its comparison',
    proof: 'server/test/attacks/clients.test.ts',
  },
  C4: { title: 'a secret guessed', proof: 'server/test/attacks/checks/clients.ts' },
  C5: {
    title: 'registration used to fill the server or to gain rights',
    proof: 'server/test/attacks/checks/metadata.ts',
    notOffered: 'apps are registered by operators and account holders',
  },
  C6: {
    title: 'the registration of another app changed',
    proof: 'server/test/attacks/checks/metadata.ts',
    notOffered: 'apps are registered by operators and account holders',
  },
  C7: {
    title: 'an address that the server fetches for a stranger',
    proof: 'server/test/attacks/checks/clients.ts',
  },
  C8: {
    title: 'a client id that is the address of a document',
    proof: 'server/test/attacks/checks/clients.ts',
    notOffered: 'a client id is no address',
  },
  C9: { title: 'a consent page that deceives', proof: 'server/test/attacks/checks/pages.ts' },
  C10: {
    title: 'consent skipped for an app that cannot prove who it is',
    proof: 'server/test/attacks/checks/sessions.ts',
  },
  C11: {
    title: 'a sign-in elsewhere that serves another app',
    proof: 'server/test/attacks/checks/metadata.ts',
    notOffered: 'users sign in with this server alone',
  },
  C12: {
    title: 'the apps of another developer',
    proof: 'server/test/flows/developer-apps.test.ts',
  },
  C13: {
    title: 'the name of an app that passes for another',
    proof: 'server/test/attacks/checks/pages.ts',
  },
  C14: {
    title: 'an organisation kept out by who guesses with its key',
    proof: 'server/test/attacks/checks/guessing.ts',
  },
  C15: {
    title: 'the consumers of another organisation',
    proof: 'server/test/attacks/checks/guessing.ts',
  },
  // Users, sessions, pages
  D1: { title: 'a page in a frame', proof: 'server/test/attacks/checks/sessions.ts' },
  D2: { title: 'a form that another site sends', proof: 'server/test/attacks/checks/sessions.ts' },
  D3: {
    title: 'a sign-in that swaps the account',
    proof: 'server/test/attacks/checks/sessions.ts',
  },
  D4: { title: 'a session that was planted', proof: 'server/test/attacks/checks/sessions.ts' },
  D5: {
    title: 'a sign-out that nobody asked for',
    proof: 'server/test/attacks/checks/sessions.ts',
  },
  D6: { title: 'finding out who has an account', proof: 'server/test/attacks/sign-in.test.ts' },
  D7: { title: 'a password guessed', proof: 'server/test/attacks/sign-in.test.ts' },
  D8: { title: 'hashing passwords as a weapon', proof: 'server/test/attacks/sign-in.test.ts' },
  D9: {
    title: 'a question to the user that is skipped',
    proof: 'server/test/attacks/checks/sessions.ts',
  },
  D10: { title: 'text that wants to be markup', proof: 'server/test/attacks/checks/pages.ts' },
  D11: {
    title: 'a device code guessed, or talked out of a user',
    proof: 'server/test/attacks/checks/metadata.ts',
    notOffered: 'there are no device codes',
  },
  D12: { title: 'a window that watches another', proof: 'server/test/attacks/checks/pages.ts' },
  D13: {
    title: 'an app that was allowed, and then sends users somewhere else',
    proof: 'server/test/attacks/consents.test.ts',
  },
  D14: {
    title: 'a question that changes between page and answer',
    proof: 'server/test/attacks/consents.test.ts',
  },
  D15: {
    title: 'an app that is told about another user than it asked for',
    proof: 'server/test/attacks/checks/sessions.ts',
  },
  D16: {
    title: 'an owner kept out by strangers who guess',
    proof: 'server/test/attacks/checks/guessing.ts',
  },
  D17: {
    title: 'right credentials taken for guesses',
    proof: 'server/test/attacks/checks/guessing.ts',
  },
  D18: {
    title: 'a person found by an e-mail address',
    proof: 'server/test/attacks/sign-in.test.ts',
  },
  // HTTP and platform
  E1: { title: 'a parameter sent twice', proof: 'server/test/attacks/checks/requests.ts' },
  E2: {
    title: 'a list or an object for a parameter',
    proof: 'server/test/attacks/checks/requests.ts',
  },
  E3: { title: 'JSON that reaches a prototype', proof: 'server/test/attacks/checks/requests.ts' },
  E4: {
    title: 'a body that is too large, too deep or too slow',
    proof: 'server/test/attacks/checks/transport.ts',
  },
  E5: {
    title: 'a text that costs a parser much',
    proof: 'server/test/attacks/checks/transport.ts',
  },
  E6: {
    title: 'line ends that split headers and logs',
    proof: 'server/test/attacks/checks/transport.ts',
  },
  E7: { title: 'a forged host', proof: 'server/test/attacks/checks/transport.ts' },
  E8: {
    title: 'answers read by the pages of other sites',
    proof: 'server/test/attacks/checks/transport.ts',
  },
  E9: { title: 'answers kept in a cache', proof: 'server/test/attacks/checks/transport.ts' },
  E10: {
    title: 'another method than the documented one',
    proof: 'server/test/attacks/checks/requests.ts',
  },
  E11: { title: 'a body of another type', proof: 'server/test/attacks/checks/requests.ts' },
  E12: { title: 'a request of ambiguous length', proof: 'server/test/attacks/checks/transport.ts' },
  E13: { title: 'text that is none', proof: 'server/test/attacks/checks/requests.ts' },
  E14: { title: 'another spelling of a path', proof: 'server/test/attacks/checks/transport.ts' },
  E15: {
    title: 'errors that tell too much, or let through',
    proof: 'server/test/attacks/checks/transport.ts',
  },
  E16: { title: 'SQL in a parameter', proof: 'server/test/attacks/checks/requests.ts' },
  E17: { title: 'plain http', proof: 'server/test/attacks/http-answers.test.ts' },
  E18: {
    title: 'one request whose text costs more than its length',
    proof: 'server/test/attacks/costly-texts.test.ts',
  },
  E19: {
    title: 'counts and events that a stranger makes up for an app',
    proof: 'server/test/attacks/codes.test.ts',
  },
  E20: {
    title: 'an app that fills what every API has to remember',
    proof: 'server/test/attacks/checks/load.ts',
  },
  E21: {
    title: 'a stranger who holds all the requests that wait for news',
    proof: 'server/test/attacks/checks/load.ts',
  },
}

/** Published weaknesses of other servers that are replayed -> the row that they belong to. */
export const PUBLISHED: Readonly<Record<string, string>> = {
  'CVE-2020-15233': 'A15',
  'CVE-2020-15234': 'A10',
  'CVE-2020-26938': 'A14',
  'CVE-2022-3782': 'A10',
  'CVE-2023-48228': 'A7',
  'CVE-2024-1132': 'A10',
  'CVE-2024-8883': 'A11',
  'CVE-2025-4143': 'A16',
  'CVE-2025-4144': 'A7',
  'CVE-2026-1035': 'B2',
  'CVE-2026-50631': 'A3',
  'CVE-2026-53517': 'B3',
  'CVE-2026-54072': 'A16',
  'CVE-2026-67333': 'A14',
  'CVE-2026-126280': 'A3',
  'GHSA-46c8-635v-68r2': 'C5',
  'GHSA-v3q9-2p3m-7g43': 'B17',
}
