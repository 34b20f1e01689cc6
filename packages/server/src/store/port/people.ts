// Organisations, users and their sessions.

import type { TokenHash, UserId } from '../../protocol/ids.ts'
import type {
  AuditEventRecord,
  Membership,
  MembershipRecord,
  OrganisationRecord,
  SessionRecord,
  UnitRecord,
  UserRecord,
} from '../records.ts'
import type { UserEnding } from './ending.ts'
import type { ByAge, Page } from './page.ts'

export type OrganisationWithUnits = OrganisationRecord & { readonly units: readonly UnitRecord[] }

export type ListedUser = UserRecord & { readonly memberships: readonly Membership[] }

export interface IdentityStore {
  createOrganisation(
    organisation: OrganisationRecord,
    units: readonly UnitRecord[],
    event?: AuditEventRecord,
  ): Promise<'created' | 'exists'>
  findOrganisation(tenant: string, id: string): Promise<OrganisationWithUnits | null>
  listOrganisations(tenant: string, page?: Page<ByAge>): Promise<readonly OrganisationWithUnits[]>
  findUnit(tenant: string, id: string): Promise<UnitRecord | null>
  createUser(
    user: UserRecord,
    memberships: readonly MembershipRecord[],
    event?: AuditEventRecord,
  ): Promise<'created' | 'exists'>
  /** Stores all of them, or none when a username or id is taken. @returns the positions of those; empty when all are stored. */
  importUsers(
    users: readonly UserWithMemberships[],
    events?: readonly AuditEventRecord[],
  ): Promise<readonly number[]>
  findUser(tenant: string, id: UserId): Promise<UserRecord | null>
  findUserByUsername(tenant: string, username: string): Promise<UserRecord | null>
  /**
   * Who has this user name; or, where nobody has, the only one whose verified e-mail address it is.
   * @param name folded, as user names are
   */
  findUserForSignIn(tenant: string, name: string): Promise<UserRecord | null>
  listUsers(tenant: string, page?: Page<ByAge>): Promise<readonly ListedUser[]>
  /** All of them: who creates a user gives at most {@link MOST_MEMBERSHIPS}. */
  listMemberships(tenant: string, userId: UserId): Promise<readonly Membership[]>
  /** @returns false when the user is no member. */
  changeRole(
    input: Pick<MembershipRecord, 'tenant' | 'userId' | 'organisationId' | 'role'>,
    event?: AuditEventRecord,
  ): Promise<boolean>
  /** Ends nothing. @returns false when there is no such user. */
  changeEmail(
    input: Pick<UserRecord, 'tenant' | 'email' | 'emailVerified'> & { userId: UserId },
    event?: AuditEventRecord,
  ): Promise<boolean>
  /** Another hash of the same password. Ends nothing. @returns false when the password has changed meanwhile. */
  updatePasswordHash(input: {
    tenant: string
    userId: UserId
    before: string
    after: string
  }): Promise<boolean>
  /** A new password ends every session and grant of the user. */
  changePassword(
    input: UserEnding & { passwordHash: string },
    event?: AuditEventRecord,
  ): Promise<boolean>
  /** A disabled user loses every session and grant at once. */
  disableUser(input: UserEnding, event?: AuditEventRecord): Promise<boolean>

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
  /** Of a user those that are live, the last sign-in first. */
  listSessions(
    input: { readonly tenant: string; readonly userId: UserId; readonly nowSeconds: number },
    page?: Page<BySignIn>,
  ): Promise<readonly SessionRecord[]>
  endSession(tenant: string, hash: TokenHash): Promise<boolean>
  /** Ends one session of a user by the id that lists show. */
  endSessionById(
    session: Pick<SessionRecord, 'tenant' | 'userId' | 'id'>,
    event?: AuditEventRecord,
  ): Promise<boolean>
}

export type BySignIn = Pick<SessionRecord, 'authTimeSeconds' | 'id'>

export interface UserWithMemberships {
  readonly user: UserRecord
  readonly memberships: readonly MembershipRecord[]
}
