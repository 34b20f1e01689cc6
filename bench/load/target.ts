// What the load generator is told about a subject: addresses, credentials and sessions, as plain data. A part that is
// missing is an operation that the subject does not have.

export interface Call {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
}

/** What the probe does wrong may cost a user the grant. */
export const PROBE_SESSIONS = 3

export interface CodeFlow extends CodeFlowApp {
  /** Further apps that the users have allowed, where a user's use of one app has limits. */
  readonly furtherApps?: readonly CodeFlowApp[]
  /** The `Cookie` headers of users who are signed in and have allowed the app; the first ones are for the probe. */
  readonly sessions: readonly string[]
}

export interface CodeFlowApp {
  /** GET, with everything in its query but `code_challenge`. */
  readonly authorize: Call
  /** The form but `code` and `code_verifier`. */
  readonly token: Call
}

export interface Machine {
  /** Gives it an opaque token. */
  readonly token: Call
  /** The form but `token`. */
  readonly revocation: Call
}

export interface Target {
  readonly host: string
  readonly port: number
  readonly clientCredentials: { readonly jwt?: Call; readonly opaque?: Call }
  readonly codeFlow?: CodeFlow
  /** The form but `refresh_token`. */
  readonly refresh?: Call
  /** The form but `token`. */
  readonly introspection?: Call
  /** Opaque access tokens as the subject could have issued them, but has not. */
  readonly unknownTokens?: readonly string[]
  /** The form but `token`. */
  readonly revocation?: Call
  /** Further apps that take turns with the first, where there is a limit to what one may revoke. */
  readonly furtherMachines?: readonly Machine[]
  readonly discovery?: Call
  readonly jwks?: Call
}
