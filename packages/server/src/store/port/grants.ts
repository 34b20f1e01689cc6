// Authorizations, and the codes and tokens that belong to them.

import type { ClientId, GrantId, RevocationTag, TokenHash, UserId } from '../../protocol/ids.ts'
import type {
  AccessTokenRecord,
  AuditEventRecord,
  CodeRecord,
  ConsentRecord,
  GrantRecord,
  NewConsentRecord,
  RefreshTokenRecord,
} from '../records.ts'
import type { Ending, GrantEnding, JwtId, OneTimeId, UserGrantsEnding } from './ending.ts'
import type { Allowance } from './guessing.ts'
import type { ByAge, Page } from './page.ts'

/** The tokens that a transition stores together with the change that pays for them. */
export interface NewTokens {
  readonly accessToken: AccessTokenRecord | null
  readonly refreshToken: RefreshTokenRecord | null
}

/** One row, however often an app asks for codes that it does not redeem: their grants are opened on redemption. */
export interface GivenCode {
  readonly kind: 'code'
  readonly code: CodeRecord
}

/** The answer is the access token itself, so the grant begins at once. */
export interface GivenToken {
  readonly kind: 'token'
  readonly grant: GrantRecord
  /** Set when it is opaque. */
  readonly accessToken: AccessTokenRecord | null
  readonly endsAtSeconds: number
}

export interface GrantStore {
  findConsent(
    key: Pick<ConsentRecord, 'tenant' | 'userId' | 'clientId' | 'organisationId'>,
  ): Promise<ConsentRecord | null>

  /**
   * Stores what the app is given, and the consent when one was given. Its scopes are added to those already
   * allowed. Of the redirect URIs, only the one that the page named is: the user has not seen what else was registered
   * since the first yes. One that is no longer registered goes.
   * An interaction answers once: a second answer changes nothing. Of a session that ends at the same moment, with
   * the user's password or the user, neither a code nor a grant is left.
   */
  approveAuthorization(input: {
    given: GivenCode | GivenToken
    consent: NewConsentRecord | null
    interaction: OneTimeId | null
    /** The session that it hangs on; null when there is none. */
    session: TokenHash | null
    /** What it counts in, whoever races for the last of it; null when it counts nowhere. */
    allowance: Allowance | null
  }): Promise<'approved' | 'already_decided' | 'signed_out' | SpentAllowanceOutcome>

  /** Claims an id that may be used once. @returns whether this caller is the first. */
  claimOnce(id: OneTimeId, event?: AuditEventRecord): Promise<boolean>

  findCode(tenant: string, hash: TokenHash): Promise<CodeRecord | null>

  /**
   * Spends the code, opens its grant and stores what was minted for it: exactly one of any number of racing callers
   * gets `redeemed`. A code whose user, app, session or consent has ended is no longer there, or `expired`.
   */
  redeemCode(input: {
    tenant: string
    hash: TokenHash
    clientId: ClientId
    nowSeconds: number
    tokens: NewTokens
    /** When the last of its tokens expires. */
    endsAtSeconds: number
  }): Promise<'redeemed' | 'already_redeemed' | 'expired' | 'unknown'>

  findRefreshToken(
    tenant: string,
    hash: TokenHash,
  ): Promise<{ token: RefreshTokenRecord; grant: GrantRecord; grantIsLive: boolean } | null>

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
   * only the feed line is written, as long as the app's allowance lasts.
   */
  revokeGrant(input: GrantEnding): Promise<GrantEndingOutcome>

  /**
   * Ends every grant that a user gave (to one app, when named; for one organisation, or none, when that is named
   * too), and forgets the consents. @returns how many, as far as {@link continueEndings} is not left with them.
   */
  revokeUserGrants(input: UserGrantsEnding, event?: AuditEventRecord): Promise<number>

  /**
   * What has ended gives nothing more from then on, but where it had very many grants their rows are left to be ended:
   * goes on with at most so many of them. @returns false when there was nothing left
   */
  continueEndings(limit: number): Promise<boolean>
  hasUnfinishedEndings(): Promise<boolean>

  /** Whether a token with these facts is void: its grant, its client or its user was revoked since. */
  isRevoked(token: {
    tenant: string
    grantId: GrantId
    clientId: ClientId
    userId: UserId | null
    clientTag: RevocationTag | null
    userTag: RevocationTag | null
    issuedAtSeconds: number
  }): Promise<boolean>

  /** Live ones, the newest first. */
  listUserGrants(
    tenant: string,
    userId: UserId,
    page?: Page<ByAge>,
  ): Promise<readonly GrantRecord[]>
  /**
   * What a user is connected to: a line for each app and organisation with all that its grants and the consent say, so
   * that a part of the list tells the whole of each. In the order of the ids, which do not change when one is used.
   */
  listConnections(
    tenant: string,
    userId: UserId,
    page?: Page<ConnectionKey>,
  ): Promise<readonly Connection[]>
  findConnection(
    key: ConnectionKey & { readonly tenant: string; readonly userId: UserId },
  ): Promise<Connection | null>
}

export type GrantEndingOutcome = 'ended' | 'ended_before' | SpentAllowanceOutcome

/** The allowance is used up, and nothing was changed. */
export interface SpentAllowanceOutcome {
  readonly spentForSeconds: number
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
  /** What stands for an enabled user, alone. */
  | {
      readonly kind: 'code'
      readonly accessIdentifierId: string
    }
  /** A JWT of a trusted issuer, which names an enabled user. */
  | {
      readonly kind: 'identity'
      readonly trustedIssuerId: ClientId
      readonly accessIdentifierId: string
      /**
       * Claimed with the grant, when the JWT is good for one use. One from before a restore may have had it since the
       * backup, of which nobody knows any more.
       */
      readonly once: JwtId | null
    }

export type OpenGrantOutcome =
  | 'opened'
  | 'key_ended'
  | 'issuer_ended'
  | 'identifier_gone'
  | 'user_ended'
  | 'already_used'

export interface ConnectionKey {
  readonly clientId: ClientId
  readonly organisationId: string | null
}

export interface Connection extends ConnectionKey {
  /** All that the app may do, or may have again without asking, in the order of the alphabet. */
  readonly scopes: readonly string[]
  /** Of what is still there the earliest. */
  readonly sinceSeconds: number
  /** When it last got a refresh token, to the hour; null when that is not known. */
  readonly lastUsedAtSeconds: number | null
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
