// Copies of the embedded database, and putting one in its place. A file that a server has open cannot be copied like
// any other: most of what was committed lies in the log beside it, so that `cp` gives an empty or a torn database.

import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { NoDatabaseError, StoreUnavailableError } from '../port.ts'
import { resultCode, SQLITE_BUSY } from './sqlite-errors.ts'
import { PATIENCE_MILLISECONDS } from './sqlite-file.ts'

/** What SQLite keeps beside a database file. */
const COMPANIONS = ['-wal', '-shm', '-journal']

/**
 * Writes what is committed at this moment into a new file, while servers go on.
 * @throws NoDatabaseError when there is no such database, or it is none of ours
 * @throws StoreUnavailableError when the disk is full, or cannot be read
 */
export function copyDatabase(from: string, to: string): void {
  const source = open(from, { readOnly: true })
  try {
    copy(source, from, to)
  } finally {
    source.close()
  }
}

function copy(source: DatabaseSync, from: string, to: string): void {
  try {
    // Into an empty file, which only its owner may read.
    closeSync(openSync(to, 'wx', 0o600))
  } catch (cause) {
    if (!existsSync(to)) throw cause
    throw new StoreUnavailableError(
      `${to} exists already, and is not overwritten: name another file`,
      { cause },
    )
  }
  try {
    source.prepare('vacuum into ?').run(to)
    checkCopy(to)
  } catch (cause) {
    rmSync(to, { force: true })
    if (!(cause instanceof Error)) throw cause
    const message = `cannot copy the database ${from}: ${cause.message}`
    if (isNoDatabase(cause)) throw new NoDatabaseError(message, { cause })
    throw new StoreUnavailableError(message, { cause })
  }
  flush(to)
  flush(dirname(to))
}

/** What was copied from a broken file, or is no database of ours, is found out now and not on the day it is needed. */
function checkCopy(path: string): void {
  const db = open(path, { readOnly: true })
  try {
    const [{ quick_check: found } = {}] = db.prepare('pragma quick_check').all()
    if (found !== 'ok') throw new NoDatabaseError(`it is damaged: ${String(found)}`)
    const ours = db.prepare("select 1 from sqlite_schema where name = 'kysely_migration'").get()
    if (ours === undefined) throw new NoDatabaseError('it is not a database of Ostiary')
  } finally {
    db.close()
  }
}

export interface HeldDatabase {
  /** Of what is in it. */
  copyTo(path: string): void
  /** Puts a file in its place, and keeps it under another name. Whoever opens it meanwhile gets one of the two. */
  replaceBy(path: string, options: { readonly keepAs: string }): void
  release(): void
}

/** Keeps everybody else out of a database. @returns undefined when somebody has it open */
export function holdDatabase(path: string): HeldDatabase | undefined {
  const db = existsSync(path) ? lock(path) : undefined
  if (db === 'busy') return undefined
  return {
    copyTo(to) {
      if (db === undefined)
        throw new StoreUnavailableError(`${path} is no database that can be read`)
      copy(db, path, to)
    },
    replaceBy(replacement, { keepAs }) {
      // No log of the old one must be taken for one of the new: it goes into the file, or beside it where that is broken.
      if (db) db.exec('pragma journal_mode = delete')
      for (const end of COMPANIONS.filter((each) => existsSync(path + each))) {
        if (db) rmSync(path + end)
        else renameSync(path + end, keepAs + end)
      }
      if (existsSync(path)) linkSync(path, keepAs)
      renameSync(replacement, path)
      flush(dirname(path))
    },
    release() {
      if (db?.isOpen) db.close()
    },
  }
}

/** @returns undefined when it is so broken that nobody can be in it */
function lock(path: string): DatabaseSync | 'busy' | undefined {
  const db = open(path, { readOnly: false })
  try {
    // In this mode the log is taken for oneself: that fails while anybody else has the file open, even idly.
    db.exec('pragma locking_mode = exclusive; begin exclusive; commit')
    return db
  } catch (error) {
    db.close()
    if (resultCode(error) === SQLITE_BUSY) return 'busy'
    if (isNoDatabase(error)) return undefined
    throw error
  }
}

const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

function isNoDatabase(error: unknown): boolean {
  if (error instanceof NoDatabaseError) return true
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(resultCode(error))
}

function open(path: string, options: { readonly readOnly: boolean }): DatabaseSync {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile()) {
    const reason = found ? 'it is no file' : 'there is no such file'
    throw new NoDatabaseError(`cannot open the database file ${path}: ${reason}`)
  }
  try {
    return new DatabaseSync(path, { ...options, timeout: PATIENCE_MILLISECONDS })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StoreUnavailableError(`cannot open the database file ${path}: ${reason}`, { cause })
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}
