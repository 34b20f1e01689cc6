// What an access token says, whether inside a JWT or beside an opaque one, and how a JWT says it.

import type { ClientId, GrantId, RevocationTag, UserId } from './ids.ts'

export interface AccessTokenFacts {
  readonly grantId: GrantId
  readonly clientId: ClientId
  /** The user, or null when the app acts for itself. */
  readonly userId: UserId | null
  /** What the feed of revocations calls the app; null in a token from before there were tags. */
  readonly clientTag: RevocationTag | null
  /** The same of the user; null where there is none, too. */
  readonly userTag: RevocationTag | null
  readonly organisationId: string | null
  readonly unitId: string | null
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  readonly authTimeSeconds: number | null
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
}

/** How a token, or an answer about it, tells its tags: then one line of the feed ends all tokens of an app or a user. */
export function tellTags({
  clientTag,
  userTag,
}: Pick<AccessTokenFacts, 'clientTag' | 'userTag'>): object {
  return { c: clientTag ?? undefined, u: userTag ?? undefined }
}

/** What a JWT may tell besides the facts. */
export interface JwtContext {
  readonly issuer: string
  /** A new unguessable number, in hexadecimal: 48 digits. */
  readonly unique: string
  /** Of the user, where there is one. */
  readonly username: string | undefined
  /** The access identifier that stood for the user, where one did. */
  readonly accessIdentifierId: string | undefined
}

/** How a contract writes access tokens as JWTs, and reads them back. */
export interface JwtShape {
  /** The JWS header `typ`. */
  readonly type: 'at+jwt' | 'JWT'
  /** What the feed of revocations can name its tokens by: the tags of app and user too, or their grant alone. */
  readonly names: 'tags' | 'grant'
  /** Whether the issuer is among the claims. */
  readonly saysIssuer: boolean
  /** Whether its APIs each have a secret key of their own (HS256), instead of the keys in the JWKS. */
  readonly keyPerApi: boolean
  writeClaims(facts: AccessTokenFacts, context: JwtContext): object
  /**
   * The facts that verified claims tell; what a shape leaves out is null or empty, and is looked up by the grant.
   * @returns undefined when the claims are not those of an access token
   */
  readClaims(claims: Readonly<Record<string, unknown>>): PartialFacts | undefined
}

export interface PartialFacts
  extends Pick<AccessTokenFacts, 'grantId' | 'issuedAtSeconds' | 'expiresAtSeconds'> {
  /** Where they are told though the rest is not: a token may cover less than its grant. */
  readonly scopes?: readonly string[]
  /** Everything else, where the shape tells all of it. */
  readonly rest:
    | Omit<AccessTokenFacts, 'grantId' | 'issuedAtSeconds' | 'expiresAtSeconds'>
    | undefined
}
