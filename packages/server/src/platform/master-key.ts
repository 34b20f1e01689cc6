// The key under which everything secret is sealed at rest: given by the operator, or kept in a file beside
// the embedded database, where only its owner may read it.

import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from './make-folder.ts'

const KEY_BYTES = 32
const FILE_NAME = 'master.key'
const MAKE_ONE = 'make one with `openssl rand -base64 32`'
/** A new key beside an old database opens nothing of what is there: who follows that advice signs with no key any more. */
const PUT_BACK =
  'put back the key that the database was made with, from where you keep it; if it is lost for good, docs/guides/operations.md says how to go on, and what that costs'
const FOR_EITHER = `for a new database, ${MAKE_ONE}; for one that is there, ${PUT_BACK}`

/** The master key cannot be used. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError'
  readonly what: string
  readonly remedy: string

  constructor(what: string, remedy: string) {
    super(`${what}: ${remedy}`)
    this.what = what
    this.remedy = remedy
  }
}

export interface MasterKeySettings {
  /** As configured: base64, base64url or hexadecimal. */
  readonly masterKey?: string | undefined
  readonly database:
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'postgres' }
}

/**
 * The configured key, or the one beside the SQLite database; makes that on the first start, before there is a
 * database. @throws MasterKeyError
 */
export function loadMasterKey({ masterKey, database }: MasterKeySettings): Buffer {
  if (masterKey !== undefined) return decode(masterKey, 'OSTIARY_MASTER_KEY', FOR_EITHER)
  if (database.kind === 'postgres') {
    throw new MasterKeyError(
      'PostgreSQL needs OSTIARY_MASTER_KEY (or OSTIARY_MASTER_KEY_FILE), the same for all processes',
      FOR_EITHER,
    )
  }
  if (database.path === ':memory:') return randomBytes(KEY_BYTES)
  const file = masterKeyFile(database.path)
  if (!existsSync(file)) createFile(file, database.path)
  return decode(readFile(file), file, existsSync(database.path) ? PUT_BACK : MAKE_ONE)
}

/** Where the key of a SQLite database is kept. */
export function masterKeyFile(databasePath: string): string {
  return join(dirname(databasePath), FILE_NAME)
}

/** @returns undefined when the text is not 32 random bytes in base64, base64url or hexadecimal. */
export function decodeMasterKey(text: string): Buffer | undefined {
  const trimmed = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)
      ? Buffer.from(trimmed, 'base64')
      : undefined
  // 32 random bytes hold at least 20 different ones; a key typed by hand or copied from an example does not.
  return key && new Set(key).size >= 20 ? key : undefined
}

function decode(text: string, source: string, remedy: string): Buffer {
  const key = decodeMasterKey(text)
  if (key) return key
  throw new MasterKeyError(`${source} ${describeBadMasterKey(text).what}`, remedy)
}

/** Of a text that is none: what is wrong, and what to do where nobody knows whether there is a database yet. */
export function describeBadMasterKey(text: string): { what: string; remedy: string } {
  const what = `is not ${KEY_BYTES} random bytes in base64 or hexadecimal: ${faultOf(text.trim())}`
  return { what, remedy: FOR_EITHER }
}

/** What is wrong with it, without a character of it: it may be the right one but for its end. */
function faultOf(text: string): string {
  if (text === '') return 'it is empty'
  if (/^["'].*["']$/.test(text)) return 'it has quotation marks around it'
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return 'it has characters that neither has'
  const bytes = /^[0-9a-f]{50,}$/i.test(text) ? text.length / 2 : Buffer.from(text, 'base64').length
  if (bytes !== KEY_BYTES) return `it holds ${Math.floor(bytes)} bytes`
  return 'its bytes repeat, as none at random do'
}

function readFile(file: string): string {
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new MasterKeyError(`${file} can be read by other users`, `run \`chmod 600 ${file}\``)
  }
  return readFileSync(file, 'utf8')
}

/** Of several processes that start at once, one creates the file; a half-written one is never seen. */
function createFile(file: string, databasePath: string): void {
  if (existsSync(databasePath)) {
    throw new MasterKeyError(`${file} is missing, and ${databasePath} is sealed under it`, PUT_BACK)
  }
  makeFolder(dirname(file), 0o700)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, {
    mode: 0o600,
    flush: true,
  })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(draft)
  }
}
