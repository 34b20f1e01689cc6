// What a copy of the feed knows of the time after a backup, if it is the right copy for it.

import type { LaterRevocations } from '../../operations/restore.ts'
import { UsageError } from '../failure.ts'
import { readPages } from './feed-copy.ts'

export interface CopyOfFeed extends LaterRevocations {
  readonly issuer: string
  readonly lastReadAtSeconds: number
}

/** Where the backup stands: its epoch, and the last number that it knows, by issuer. */
export interface Backup {
  readonly epoch: string
  readonly lastSequenceOf: (issuer: string) => number | undefined
}

/** @throws UsageError when the copy does not begin before the backup and go on after it */
export function readLaterRevocations(path: string, backup: Backup): CopyOfFeed {
  const { pages } = readPages(path)
  const last = pages.at(-1)
  if (last === undefined) throw refusal(path, 'is empty')
  const { issuer, readAtSeconds: lastReadAtSeconds } = last
  const backupSequence = backup.lastSequenceOf(issuer)
  if (backupSequence === undefined) throw refusal(path, `is of ${issuer}, which is not configured`)

  const first = pages.findIndex(({ epoch }) => epoch === backup.epoch)
  if (first === -1) throw refusal(path, 'is not of the database that the backup was made of')
  const since = pages.slice(first)
  const known = since.findLast(({ epoch }) => epoch === backup.epoch) ?? last
  if (known.lastSequence < backupSequence) throw refusal(path, 'ends before the backup was made')
  // A copy of a later epoch begins with it, so that it lacks none of its numbers.
  const isIncomplete = since.some(
    ({ epoch, completeAfter }) => completeAfter > (epoch === backup.epoch ? backupSequence : 0),
  )
  if (isIncomplete) throw refusal(path, 'begins after the backup was made, or has a gap since')

  const later = since.filter(
    ({ epoch, sequence }) => epoch !== backup.epoch || sequence > backupSequence,
  )
  return {
    issuer,
    lastReadAtSeconds,
    ids: new Set(later.flatMap(({ revocations }) => revocations.map(({ id }) => id))),
    lastSequence: Math.max(...since.map(({ lastSequence }) => lastSequence)),
  }
}

function refusal(path: string, what: string): UsageError {
  return new UsageError(
    `the copy of the feed ${path} ${what}: it does not tell what was revoked since\n→ name another copy, or leave it out and choose --end-all-grants; nothing was changed`,
  )
}
