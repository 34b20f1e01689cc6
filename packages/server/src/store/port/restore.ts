// A database that was just restored from a backup, before any server runs on it. It is apart from the rest of the store:
// nothing but `ostiary restore` may end what it ends, and time does not matter.

import type { RevocationRecord } from '../records.ts'
import type { KeyStore } from './keys.ts'

export interface RestoredDatabase {
  look(): Promise<RestoredState>
  /** What lines of the feed can be about, in the order of the ids, from the one after `afterId`. */
  listSubjects(input: {
    readonly tenant: string
    readonly source: SubjectSource
    /** Empty for the first page. */
    readonly afterId: string
    readonly limit: number
  }): Promise<readonly RestoredSubject[]>
  /** With these the master key can be tried, before they are gone. */
  readonly listKeys: KeyStore['listKeys']
  /** All of it or nothing, in one transaction. */
  restore(restoration: Restoration): Promise<void>
  close(): Promise<void>
}

export interface RestoredState {
  readonly epoch: string
  /** All that the database knows of. */
  readonly tenants: readonly { readonly tenant: string; readonly lastSequence: number }[]
  /** The latest moment that anything in it tells of; 0 when it is empty. */
  readonly newestAtSeconds: number
}

/** Applications, keys and trusted issuers all act as clients. */
export type SubjectSource = 'grants' | 'users' | 'clients' | 'applicationKeys' | 'trustedIssuers'

export interface RestoredSubject {
  readonly id: string
  /** What lines call it besides; null for a grant. */
  readonly tag: string | null
  /** For people; null where it has none. */
  readonly name: string | null
}

export interface Restoration {
  readonly epoch: string
  readonly nowSeconds: number
  /** Every access token that was issued until then is void. */
  readonly issuedUntilSeconds: number
  readonly tenants: readonly TenantRestoration[]
}

export interface TenantRestoration {
  readonly tenant: string
  /** A number that no follower can have seen. */
  readonly firstSequence: number
  readonly ends: GrantsToEnd
  /** Whether it is known which grants were ended since: these. */
  readonly isKnown: boolean
  readonly ended: readonly EndedSubject[]
}

/**
 * Which grants end beside those that are known to have ended. `rotating`: those that live from a refresh token which
 * each use replaces, since it may have been spent after the backup. `named`: no others.
 */
export type GrantsToEnd = 'all' | 'rotating' | 'named'

export interface EndedSubject {
  readonly source: SubjectSource
  readonly id: string
}

/** The kind that lines about such a subject have. */
export const KIND_OF_SOURCE: Readonly<
  Record<SubjectSource, Exclude<RevocationRecord['kind'], 'tenant'>>
> = {
  grants: 'grant',
  users: 'user',
  clients: 'client',
  applicationKeys: 'client',
  trustedIssuers: 'client',
}
