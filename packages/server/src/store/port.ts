// The store as the rest of Ostiary sees it. It speaks OAuth, not tables: each one-time transition is one
// method, one transaction, and says in its result what happened. Must not know SQL, HTTP or the clock.

import type { ClientId, GrantId, TokenHash, UserId } from '../protocol/ids.ts'
import type { GuessStore, LeaseStore } from './process-port.ts'
import type {
  AccessIdentifierRecord,
  AccessTokenRecord,
  AllowanceUseRecord,
  ApplicationKeyRecord,
  AuditEventRecord,
  ClientRecord,
  ClientSecretRecord,
  ClientWithSecrets,
  CodeRecord,
  ConsentRecord,
  GrantRecord,
  KeyRecord,
  Membership,
  MembershipRecord,
  OrganisationRecord,
  RefreshTokenRecord,
  RevocationRecord,
  SessionRecord,
  TrustedIssuerRecord,
  UnitRecord,
  UserRecord,
  VersionUseRecord,
} from './records.ts'

/** A store that cannot answer (lost connection, disk full, time-out). The caller answers 503, never a guess. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
}

// --- Clients

export interface ClientStore {
  /** null when there is none; a disabled client is found and says so. What it gives is shared: nobody may change it. */
  findClient(tenant: string, id: ClientId): Promise<ClientWithSecrets | null>
  listClients(tenant: string): Promise<readonly ClientRecord[]>
  /** The apps that an organisation owns, the oldest first. */
  listClientsOfOrganisation(
    tenant: string,
    organisationId: string,
  ): Promise<readonly ClientRecord[]>
  createClient(
    client: ClientRecord,
    secret: ClientSecretRecord | null,
  ): Promise<'created' | 'exists'>
  /** Stores all of them, or none when an id is taken. @returns the positions of those; empty when all are stored. */
  importClients(clients: readonly ClientWithSecrets[]): Promise<readonly number[]>
  addClientSecret(secret: ClientSecretRecord): Promise<void>
  /** @returns false when there was no such secret. */
  revokeClientSecret(tenant: string, clientId: ClientId, secretId: string): Promise<boolean>
  recordSecretUse(
    secret: Pick<ClientSecretRecord, 'tenant' | 'clientId' | 'id'>,
    atSeconds: number,
  ): Promise<void>
  recordClientUse(tenant: string, id: ClientId, atSeconds: number): Promise<void>
  /** Adds to the counts of their days. */
  addAllowanceUses(uses: readonly AllowanceUseRecord[]): Promise<void>
  /** @param fromDay `2026-11-21`: that day and later ones */
  listAllowanceUses(tenant: string, fromDay: string): Promise<readonly AllowanceUseRecord[]>
  /**
   * Changes an app that is as it was read: when somebody else has changed, disabled or deleted it meanwhile, nothing
   * happens. Its id, age and last use stay.
   */
  updateClient(before: ClientRecord, after: ClientRecord): Promise<'updated' | 'outdated'>
  /** Disables the app, ends all its grants and publishes the revocation. */
  disableClient(input: ClientEnding): Promise<boolean>
  /**
   * Ends an app as {@link disableClient} does, and forgets it with its secrets and consents. Its id stays taken until
   * the revocation has expired: no app can be mistaken for one whose tokens may still be about.
   */
  deleteClient(input: ClientEnding): Promise<boolean>
}

/** Of whatever is ended. */
interface Ending {
  readonly tenant: string
  readonly nowSeconds: number
  /** Until then the feed tells of it. */
  readonly revocationExpiresAtSeconds: number
}

export interface ClientEnding extends Ending {
  readonly id: ClientId
}

/** Grows whenever an app or one of its secrets changes, but not for a new app or a last use. */
export interface ChangeStore {
  clientsSequence(): Promise<number>
}

// --- Authorization, codes and tokens

/** The tokens that a transition stores together with the change that pays for them. */
export interface NewTokens {
  readonly accessToken: AccessTokenRecord | null
  readonly refreshToken: RefreshTokenRecord | null
}

export interface GrantStore {
  findConsent(
    key: Pick<ConsentRecord, 'tenant' | 'userId' | 'clientId' | 'organisationId'>,
  ): Promise<ConsentRecord | null>

  /**
   * Stores grant and code (or access token), and the consent when one was given (its scopes are added to those already allowed).
   * An interaction answers once: a second answer changes nothing. Of a session that ends at the same moment, with
   * the user's password or the user, no new grant is left.
   */
  approveAuthorization(input: {
    grant: GrantRecord
    /** null when the answer is the access token itself. */
    code: CodeRecord | null
    /** Set when it is opaque. */
    accessToken: AccessTokenRecord | null
    /** When what the app gets now expires. */
    endsAtSeconds: number
    consent: ConsentRecord | null
    interaction: OneTimeId | null
    /** The session that it hangs on; null when there is none. */
    session: TokenHash | null
  }): Promise<'approved' | 'already_decided' | 'signed_out'>

  /** Claims an id that may be used once. @returns whether this caller is the first. */
  claimOnce(id: OneTimeId): Promise<boolean>

  findCode(
    tenant: string,
    hash: TokenHash,
  ): Promise<{ code: CodeRecord; grant: GrantRecord } | null>

  /** Spends the code and stores what was minted for it: exactly one of any number of racing callers gets `redeemed`. */
  redeemCode(input: {
    tenant: string
    hash: TokenHash
    clientId: ClientId
    nowSeconds: number
    tokens: NewTokens
  }): Promise<'redeemed' | 'already_redeemed' | 'expired' | 'unknown'>

  findRefreshToken(
    tenant: string,
    hash: TokenHash,
  ): Promise<{ token: RefreshTokenRecord; grant: GrantRecord } | null>

  /** Replaces a refresh token by its successor. See {@link RotateInput} for the rules of a retry. */
  rotateRefreshToken(input: RotateInput): Promise<RotateOutcome>

  /** Moves the idle expiry of a refresh token that is not rotated, and stores the new access token. */
  renewRefreshToken(input: {
    tenant: string
    hash: TokenHash
    clientId: ClientId
    nowSeconds: number
    expiresAtSeconds: number
    accessToken: AccessTokenRecord | null
  }): Promise<'renewed' | 'expired' | 'revoked' | 'unknown'>

  findGrant(tenant: string, id: GrantId): Promise<GrantRecord | null>
  /** Stores a grant together with its tokens, if what pays for it still holds; otherwise nothing. */
  openGrant(input: {
    grant: GrantRecord
    tokens: NewTokens
    /** When the last of its tokens expires. */
    endsAtSeconds: number
    guard: GrantGuard
  }): Promise<OpenGrantOutcome>

  saveAccessToken(token: AccessTokenRecord): Promise<void>
  /** An opaque access token that is good: not expired, and not void as {@link isRevoked} tells it. */
  findAccessToken(
    tenant: string,
    hash: TokenHash,
    nowSeconds: number,
  ): Promise<AccessTokenRecord | null>

  /**
   * Ends a grant and publishes it to the feed. The grant of a client_credentials token has no record of its own:
   * only the feed line is written. @returns false when it had ended before.
   */
  revokeGrant(input: GrantEnding): Promise<boolean>

  /**
   * Ends every grant that a user gave (to one app, when named; for one organisation, or none, when that is named
   * too), and forgets the consents. @returns how many.
   */
  revokeUserGrants(input: UserGrantsEnding): Promise<number>

  /** Whether a token with these facts is void: its grant, its client or its user was revoked since. */
  isRevoked(token: {
    tenant: string
    grantId: GrantId
    clientId: ClientId
    userId: UserId | null
    issuedAtSeconds: number
  }): Promise<boolean>

  /** Feed lines after a sequence number, oldest first. A line seen with number n means all lower ones were visible. */
  listRevocations(input: {
    tenant: string
    afterSequence: number
    nowSeconds: number
    limit: number
  }): Promise<readonly RevocationRecord[]>

  listUserGrants(tenant: string, userId: UserId): Promise<readonly GrantRecord[]>
  /** What a user has allowed, in the order of apps and organisations. */
  listUserConsents(tenant: string, userId: UserId): Promise<readonly ConsentRecord[]>
  /** When each live grant of a user last gave a refresh token, to the hour and as far as it did. */
  listGrantUses(tenant: string, userId: UserId): Promise<readonly GrantUse[]>
}

/** What a grant without a code is opened with. None of it may have ended when the grant is stored. */
export type GrantGuard =
  /** The password of an enabled user, as it was checked. */
  | {
      readonly kind: 'password'
      readonly userId: UserId
      readonly passwordHash: string | null
    }
  /** An application key, alone or with what stands for an enabled user. */
  | {
      readonly kind: 'key'
      readonly keyId: ClientId
      readonly accessIdentifierId: string | null
    }
  /** A JWT of a trusted issuer, which names an enabled user. */
  | {
      readonly kind: 'identity'
      readonly trustedIssuerId: ClientId
      readonly accessIdentifierId: string
      /** Claimed with the grant, when the JWT is good for one use. */
      readonly once: OneTimeId | null
    }

export type OpenGrantOutcome =
  | 'opened'
  | 'key_ended'
  | 'issuer_ended'
  | 'identifier_gone'
  | 'user_ended'
  | 'already_used'

export interface GrantUse {
  readonly grantId: GrantId
  readonly lastUsedAtSeconds: number
}

/** Something that may happen once: the answer to a page, a JWT id. */
export interface OneTimeId {
  readonly tenant: string
  readonly purpose: string
  readonly id: string
  readonly expiresAtSeconds: number
}

export interface GrantEnding extends Ending {
  readonly grantId: GrantId
  /** Stored with it, if it ends now. */
  readonly event?: AuditEventRecord | undefined
}

/**
 * The rules (RFC 9700 §4.14.2, and docs/decisions on retries):
 * - the first use replaces the token by the successor and keeps the sealed answer;
 * - the same request again, within the window and while the successor is unused, is `retried`: the sealed answer goes out again;
 * - a different request with the spent token within that time is `retry_differs` and changes nothing;
 * - any later use is `reused`: the grant is ended in the same transaction.
 */
export interface RotateInput extends Ending {
  readonly hash: TokenHash
  readonly clientId: ClientId
  readonly retryWindowSeconds: number
  /** What was asked for (scope, resource): a retry must be the same request. */
  readonly fingerprint: string
  readonly successor: RefreshTokenRecord
  readonly accessToken: AccessTokenRecord | null
  /** The whole answer, sealed under a key that only the presented token yields. */
  readonly sealedAnswer: string
  /** Stored with the end of the grant, if it is a reuse that ends it. */
  readonly reuseEvent?: AuditEventRecord | undefined
}

export type RotateOutcome =
  | { readonly outcome: 'rotated' }
  | { readonly outcome: 'retried'; readonly sealedAnswer: string }
  | { readonly outcome: 'retry_differs' }
  | { readonly outcome: 'reused'; readonly grantId: GrantId }
  | { readonly outcome: 'expired' | 'revoked' | 'unknown' | 'wrong_client' }

// --- People

export interface IdentityStore {
  createOrganisation(
    organisation: OrganisationRecord,
    units: readonly UnitRecord[],
  ): Promise<'created' | 'exists'>
  listOrganisations(
    tenant: string,
  ): Promise<readonly (OrganisationRecord & { units: readonly UnitRecord[] })[]>
  findUnit(tenant: string, id: string): Promise<UnitRecord | null>
  createUser(
    user: UserRecord,
    memberships: readonly MembershipRecord[],
  ): Promise<'created' | 'exists'>
  /** Stores all of them, or none when a username or id is taken. @returns the positions of those; empty when all are stored. */
  importUsers(users: readonly UserWithMemberships[]): Promise<readonly number[]>
  findUser(tenant: string, id: UserId): Promise<UserRecord | null>
  findUserByUsername(tenant: string, username: string): Promise<UserRecord | null>
  listUsers(tenant: string): Promise<readonly UserRecord[]>
  listMemberships(tenant: string, userId: UserId): Promise<readonly Membership[]>
  /** Another hash of the same password. Ends nothing. @returns false when the password has changed meanwhile. */
  updatePasswordHash(input: {
    tenant: string
    userId: UserId
    before: string
    after: string
  }): Promise<boolean>
  /** A new password ends every session and grant of the user. */
  changePassword(input: UserEnding & { passwordHash: string }): Promise<boolean>
  /** A disabled user loses every session and grant at once. */
  disableUser(input: UserEnding): Promise<boolean>

  /**
   * Counts a try before the password is looked at, so that parallel tries cannot outrun the limit.
   * `lockSeconds` says how long the account stays locked after so many tries in a row.
   */
  startSignInAttempt(input: {
    tenant: string
    usernameHash: TokenHash
    nowSeconds: number
    lockSeconds: (attempts: number) => number
  }): Promise<{ allowed: true; attempts: number } | { allowed: false; lockedUntilSeconds: number }>
  clearSignInAttempts(tenant: string, usernameHash: TokenHash): Promise<void>

  /**
   * Stores a session, if the password that was checked for it is still that of an enabled user.
   * @returns false when it is not
   */
  createSession(session: SessionRecord, passwordHash: string | null): Promise<boolean>
  /** The session and its user, unless it has expired or the user is disabled. */
  findSession(
    tenant: string,
    hash: TokenHash,
    nowSeconds: number,
  ): Promise<{ session: SessionRecord; user: UserRecord } | null>
  touchSession(input: {
    tenant: string
    hash: TokenHash
    nowSeconds: number
    expiresAtSeconds: number
  }): Promise<void>
  listSessions(
    tenant: string,
    userId: UserId,
    nowSeconds: number,
  ): Promise<readonly SessionRecord[]>
  endSession(tenant: string, hash: TokenHash): Promise<boolean>
  /** Ends one session of a user by the id that lists show. */
  endSessionById(tenant: string, userId: UserId, id: string): Promise<boolean>
}

export interface UserWithMemberships {
  readonly user: UserRecord
  readonly memberships: readonly MembershipRecord[]
}

export interface UserEnding extends Ending {
  readonly userId: UserId
}

export interface UserGrantsEnding extends UserEnding {
  readonly clientId: ClientId | null
  /** undefined for all of them. */
  readonly organisationId?: string | null | undefined
}

// --- Application keys, and who they may name

export interface ApplicationKeyStore {
  createApplicationKey(key: ApplicationKeyRecord): Promise<'created' | 'exists'>
  /** A suspended or expired key is found and says so. */
  findApplicationKey(tenant: string, hash: TokenHash): Promise<ApplicationKeyRecord | null>
  listApplicationKeys(tenant: string): Promise<readonly ApplicationKeyRecord[]>
  recordApplicationKeyUse(tenant: string, id: ClientId, atSeconds: number): Promise<void>
  /** Ends every live grant of the key, and publishes each: their tokens may name the grant alone. */
  suspendApplicationKey(input: ClientEnding): Promise<boolean>
  /** @returns false when it was not suspended. */
  resumeApplicationKey(tenant: string, id: ClientId): Promise<boolean>
  /** Ends a key as {@link suspendApplicationKey} does, and forgets it. */
  deleteApplicationKey(input: ClientEnding): Promise<boolean>

  createAccessIdentifier(identifier: AccessIdentifierRecord): Promise<'created' | 'exists'>
  /** With the user that it stands for; a disabled one is found and says so. */
  findAccessIdentifier(
    tenant: string,
    kind: AccessIdentifierRecord['kind'],
    hash: TokenHash,
  ): Promise<{ identifier: AccessIdentifierRecord; user: UserRecord } | null>
  listAccessIdentifiers(tenant: string, userId: UserId): Promise<readonly AccessIdentifierRecord[]>
  recordAccessIdentifierUse(tenant: string, id: string, atSeconds: number): Promise<void>
  /** Ends every live grant that was opened with it, publishes each, and forgets it. */
  deleteAccessIdentifier(input: AccessIdentifierEnding): Promise<boolean>

  createTrustedIssuer(issuer: TrustedIssuerRecord): Promise<'created' | 'exists'>
  /** By the `iss` of its JWTs; a suspended one is found and says so. */
  findTrustedIssuer(tenant: string, issuer: string): Promise<TrustedIssuerRecord | null>
  listTrustedIssuers(tenant: string): Promise<readonly TrustedIssuerRecord[]>
  /** Ends every live grant that was opened with its JWTs, and publishes each. The issuer is their client. */
  suspendTrustedIssuer(input: ClientEnding): Promise<boolean>
  /** @returns false when it was not suspended. */
  resumeTrustedIssuer(tenant: string, id: ClientId): Promise<boolean>
  /** Ends an issuer as {@link suspendTrustedIssuer} does, and forgets it with the identities that it vouched for. */
  deleteTrustedIssuer(input: ClientEnding): Promise<boolean>
}

export interface AccessIdentifierEnding extends Omit<ClientEnding, 'id'> {
  readonly id: string
}

// --- Signing keys

export interface KeyStore {
  /** Keys that are not expired, current first. */
  listKeys(tenant: string, nowSeconds: number): Promise<readonly KeyRecord[]>
  /** Stores the first keys of a tenant. Of several processes that start at once, one gets `created`. */
  createFirstKeys(keys: readonly KeyRecord[]): Promise<'created' | 'exists'>
  /** Of the API of `next`: next becomes current, current becomes previous until `previousExpiresAtSeconds`, `next` is added. */
  rotateKeys(input: {
    tenant: string
    /** The current key as the caller knows it: when another process was faster, nothing happens. */
    currentKid: string
    next: KeyRecord
    nowSeconds: number
    previousExpiresAtSeconds: number
  }): Promise<'rotated' | 'lost'>
}

// --- Versions of the API

export interface VersionUseStore {
  /** Adds to the counts of their days, for apps that there are. A batch counts once, however often it comes. */
  recordVersionUses(input: {
    readonly uses: readonly VersionUseRecord[]
    /** null when it cannot come twice. */
    readonly batch: OneTimeId | null
  }): Promise<'recorded' | 'already_recorded'>
  /** By day, app and version. */
  listVersionUses(input: {
    readonly tenant: string
    /** null for all of them. */
    readonly clientId: ClientId | null
    /** That day and later ones. */
    readonly fromDay: string
  }): Promise<readonly VersionUseRecord[]>
}

// --- The store's own affairs

export interface Store
  extends ClientStore,
    ChangeStore,
    GrantStore,
    IdentityStore,
    ApplicationKeyStore,
    KeyStore,
    VersionUseStore,
    GuessStore,
    LeaseStore {
  recordAuditEvent(event: AuditEventRecord): Promise<void>
  listAuditEvents(tenant: string, limit: number): Promise<readonly AuditEventRecord[]>
  /** Deletes up to `limit` rows per table that expired before now. @returns how many went. */
  deleteExpired(nowSeconds: number, limit: number): Promise<number>
  /** About how many rows {@link deleteExpired} has to do with now, counting up to `limit` per table. */
  countExpired(nowSeconds: number, limit: number): Promise<number>
  /** From now on, tells one observer of every call that reaches the database. */
  watch(observer: StoreObserver): void
  load(): StoreLoad
  /** @throws StoreUnavailableError when the database does not answer or its schema is not this version's. */
  check(): Promise<void>
  close(): Promise<void>
}

export interface StoreObserver {
  /** Does the work of a call and gives back what it gives. @param method its name in this port */
  around<Result>(method: string, work: () => Promise<Result>): Promise<Result>
}

/** How busy a store is, and what it has done since it was opened. */
export interface StoreLoad {
  /** What waits for the next commit (SQLite) or for a connection (PostgreSQL). */
  readonly waiting: number
  readonly connections: { readonly busy: number; readonly idle: number }
  /** Commits of the embedded database, and the transitions that were in them; none where each commits alone. */
  readonly groups: { readonly commits: number; readonly transitions: number }
}
