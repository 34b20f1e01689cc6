// Tells trouble of the embedded database, or of the disk under it, from an error in a statement of ours.

import { StoreUnavailableError } from '../port.ts'

export const SQLITE_BUSY = 5

/** Primary result codes: busy, locked, out of memory, read-only, I/O error, corrupt, full, cannot open, no database. */
const UNAVAILABLE = new Set([SQLITE_BUSY, 6, 7, 8, 10, 11, 13, 14, 26])

export function isUnavailable(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  // Node's own: the database was closed.
  if ('code' in error && error.code === 'ERR_INVALID_STATE') return true
  return UNAVAILABLE.has(resultCode(error))
}

/** The primary result code, or 0 when the error is not from SQLite. */
export function resultCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error)) return 0
  return Number(error.errcode) & 0xff
}

/** @returns a StoreUnavailableError for trouble, and any other error as it is. */
export function asStoreError(error: unknown): unknown {
  if (!isUnavailable(error)) return error
  return new StoreUnavailableError(`the database cannot answer: ${error.message}`, { cause: error })
}
