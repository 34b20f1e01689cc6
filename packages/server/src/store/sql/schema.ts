// The tables, as one typed schema for both dialects. A row is a record of `../records.ts`, here and there with
// columns that only the store needs; Kysely writes the names in snake_case.

import type { Generated } from 'kysely'
import type { TokenHash } from '../../protocol/ids.ts'
import type { SecretOfClient } from '../port/clients.ts'
import type { KnownCaller } from '../port/guessing.ts'
import type { OneTimeId } from '../port.ts'
import type {
  AccessIdentifierRecord,
  AccessTokenRecord,
  AllowanceUseRecord,
  ApplicationKeyRecord,
  AuditEventRecord,
  ClientRecord,
  ClientSecretRecord,
  CodeRecord,
  ConsentRecord,
  GrantRecord,
  KeyRecord,
  MembershipRecord,
  OrganisationRecord,
  RefreshTokenRecord,
  RevocationRecord,
  SessionRecord,
  TrustedIssuerRecord,
  UnitRecord,
  UserRecord,
  VersionUseRecord,
} from '../records.ts'

export interface Database {
  clients: ClientRecord
  clientSecrets: ClientSecretRecord
  revokedSecrets: SecretOfClient
  grants: GrantRow
  codes: CodeRecord
  refreshTokens: RefreshTokenRow
  accessTokens: AccessTokenRecord
  consents: ConsentRow
  oneTimeIds: OneTimeId
  revocations: RevocationRow
  revocationSequences: { tenant: string; sequence: number }
  unfinishedEndings: UnfinishedEndingRow
  feedFollowers: FollowerRow
  feeds: { epoch: string; idsUntilSeconds: number }
  organisations: OrganisationRecord
  units: UnitRecord
  users: UserRecord
  memberships: MembershipRecord
  sessions: SessionRecord
  knownCallers: KnownCaller
  signingKeys: KeyRecord
  auditEvents: AuditEventRow
  applicationKeys: ApplicationKeyRecord
  accessIdentifiers: AccessIdentifierRecord
  trustedIssuers: TrustedIssuerRecord
  allowanceUses: AllowanceUseRecord
  versionUses: VersionUseRecord
  changeSequences: { name: string; sequence: number }
  leases: LeaseRow
  guesses: GuessRow
  kyselyMigration: { name: string; timestamp: string }
}

export interface GrantRow extends GrantRecord {
  /** When the last token that the store knows of expires. */
  readonly endsAtSeconds: number
  /** What stood for the user when it was opened with an application key or an identity JWT. */
  readonly accessIdentifierId: string | null
  /** When it last gave a token to whoever held its refresh token, to the hour. */
  readonly lastUsedAtSeconds: number | null
}

export interface RefreshTokenRow extends RefreshTokenRecord {
  /** Set when it is rotated, all four. */
  readonly successorHash: TokenHash | null
  readonly fingerprint: string | null
  readonly sealedAnswer: string | null
  readonly answerExpiresAtSeconds: number | null
}

export interface ConsentRow extends Omit<ConsentRecord, 'organisationId'> {
  /** Empty for none: in a primary key, nulls would be distinct. */
  readonly organisationId: string
}

export interface RevocationRow extends RevocationRecord {
  readonly tenant: string
}

/** Has more grants than were ended with it. */
export interface UnfinishedEndingRow {
  readonly tenant: string
  /** What its grants are found by, and whether they are told one by one (`…-alone`, `identifier`). */
  readonly kind: 'client' | 'client-alone' | 'user' | 'user-alone' | 'identifier'
  /** The former tag, or the id of the access identifier. */
  readonly subject: string
  /** Of the user; the grants of other kinds are found without. */
  readonly ownerId: string
  readonly endedAtSeconds: number
}

export interface FollowerRow {
  readonly tenant: string
  /** The API and the name of its process. */
  readonly follower: string
  readonly sequence: number
  /** 0 since it let a wait lapse, until it confirms a line in time. */
  readonly isPrompt: number
  readonly expiresAtSeconds: number
}

export interface LeaseRow {
  readonly task: string
  /** The process that does it. */
  readonly holder: string
  readonly endsAtSeconds: number
}

export interface GuessRow {
  readonly tenant: string
  readonly purpose: string
  readonly slot: string
  /** Within the window. */
  readonly failures: number
  /** How many there may be. */
  readonly allowed: number
  /** Places of checks that are under way, unless they were forgotten. */
  readonly pending: number
  readonly pendingUntilSeconds: number
  readonly windowEndsAtSeconds: number
  /** When the last place was taken; 0 when it was given back. */
  readonly checkedAtSeconds: number
  /** 0 while it lets somebody through. */
  readonly spentUntilSeconds: number
  readonly subject: string | null
}

export interface AuditEventRow extends AuditEventRecord {
  /** Orders events of the same second. */
  readonly sequence: Generated<number>
}
