// Signing keys.

import type { AuditEventRecord, KeyRecord } from '../records.ts'

export interface KeyStore {
  /**
   * Keys that are not expired, current first. Not in parts: whoever signs or checks needs all, and there are two for each
   * algorithm, or API of the configuration, with those that a rotation has just put out of use.
   */
  listKeys(tenant: string, nowSeconds: number): Promise<readonly KeyRecord[]>
  /** Stores the keys that a set lacks, of one API and algorithm: current, next or both. Of several processes that need them at once, one gets `created`. */
  createFirstKeys(keys: readonly KeyRecord[]): Promise<'created' | 'exists'>
  /** Of the API and algorithm of `next`: next becomes current, current becomes previous until `previousExpiresAtSeconds`, `next` is added. */
  rotateKeys(input: KeyRotationInput, event?: AuditEventRecord): Promise<'rotated' | 'lost'>
}

export interface KeyRotationInput {
  tenant: string
  /** The current key as the caller knows it: when another process was faster, nothing happens. */
  currentKid: string
  next: KeyRecord
  nowSeconds: number
  previousExpiresAtSeconds: number
}
