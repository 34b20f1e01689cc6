// The part of the port that limits guessing, for all processes together: allowances of failures, places in them for
// checks that are under way, and who is known at an account. Must not know what is guessed.

import type { AuditEventRecord } from '../records.ts'
import type { Page } from './page.ts'

/** How often a check may fail, or something else happen that counts, within a window of time, and what follows then. */
export interface Allowance {
  /** Each has counts of its own. */
  readonly purpose: string
  /** Of whom or of what: an account, an address, both. Several may share a slot, so that there are not too many. */
  readonly slot: string
  readonly failures: number
  readonly windowSeconds: number
  /** Beyond that, one check in so many seconds; 0 for none until the window is over. */
  readonly thenEverySeconds: number
  /** The same for whoever has failures in an allowance that is named before this one: others go first. */
  readonly thenEverySecondsAfterFailures?: number
  /** Whether a check that is right makes the failures before it forgotten. */
  readonly endsWithSuccess?: boolean
}

/** A check that was not made counts neither way. */
export type TryResult = 'failed' | 'right' | 'not_made'

export interface GuessStore {
  /**
   * Takes a place in each of the allowances for a check that is about to be made, or in none: so that checks at the
   * same time cannot outrun the limit. A place that is never settled is free again after a while.
   */
  reserveTry(input: {
    readonly tenant: string
    readonly allowances: readonly Allowance[]
    readonly nowSeconds: number
  }): Promise<TryOutcome>
  /**
   * Gives the places back: as failures, when the check failed, else as if they had not been taken. A failure that uses
   * up an allowance is told in the audit trail, as far as the quota of what strangers can write goes.
   * @returns the failures in each allowance now
   */
  settleTry(input: {
    readonly tenant: string
    readonly allowances: readonly Allowance[]
    readonly result: TryResult
    readonly nowSeconds: number
    /** The user or access identifier that the check was about, if there is one: for lists of operators. */
    readonly subject: string | null
    readonly event?: StrangersEvent | undefined
  }): Promise<readonly number[]>
  /** Counts a failure of a check that takes no time. @returns that it was one too many, or how many there are now */
  countFailure(input: {
    readonly tenant: string
    readonly allowance: Allowance
    readonly nowSeconds: number
  }): Promise<{ readonly failures: number } | { readonly spentForSeconds: number }>
  /** The allowances of all tenants that let nobody through until their window is over. */
  listSpentAllowances(
    nowSeconds: number,
    page?: Page<SpentAllowance>,
  ): Promise<readonly SpentAllowance[]>
  /** The users and access identifiers of whom an allowance is used up. */
  listLockedSubjects(
    tenant: string,
    nowSeconds: number,
    page?: Page<LockedSubjectKey>,
  ): Promise<readonly LockedSubject[]>
  /** Forgets all failures of users and access identifiers. @returns whether there were any */
  liftFailures(
    tenant: string,
    subjects: readonly string[],
    event?: AuditEventRecord,
  ): Promise<boolean>
  /** When this caller last proved to be somebody, by the account and where from; null when never, or too long ago. */
  findKnownCaller(caller: KnownCallerKey, nowSeconds: number): Promise<number | null>
  rememberCaller(caller: KnownCaller): Promise<void>
}

/** What somebody can bring about who has proven nothing. */
export interface StrangersEvent {
  /** Who did it to what: the same is told once in a quarter of an hour. */
  readonly slot: string
  readonly record: AuditEventRecord
}

export type TryOutcome =
  | { readonly outcome: 'reserved' }
  /** All free places are taken by checks that are under way. */
  | { readonly outcome: 'busy' }
  | { readonly outcome: 'spent'; readonly seconds: number }

export interface SpentAllowance {
  readonly tenant: string
  readonly purpose: string
  readonly slot: string
  readonly spentUntilSeconds: number
}

export interface LockedSubjectKey {
  readonly subject: string
  readonly purpose: string
}

export interface LockedSubject extends LockedSubjectKey {
  readonly failures: number
  readonly windowEndsAtSeconds: number
}

export interface KnownCallerKey {
  readonly tenant: string
  /** The user or access identifier. */
  readonly account: string
  /** One of a few, so that an account has a bounded number of callers. */
  readonly slot: string
  /** Digest of where from. */
  readonly caller: string
}

export interface KnownCaller extends KnownCallerKey {
  readonly lastAtSeconds: number
  readonly expiresAtSeconds: number
}
