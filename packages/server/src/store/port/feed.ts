// The feed of revocations as APIs follow it. Its lines are written by whatever ends something.

import type { RevocationRecord } from '../records.ts'

export interface FeedStore {
  readFeedState(tenant: string): Promise<FeedState>
  /**
   * Lines after a sequence number, oldest first, and the state that the feed had at the same moment. A line seen with
   * number n means all lower ones were visible.
   */
  readFeed(input: {
    tenant: string
    afterSequence: number
    nowSeconds: number
    limit: number
  }): Promise<FeedPage>
}

export interface FeedState {
  /** Made with the database and renewed by a restore: numbers of one epoch say nothing about those of another. */
  readonly epoch: string
  /** The last number that the tenant's feed gave out; 0 before the first. */
  readonly lastSequence: number
  /** Until then there may be tokens without tags, which only the ids of their app and user can name. */
  readonly idsUntilSeconds: number
}

export interface FeedPage extends FeedState {
  readonly lines: readonly RevocationRecord[]
}
