// The part of the port that the processes which share a database need for each other: leases, and how busy it is. Must
// not know what they are held for.

/** What only one process at a time should do. Its holder takes the lease again before it ends. */
export interface LeaseStore {
  /** @returns false while somebody else holds it. */
  takeLease(input: {
    readonly task: string
    readonly holder: string
    readonly nowSeconds: number
    readonly endsAtSeconds: number
  }): Promise<boolean>
  /** @returns false when it was not the holder's. */
  endLease(task: string, holder: string): Promise<boolean>
}

/** What has moved on for a tenant: its feed has another number, or those who follow it have read further. */
export interface News {
  readonly of: 'feed' | 'followers'
  readonly tenant: string
}

/** What processes that share a database tell each other as soon as it is committed. */
export interface NewsStore {
  /**
   * From now on, tells of what this process has committed and, while {@link hearsOthers}, of what others have.
   * @param hear is given undefined when there may be news that nobody told of
   */
  hearNews(hear: (news: News | undefined) => void): void
  /** While it does not, one has to look. */
  hearsOthers(): boolean
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
