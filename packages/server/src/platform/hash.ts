// One-way forms of secrets. All of them carry 256 random bits, so a plain hash is enough (ASVS 6.5.2).

import { hash, timingSafeEqual } from 'node:crypto'
import type { TokenHash } from '../protocol/ids.ts'

export function sha256(secret: string): TokenHash {
  return hash('sha256', secret, 'base64url') as TokenHash
}

const TIMED_TOKEN = /^ost_(?:at|rt|ac)_([0-9a-z]{8})[\w-]{49}$/

/**
 * Under what a token or code is stored: the time that it begins with, if it does, before its hash. Keys without an order
 * would scatter what is new over the whole of an index, and each would cost a page of its own in every commit.
 */
export function tokenKey(token: string): TokenHash {
  const time = TIMED_TOKEN.exec(token)?.[1] ?? ''
  return `${time}${sha256(token)}` as TokenHash
}

/** Several fields as one digest; their lengths keep ("ab", "c") apart from ("a", "bc"). */
export function digestOf(...fields: readonly string[]): string {
  return sha256(fields.map((field) => `${field.length}:${field}`).join(''))
}

/** Compares two strings of secrets in constant time. */
export function equalInConstantTime(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
