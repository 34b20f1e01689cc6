// What a tenant decides about tokens, clients and sessions. A contract gives the defaults, the
// configuration may change them; the grants only read them.

import type { ChallengeMethod } from './pkce.ts'

/** HS256 is for APIs that have a secret key of their own; its keys are never published. */
export type SigningAlgorithm = IdTokenAlgorithm | 'HS256'

/** OIDC Discovery §3 demands RS256, and many clients know nothing else. */
export const ID_TOKEN_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const

export type IdTokenAlgorithm = (typeof ID_TOKEN_ALGORITHMS)[number]

export interface Policy {
  readonly accessToken: {
    readonly format: 'jwt' | 'opaque'
    readonly lifetimeSeconds: number
  }
  readonly refreshToken: {
    /** A token that is not used for so long expires. */
    readonly idleSeconds: number
    /** However often it is refreshed, a grant's refresh tokens end after so long. */
    readonly absoluteSeconds: number
    /** A retry with the token just used gets the same answer for so long. */
    readonly retryWindowSeconds: number
  }
  readonly code: {
    readonly lifetimeSeconds: number
    /** How many an app gets for one user, asked or not. */
    readonly perMinute: number
  }
  readonly pkce: {
    /** `all`: every client sends a challenge. `public`: only those without a secret must. */
    readonly requiredFor: 'all' | 'public'
    readonly methods: readonly ChallengeMethod[]
    /** Method that is meant when none is named (RFC 7636 §4.3 says plain); undefined refuses the omission. */
    readonly methodWhenOmitted: ChallengeMethod | undefined
    /** Whether a confidential client that used PKCE may redeem and refresh without its secret. */
    readonly insteadOfSecret: boolean
  }
  /** Whether a request may leave out `redirect_uri` when exactly one is registered (RFC 6749 §3.1.2.3). */
  readonly redirectUriOptional: boolean
  /** What becomes of a request for more scopes than the app is registered for: it gets those, or an error. */
  readonly scopesBeyond: 'narrow' | 'refuse'
  /** Whether an app that revokes a token has to ask the user before it gets another one. */
  readonly revocationEndsConsent: boolean
  /** Whether the answer to a revocation waits, for a second at most, for the APIs that follow the feed here. */
  readonly revocationWaitsForApis: boolean
  /** Whether a code that stands for a user is taken without an application key. */
  readonly codeWithoutKey: boolean
  readonly signing: {
    readonly algorithm: SigningAlgorithm
    readonly rotateEverySeconds: number
  }
  readonly session: {
    readonly idleSeconds: number
    readonly absoluteSeconds: number
  }
}

/** RFC 9700 §2.1.1 */
export function mustUsePkce(
  {
    type,
    requirePkce,
  }: { readonly type: 'confidential' | 'public'; readonly requirePkce: boolean },
  { pkce }: Policy,
): boolean {
  return pkce.requiredFor === 'all' || type === 'public' || requirePkce
}
