// Everything unguessable starts here.

import { randomFillSync } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { IdFormat, SecretFormat } from '../protocol/contract-rules.ts'
import type { RevocationTag } from '../protocol/ids.ts'
import { systemClock } from './clock.ts'

/** What a secret is, visible in its first characters so that people and secret scanners recognise it. */
export type SecretPrefix =
  | 'ost_at' // opaque access token
  | 'ost_rt' // refresh token
  | 'ost_ac' // authorization code
  | 'ost_cs' // client secret
  | 'ost_ss' // session
  | 'ost_ak' // application key
  | 'ost_uc' // authentication code of a user

const SECRET_BYTES = 32
const ID_BYTES = 16

/** A new secret: of 256 bits with prefix and checksum, unless a contract lays down another form. */
export function newSecret(
  prefix: SecretPrefix,
  format: SecretFormat = { kind: 'prefixed' },
): string {
  if (format.kind === 'hex') return newHex(format)
  const time = TIMED.has(prefix) ? timeText() : ''
  const body = `${prefix}_${time}${takeText(SECRET_BYTES, 'base64url')}`
  return body + checksum(body)
}

/** Of these a store has millions: their keys begin with the time, so that what is new lies side by side (hash.ts). */
const TIMED: ReadonlySet<SecretPrefix> = new Set(['ost_at', 'ost_rt', 'ost_ac'])

/** Milliseconds since 1970 as eight characters that sort like the time, until 2059. */
function timeText(): string {
  return systemClock.nowMilliseconds().toString(36).padStart(8, '0')
}

/** Whether text can be a secret of this kind: tells a mistyped one from a wrong one without a look-up. */
export function looksLikeSecret(prefix: SecretPrefix, text: string): boolean {
  if (!text.startsWith(`${prefix}_`)) return false
  const body = text.slice(0, -CHECKSUM_LENGTH)
  return text.slice(-CHECKSUM_LENGTH) === checksum(body)
}

const CHECKSUM_LENGTH = 6

const sum = Buffer.alloc(4)

function checksum(text: string): string {
  sum.writeUInt32BE(crc32(text))
  return sum.toString('base64url')
}

/** A new public identifier: unique, and not to be guessed either. */
export function newId(format: IdFormat = { kind: 'hex', bytes: ID_BYTES }): string {
  return format.kind === 'hex' ? newHex(format) : newNumber(format.digits)
}

/** One of which a store has millions: begins with the time, as a UUID of version 7 does, and has 80 random bits. */
export function newTimedId(): string {
  return systemClock.nowMilliseconds().toString(16).padStart(12, '0') + takeText(10, 'hex')
}

/** 80 bits: what tokens carry of it must find a place in what the contracts lay down. */
export function newRevocationTag(): RevocationTag {
  return takeText(10, 'hex') as RevocationTag
}

function newHex({ bytes, upperCase }: { bytes: number; upperCase?: boolean }): string {
  const digits = takeText(bytes, 'hex')
  return upperCase ? digits.toUpperCase() : digits
}

/** Decimal digits without a leading zero; of 64 random bits the bias does not matter. */
function newNumber(digits: number): string {
  const lowest = 10n ** BigInt(digits - 1)
  return String(lowest + (newRandomBytes(8).readBigUInt64BE() % (9n * lowest)))
}

/** Each request takes several, and the way to the system's source costs more than the bytes: they come in bulk. */
const POOL_BYTES = 4096
const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/** Random bytes, each handed out once. */
export function newRandomBytes(length: number): Buffer {
  const from = reserve(length)
  const bytes = Buffer.from(pool.subarray(from, used))
  pool.fill(0, from, used)
  return bytes
}

function takeText(length: number, encoding: 'hex' | 'base64url'): string {
  const from = reserve(length)
  const text = pool.toString(encoding, from, used)
  pool.fill(0, from, used)
  return text
}

/** @returns where in the pool the bytes begin; they end where `used` is then, and whoever takes them wipes them */
function reserve(length: number): number {
  if (length > POOL_BYTES) throw new RangeError(`at most ${POOL_BYTES} random bytes at once`)
  if (used + length > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  used += length
  return used - length
}
