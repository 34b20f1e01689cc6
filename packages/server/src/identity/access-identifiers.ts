// What stands for a user (a consumer) in an exchange, as the store knows it: by hashes alone.

import { digestOf, sha256 } from '../platform/hash.ts'
import type { ClientId, TokenHash } from '../protocol/ids.ts'
import { normaliseUsername } from './usernames.ts'

/** A code is random enough to be found by a plain hash (ASVS 6.5.2). */
export function hashOfCode(code: string): TokenHash {
  return sha256(code)
}

/** People type identifiers: as with user names, one spelling stands for all. */
export function hashOfIdentifier(identifier: string): TokenHash {
  return sha256(normaliseUsername(identifier))
}

/** A subject means nothing without its issuer. */
export function hashOfIdentity(trustedIssuerId: ClientId, subject: string): TokenHash {
  return sha256(digestOf(trustedIssuerId, subject))
}
