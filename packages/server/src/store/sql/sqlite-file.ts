// Opens the database file of the embedded store, so that only its owner can read it and no commit is lost.

import { closeSync, openSync, type Stats, statSync } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder } from '../../platform/make-folder.ts'
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
  makeFolder(dirname(path), 0o700)
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    // Only a new file may be opened past SQLite. To close one that it has open, too, would drop all its locks (POSIX), and
    // any other process could then take the log away from under this one.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/** Its owner must be able to open it anew: after a restart, and in the thread that empties the log. */
const OWNER_MAY_READ_AND_WRITE = 0o600

/**
 * Remembers which files an open database is in. A process goes on working on files that were deleted, and what it
 * writes is gone when it ends. @returns what throws StoreUnavailableError when they are not where they were
 */
export function watchDatabaseFiles(db: DatabaseSync, path: string): () => Promise<void> {
  // The log is there from the first time on that something is read.
  db.prepare('select count(*) from sqlite_schema').get()
  const log = `${path}-wal`
  const files = [path, log].map((file) => ({ file, opened: statSync(file) }))
  return async () => {
    for (const { file, opened } of files) {
      const problem = await findProblem(file, opened)
      if (problem !== undefined)
        throw new StoreUnavailableError(`the database file ${file} ${problem}`)
    }
  }
}

async function findProblem(file: string, opened: Stats): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) return 'was removed while it is open'
  if (found.ino !== opened.ino || found.dev !== opened.dev) return 'was replaced while it is open'
  const isOpenable = await access(file, constants.R_OK | constants.W_OK).then(
    () => (found.mode & OWNER_MAY_READ_AND_WRITE) === OWNER_MAY_READ_AND_WRITE,
    () => false,
  )
  const mode = (found.mode & 0o777).toString(8)
  return isOpenable ? undefined : `cannot be read and written any more: its mode is ${mode}`
}
