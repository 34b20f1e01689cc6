// What the store keeps, in the words of OAuth. Times are whole seconds since 1970; null means "not set".

import type { AccessTokenFacts } from '../protocol/access-token-facts.ts'
import type { Allowance, CountedUse } from '../protocol/allowance.ts'
import type { ClientId, GrantId, RevocationTag, TokenHash, UserId } from '../protocol/ids.ts'
import type { ChallengeMethod } from '../protocol/pkce.ts'
import type { IdTokenAlgorithm, SigningAlgorithm } from '../protocol/policy.ts'

export interface ClientRecord {
  readonly tenant: string
  readonly id: ClientId
  /** Another one after each time that its tokens were ended. */
  readonly tag: RevocationTag
  readonly name: string
  readonly type: 'confidential' | 'public'
  readonly party: 'first' | 'third'
  /** The organisation that owns the app; null for the operator's own. */
  readonly organisationId: string | null
  /** The account holder who registered it in the portal; null when the operator did. */
  readonly registeredBy: UserId | null
  /** The unit that the app's own tokens (client_credentials) are for. */
  readonly unitId: string | null
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly grantTypes: readonly string[]
  /** Scopes the app may ask for. */
  readonly scopes: readonly string[]
  /** Scopes meant when a request names none (RFC 6749 §3.3). */
  readonly defaultScopes: readonly string[]
  /** Audience meant when a request names no resource; null for the tenant's default. */
  readonly defaultAudience: string | null
  /** Set when these credentials are an API's own, with which it introspects the tokens made for it. */
  readonly resourceServer: string | null
  readonly requirePkce: boolean
  /** What its ID tokens are signed with. */
  readonly idTokenAlgorithm: IdTokenAlgorithm
  /** Whether its ID tokens tell what the granted scopes let it know about the user, as UserInfo does. */
  readonly idTokenProfile: boolean
  /** `rotate`: every refresh replaces the token. `stable`: it stays until its absolute expiry (FAPI 2.0 §5.3.2.1). */
  readonly refreshPolicy: 'rotate' | 'stable'
  readonly publisher: string | null
  readonly homepage: string | null
  readonly privacyUri: string | null
  readonly termsUri: string | null
  /** What it may still do that the best current practice forbids, each for a reason and until a date. */
  readonly allowances: readonly ClientAllowance[]
  readonly createdAtSeconds: number
  /** When it last asked for a token, to the minute. */
  readonly lastUsedAtSeconds: number | null
  readonly disabledAtSeconds: number | null
}

/** A legacy allowance of one app. */
export interface ClientAllowance {
  readonly name: Allowance
  /** Who answers for it. */
  readonly owner: string
  readonly reason: string
  readonly endsAtSeconds: number
}

export interface ClientSecretRecord {
  readonly tenant: string
  readonly id: string
  readonly clientId: ClientId
  readonly name: string
  readonly hash: TokenHash
  /** Last characters, by which people recognise it. */
  readonly hint: string
  readonly createdAtSeconds: number
  readonly expiresAtSeconds: number | null
  readonly lastUsedAtSeconds: number | null
}

/** A client as its authentication needs it: with the secrets that are not revoked. */
export interface ClientWithSecrets {
  readonly client: ClientRecord
  readonly secrets: readonly ClientSecretRecord[]
}

/** One authorization: every code and token belongs to exactly one. */
export interface GrantRecord {
  readonly tenant: string
  readonly id: GrantId
  readonly clientId: ClientId
  readonly userId: UserId | null
  /** As the app, and the user, had them when it was opened: once they have others, it gives nothing more. */
  readonly clientTag: RevocationTag
  readonly userTag: RevocationTag | null
  readonly organisationId: string | null
  readonly unitId: string | null
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  /** When the user last proved who they are (OIDC Core §2, `auth_time`). */
  readonly authTimeSeconds: number | null
  readonly createdAtSeconds: number
  readonly revokedAtSeconds: number | null
}

/** What the user allowed is in the code until it is redeemed: only then is there a grant. */
export interface CodeRecord
  extends Pick<
    GrantRecord,
    | 'tenant'
    | 'clientId'
    | 'clientTag'
    | 'organisationId'
    | 'unitId'
    | 'scopes'
    | 'audience'
    | 'authTimeSeconds'
  > {
  readonly hash: TokenHash
  /** Of the grant that its redemption opens. */
  readonly grantId: GrantId
  readonly userId: UserId
  readonly userTag: RevocationTag
  /** The session that it was given in: the code is worth nothing once that has ended. null when there was none. */
  readonly sessionHash: TokenHash | null
  readonly redirectUri: string
  /** Whether the authorization request named it: then the token request must repeat it (RFC 6749 §4.1.3). */
  readonly redirectUriSent: boolean
  /** Whether `scopes` are others than the app asked for: then it must be told them (RFC 6749 §5.1). */
  readonly scopeDiffers: boolean
  readonly codeChallenge: string | null
  readonly codeChallengeMethod: ChallengeMethod | null
  readonly nonce: string | null
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
  readonly redeemedAtSeconds: number | null
}

export interface RefreshTokenRecord {
  readonly tenant: string
  readonly hash: TokenHash
  readonly grantId: GrantId
  readonly clientId: ClientId
  readonly issuedAtSeconds: number
  /** Idle expiry: moves on with every refresh. */
  readonly expiresAtSeconds: number
  /** Absolute expiry: the same for the whole chain. */
  readonly endsAtSeconds: number
  readonly rotatedAtSeconds: number | null
  /** Whether the app proved itself by a secret when it was issued: then it has to do so again to use it. */
  readonly clientAuthenticated: boolean
}

/** An opaque access token. */
export interface AccessTokenRecord extends AccessTokenFacts {
  readonly tenant: string
  readonly hash: TokenHash
}

/** What a user has allowed an app, per organisation: remembered so that the same is not asked twice. */
export interface ConsentRecord {
  readonly tenant: string
  readonly userId: UserId
  readonly clientId: ClientId
  readonly organisationId: string | null
  readonly scopes: readonly string[]
  /** Where the app's answer may go without asking: what was registered when the user said yes. */
  readonly redirectUris: readonly string[]
  readonly grantedAtSeconds: number
}

/** A yes, as the user has just said it. */
export interface NewConsentRecord extends ConsentRecord {
  /** The one of its redirect URIs that the page named. */
  readonly shownRedirectUri: string
}

/**
 * One line of the feed that APIs follow: tokens of this subject issued up to a moment are void. The subject of a tenant
 * is empty: the line concerns them all, and is written by a restore.
 */
export interface RevocationRecord {
  readonly sequence: number
  readonly kind: 'grant' | 'client' | 'user' | 'tenant'
  /**
   * Of a grant its id, of a client or user its former tag, and nothing of the tenant. Tokens from before there were tags,
   * and those of a contract that has no place for them, are named by the id of the client or user.
   */
  readonly subject: string
  readonly issuedUntilSeconds: number
  /** When the last token it concerns has expired by itself. */
  readonly expiresAtSeconds: number
}

export interface OrganisationRecord {
  readonly tenant: string
  readonly id: string
  readonly name: string
  readonly createdAtSeconds: number
}

export interface UnitRecord {
  readonly tenant: string
  readonly id: string
  readonly organisationId: string
  readonly name: string
}

export interface UserRecord {
  readonly tenant: string
  readonly id: UserId
  /** Another one after each time that the user's tokens were ended. */
  readonly tag: RevocationTag
  /** Unique per tenant, in the form it is compared in (NFKC, lower case). */
  readonly username: string
  readonly name: string
  readonly email: string | null
  readonly emailVerified: boolean
  /** argon2id in PHC form; until the first sign-in also another, of the system that the user was imported from. */
  readonly passwordHash: string | null
  readonly locale: string | null
  readonly createdAtSeconds: number
  readonly disabledAtSeconds: number | null
}

export interface MembershipRecord {
  readonly tenant: string
  readonly userId: UserId
  readonly organisationId: string
  /** The unit the user works in when none is named. */
  readonly defaultUnitId: string | null
  /** Units that the user may work in besides. */
  readonly furtherUnitIds: readonly string[]
  readonly role: OrganisationRole
}

/** An `admin` may change every app of the organisation, a `member` only those of their own. */
export type OrganisationRole = 'admin' | 'member'

export interface Membership {
  readonly organisation: OrganisationRecord
  readonly defaultUnit: UnitRecord | null
  readonly furtherUnitIds: readonly string[]
  readonly role: OrganisationRole
}

/** A long-lived key of an organisation, exchanged for short tokens. It acts as a client whose id is the key's. */
export interface ApplicationKeyRecord {
  readonly tenant: string
  readonly id: ClientId
  /** As that of a client. */
  readonly tag: RevocationTag
  readonly organisationId: string
  readonly name: string
  readonly hash: TokenHash
  /** Last characters, by which people recognise it. */
  readonly hint: string
  /** Scopes that its tokens may have; none stands for all of the API. */
  readonly scopes: readonly string[]
  readonly createdAtSeconds: number
  readonly expiresAtSeconds: number | null
  readonly suspendedAtSeconds: number | null
  readonly lastUsedAtSeconds: number | null
}

/** What stands for a user (a consumer) when a key or an identity JWT is exchanged. */
export interface AccessIdentifierRecord {
  readonly tenant: string
  readonly id: string
  readonly userId: UserId
  /** A code that suffices, an identifier with its pass code, or the subject of a trusted issuer. */
  readonly kind: 'authentication_code' | 'identifier' | 'identity'
  /** Hash of what is presented, by which it is found; unique per tenant and kind. */
  readonly hash: TokenHash
  /** By which people recognise it. */
  readonly hint: string
  /** argon2id in PHC form; set for an identifier, and for a code that is too short to be found by its hash alone. */
  readonly passCodeHash: string | null
  /** Set for an identity. */
  readonly trustedIssuerId: ClientId | null
  readonly createdAtSeconds: number
  readonly lastUsedAtSeconds: number | null
}

/** An identity system whose JWTs are believed, and the client of the tokens they are exchanged for. Its keys come from one of two places. */
export interface TrustedIssuerRecord {
  readonly tenant: string
  readonly id: ClientId
  /** As that of a client. */
  readonly tag: RevocationTag
  readonly name: string
  /** `iss` of its JWTs. */
  readonly issuer: string
  /** `aud` of its JWTs. */
  readonly expectedAudience: string
  readonly jwksUri: string | null
  /** A JWK set as JSON text. */
  readonly pinnedKeys: string | null
  readonly createdAtSeconds: number
  readonly suspendedAtSeconds: number | null
}

/** How often an app used a legacy allowance on one day, or had something passed over. */
export interface AllowanceUseRecord {
  readonly tenant: string
  readonly clientId: ClientId
  readonly allowance: CountedUse
  /** `2026-11-21`, UTC. */
  readonly day: string
  readonly uses: number
}

/** How often an app called a version of the API on one day. */
export interface VersionUseRecord {
  readonly tenant: string
  readonly clientId: ClientId
  readonly version: string
  /** `2026-11-21`, UTC. */
  readonly day: string
  readonly calls: number
}

export interface SessionRecord {
  readonly tenant: string
  readonly hash: TokenHash
  /** Names the session in lists, where the hash would be too much. */
  readonly id: string
  readonly userId: UserId
  readonly authTimeSeconds: number
  readonly lastSeenAtSeconds: number
  /** Idle expiry. */
  readonly expiresAtSeconds: number
  readonly endsAtSeconds: number
  readonly userAgent: string | null
  readonly address: string | null
}

export interface KeyRecord {
  readonly tenant: string
  readonly kid: string
  /** The API whose own key it is; empty for the keys that all of them share. */
  readonly resourceServer: string
  readonly algorithm: SigningAlgorithm
  readonly state: 'next' | 'current' | 'previous'
  /** Public JWK as JSON text; without the key itself where it is secret. */
  readonly publicJwk: string
  /** Private JWK as JSON text, sealed under the master key. */
  readonly sealedPrivateJwk: string
  readonly createdAtSeconds: number
  /** When it became current. */
  readonly activatedAtSeconds: number | null
  /** When a previous key leaves the JWKS. */
  readonly expiresAtSeconds: number | null
}

export interface AuditEventRecord {
  readonly tenant: string
  readonly atSeconds: number
  /** What happened, as `noun.verb`: `refresh_token.reused`, `client.created`. */
  readonly action: string
  /** Who did it: `user:…`, `client:…`, `cli`, `system`. */
  readonly actor: string
  /** What it was done to: `grant:…`, `client:…`, `user:…`. */
  readonly target: string
  readonly requestId: string | null
}
