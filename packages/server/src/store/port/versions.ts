// Versions of the API.

import type { ClientId } from '../../protocol/ids.ts'
import type { VersionUseRecord } from '../records.ts'
import type { OneTimeId } from './ending.ts'

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
