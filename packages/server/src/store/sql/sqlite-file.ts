// Opens the database file of the embedded store, so that only its owner can read it and no commit is lost.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../port.ts'

/** How long others may write before what has to be written here fails. */
export const PATIENCE_MILLISECONDS = 1750

/** Taken as it is needed: the upper pages of every index, so that a look-up among millions reads one page or two. */
const CACHE_KIBIBYTES = 65_536
/** 32 MB of log: then whoever commits empties it, if nobody else did (checkpointer.ts). */
const CHECKPOINT_PAGES = 8000

/** @throws StoreUnavailableError when the file cannot be made or is not a database. */
export function openDatabaseFile(path: string): DatabaseSync {
  try {
    createPrivately(path)
    const db = new DatabaseSync(path, {
      timeout: PATIENCE_MILLISECONDS,
      enableForeignKeyConstraints: true,
    })
    db.exec(`pragma journal_mode = wal; pragma synchronous = full;
      pragma cache_size = -${CACHE_KIBIBYTES}; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    return db
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StoreUnavailableError(`cannot open the database file ${path}: ${reason}`, { cause })
  }
}

/** SQLite would make it readable for all; the files it puts beside it take over the mode of this one. */
function createPrivately(path: string): void {
  if (path === ':memory:') return
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}
