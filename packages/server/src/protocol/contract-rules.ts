// What a wire contract lays down about the protocol itself: not to be changed by configuration, and read wherever
// tokens, ids and grants are made. Its HTTP side is in `contracts`.

import type { JwtShape } from './access-token-facts.ts'
import type { Allowance } from './allowance.ts'

interface HexFormat {
  readonly kind: 'hex'
  readonly bytes: number
  readonly upperCase?: boolean
}

export type IdFormat = HexFormat | { readonly kind: 'decimal'; readonly digits: number }

/** `prefixed`: what it is, 256 bits in base64url, and a checksum. */
export type SecretFormat = HexFormat | { readonly kind: 'prefixed' }

export interface ContractRules {
  /** Grant types of the token endpoint, and `implicit` where it is one. */
  readonly grantTypes: readonly string[]
  /** Legacy allowances that its apps can have: from their registration on, or when they are given one. */
  readonly allowances: Readonly<Partial<Record<Allowance, 'at-registration' | 'on-request'>>>
  /** Whether OpenID Connect is offered: ID tokens, UserInfo and the identity scopes. */
  readonly openId: boolean
  /** Whether authorization responses carry `iss` (RFC 9207 §2). */
  readonly issuerInResponses: boolean
  /** Whether an answer in the query ends with an empty fragment, so that none comes along with it (RFC 9700 §4.1.3). */
  readonly fragmentInResponses: boolean
  /** Whether account holders register apps themselves. */
  readonly selfService: boolean
  /** What the vendor's documents call the page where they do, in their language; our own name for it when not set. */
  readonly developerPageName?: string
  /** Whether redirect URIs are https without exception: no app on the device, no loopback. */
  readonly httpsRedirectsOnly: boolean
  /**
   * Whether a redirect URI is compared character by character without exception, and must be named again at the token
   * endpoint even where PKCE was used.
   */
  readonly exactRedirectUris: boolean
  /** Whether a hashed challenge may come as padded base64, as older documents have it, and not as base64url alone. */
  readonly base64Challenges: boolean
  readonly formats: {
    readonly clientId: IdFormat
    readonly userId: IdFormat
    readonly code: SecretFormat
    readonly accessToken: SecretFormat
    readonly refreshToken: SecretFormat
    readonly applicationKey: SecretFormat
    readonly accessIdentifierId: IdFormat
  }
  readonly jwt: JwtShape
  /** Releases of the product that a tenant can be at, the newest last; none where there is one only. */
  readonly releases: readonly string[]
}
