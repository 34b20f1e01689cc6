// What the token endpoint answers (RFC 6749 §5.1), before a contract gives it its wire form.

export interface TokenResponse {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  readonly expiresInSeconds: number
  readonly scopes: readonly string[]
  /** Whether they are others than the app asked for: then the answer must name them (RFC 6749 §5.1). */
  readonly scopeDiffers?: boolean | undefined
  readonly refreshToken: string | undefined
  readonly idToken: string | undefined
  /** RFC 8693 §2.2.1: what kind of token an exchange gave. */
  readonly issuedTokenType: string | undefined
}
