// Versions of the API.

import type { ClientId } from '../../protocol/ids.ts'
import type { VersionUseRecord } from '../records.ts'
import type { OneTimeId } from './ending.ts'
import type { Page } from './page.ts'

export interface VersionUseStore {
  /** Adds to the counts of their days, for apps that there are. A batch counts once, however often it comes. */
  recordVersionUses(input: {
    readonly uses: readonly VersionUseRecord[]
    /** null when it cannot come twice. */
    readonly batch: OneTimeId | null
  }): Promise<'recorded' | 'already_recorded'>
  /** How often each app has called each version in all. In the order of apps and versions. */
  listVersionUses(
    input: VersionUsesOf,
    page?: Page<VersionUsesKey>,
  ): Promise<readonly VersionUses[]>
}

export interface VersionUsesOf {
  readonly tenant: string
  /** null for all of them. */
  readonly clientId: ClientId | null
  /** That day and later ones. */
  readonly fromDay: string
}

export type VersionUsesKey = Pick<VersionUseRecord, 'clientId' | 'version'>

export interface VersionUses extends VersionUsesKey {
  readonly calls: number
  /** `2026-11-21`, UTC. */
  readonly lastDay: string
}
