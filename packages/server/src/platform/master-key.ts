// The key under which everything secret is sealed at rest: given by the operator, or kept in a file beside
// the embedded database, where only its owner may read it.

import { randomBytes } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

const KEY_BYTES = 32
const FILE_NAME = 'master.key'
const MAKE_ONE = 'make one with `openssl rand -base64 32`'

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
  if (masterKey !== undefined) return decode(masterKey, 'OSTIARY_MASTER_KEY')
  if (database.kind === 'postgres') {
    throw new MasterKeyError(
      'PostgreSQL needs OSTIARY_MASTER_KEY (or OSTIARY_MASTER_KEY_FILE), the same for all processes',
      MAKE_ONE,
    )
  }
  if (database.path === ':memory:') return randomBytes(KEY_BYTES)
  const file = masterKeyFile(database.path)
  if (!existsSync(file)) createFile(file, database.path)
  return readFile(file)
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

function decode(text: string, source: string): Buffer {
  const key = decodeMasterKey(text)
  if (key) return key
  throw new MasterKeyError(
    `${source} is not ${KEY_BYTES} random bytes in base64 or hexadecimal`,
    MAKE_ONE,
  )
}

function readFile(file: string): Buffer {
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new MasterKeyError(`${file} can be read by other users`, `run \`chmod 600 ${file}\``)
  }
  return decode(readFileSync(file, 'utf8'), file)
}

/** Of several processes that start at once, one creates the file; a half-written one is never seen. */
function createFile(file: string, databasePath: string): void {
  if (existsSync(databasePath)) {
    throw new MasterKeyError(
      `${file} is missing, and ${databasePath} is sealed under it`,
      'restore it from your backup, or set OSTIARY_MASTER_KEY',
    )
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
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
