// Everything unguessable starts here.

import { randomFillSync } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What a secret is, visible in its first characters so that people and secret scanners recognise it. */
export type SecretPrefix =
  | 'ost_at' // opaque access token
  | 'ost_rt' // refresh token
  | 'ost_ac' // authorization code
  | 'ost_cs' // client secret
  | 'ost_ss' // session

const SECRET_BYTES = 32
const ID_BYTES = 16

/** A new secret of 256 bits: prefix, random part, checksum over both. */
export function newSecret(prefix: SecretPrefix): string {
  const body = `${prefix}_${newRandomBytes(SECRET_BYTES).toString('base64url')}`
  return body + checksum(body)
}

/** Whether text can be a secret of this kind: tells a mistyped one from a wrong one without a look-up. */
export function looksLikeSecret(prefix: SecretPrefix, text: string): boolean {
  if (!text.startsWith(`${prefix}_`)) return false
  const body = text.slice(0, -CHECKSUM_LENGTH)
  return text.slice(-CHECKSUM_LENGTH) === checksum(body)
}

const CHECKSUM_LENGTH = 6

function checksum(text: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(text))
  return bytes.toString('base64url')
}

/** A new public identifier of 128 bits, in hexadecimal: unique, and not to be guessed either. */
export function newId(): string {
  return newRandomBytes(ID_BYTES).toString('hex')
}

/** Each request takes several, and the way to the system's source costs more than the bytes: they come in bulk. */
const POOL_BYTES = 4096
const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/** Random bytes, each handed out once. */
export function newRandomBytes(length: number): Buffer {
  if (length > POOL_BYTES) throw new RangeError(`at most ${POOL_BYTES} random bytes at once`)
  if (used + length > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + length))
  pool.fill(0, used, used + length)
  used += length
  return bytes
}
