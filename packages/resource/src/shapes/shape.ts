// What the access tokens of a contract look like, as data and one reader of their claims. Shapes know neither keys,
// clocks nor the network: signature and times are checked the same way for all of them.

import type { TokenFacts } from '../access-token.ts'
import type { Claims } from '../claims.ts'

export interface TokenShape {
  /** Undefined where no token is a JWT. */
  readonly jwt: JwtShape | undefined
  /**
   * Whether text can be a token that only the issuer can read; undefined where there are none. What somebody made up
   * is told by its form, before the issuer is asked. `isOurs`: the issuer is certainly an Ostiary.
   */
  readonly opaque: ((text: string, isOurs: boolean) => boolean) | undefined
}

export interface JwtShape {
  /** Header `typ`, which keeps other kinds of JWT out (RFC 8725 §3.11). */
  readonly type: string
  readonly algorithms: {
    /** What a guard may be told to accept, and what it accepts when it is told nothing. */
    readonly allowed: readonly string[]
    readonly usual: readonly string[]
  }
  /** `published`: the public keys of the issuer, for all its APIs; `secret`: keys that this API alone is told. */
  readonly keys: 'published' | 'secret'
  /** False: the tokens name no scopes, and have all that the API lists. */
  readonly namesScopes: boolean
  /** Reads verified claims, and refuses those of another issuer or API. @throws TokenError */
  readClaims(claims: Claims, guard: GuardIdentity): TokenFacts
}

export interface GuardIdentity {
  readonly issuer: string
  readonly audience: string
  /** All scopes of this API. */
  readonly scopes?: readonly string[]
}
