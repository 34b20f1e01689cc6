// The store as the rest of Ostiary sees it. It speaks OAuth, not tables: each one-time transition is one
// method, one transaction, and says in its result what happened. Must not know SQL, HTTP or the clock.

import type { ChangeStore, ClientStore } from './port/clients.ts'
import type { FeedStore } from './port/feed.ts'
import type { FollowerStore } from './port/followers.ts'
import type { GrantStore } from './port/grants.ts'
import type { GuessStore } from './port/guessing.ts'
import type { KeyStore } from './port/keys.ts'
import type { ApplicationKeyStore } from './port/machines.ts'
import type { Page } from './port/page.ts'
import type { IdentityStore } from './port/people.ts'
import type { LeaseStore, NewsStore, StoreLoad, StoreObserver } from './port/process.ts'
import type { VersionUseStore } from './port/versions.ts'
import type { AuditEventRecord } from './records.ts'

export type { ChangeStore, ClientStore } from './port/clients.ts'
export type {
  AccessIdentifierEnding,
  ClientEnding,
  Ending,
  HolderEnding,
  JwtId,
  MachineToken,
  OneTimeId,
  UserEnding,
} from './port/ending.ts'
export type {
  Connection,
  ConnectionKey,
  GivenCode,
  GivenToken,
  GrantEndingOutcome,
  GrantGuard,
  GrantStore,
  NewTokens,
  OpenGrantOutcome,
  RotateInput,
  RotateOutcome,
} from './port/grants.ts'
export type { GuessStore } from './port/guessing.ts'
export type { KeyStore } from './port/keys.ts'
export type { ApplicationKeyStore } from './port/machines.ts'
export type { ByAge, Page } from './port/page.ts'
export type {
  IdentityStore,
  OrganisationWithUnits,
  UserWithMemberships,
} from './port/people.ts'
export type { News, StoreLoad, StoreObserver } from './port/process.ts'
export type { VersionUseStore } from './port/versions.ts'

/** A store that cannot answer (lost connection, disk full, time-out). The caller answers 503, never a guess. */
export class StoreUnavailableError extends Error {
  override readonly name: string = 'StoreUnavailableError'
}

/** What should be a database of ours is another file, or damaged, or not there: to ask again will not help. */
export class NoDatabaseError extends StoreUnavailableError {
  override readonly name = 'NoDatabaseError'
}

/** Numbers that grow, with gaps. */
export interface BySequence {
  readonly sequence: number
}

export interface Store
  extends ClientStore,
    ChangeStore,
    GrantStore,
    FeedStore,
    FollowerStore,
    IdentityStore,
    ApplicationKeyStore,
    KeyStore,
    VersionUseStore,
    GuessStore,
    LeaseStore,
    NewsStore {
  recordAuditEvent(event: AuditEventRecord): Promise<void>
  /** The latest first. */
  listAuditEvents(
    tenant: string,
    page?: Page<BySequence>,
  ): Promise<readonly (AuditEventRecord & BySequence)[]>
  /** Deletes up to `limit` rows per table that expired before now. @returns how many went. */
  deleteExpired(nowSeconds: number, limit: number): Promise<number>
  /** About how many rows {@link deleteExpired} has to do with now, counting up to `limit` per table. */
  countExpired(nowSeconds: number, limit: number): Promise<number>
  /** Tables that have outgrown what the database knows of their size, and chooses its ways by. */
  findOutgrownTables(): Promise<readonly string[]>
  /** Lets the database look at one of them. */
  analyseTable(name: string): Promise<void>
  /** From now on, tells one observer of every call that reaches the database. */
  watch(observer: StoreObserver): void
  load(): StoreLoad
  /** @throws StoreUnavailableError when the database does not answer or its schema is not this version's. */
  check(): Promise<void>
  close(): Promise<void>
}
