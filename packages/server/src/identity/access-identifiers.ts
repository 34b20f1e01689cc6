// What stands for a user (a consumer) in an exchange, as the store knows it: by hashes alone.

import { digestOf, sha256 } from '../platform/hash.ts'
import type { Sealer } from '../platform/seal.ts'
import type { ClientId, TokenHash } from '../protocol/ids.ts'
import type { Tenant } from '../protocol/tenant.ts'
import { normaliseUsername } from './usernames.ts'

/** A code is random enough to be found by a plain hash (ASVS 6.5.2). */
export function hashOfCode(code: string): TokenHash {
  return sha256(code)
}

/** From so many characters on a code is taken for random. */
const STRONG_CODE_LENGTH = 16

/** Whether a code is so short that whoever has its plain hash could find it by trying. */
export function isWeakCode(code: string): boolean {
  return [...code].length < STRONG_CODE_LENGTH
}

/** What weak codes of a tenant are found by is made with a key of their own, under the master key. */
export function codeSealerOf(sealer: Sealer, { name }: Pick<Tenant, 'name'>): Sealer {
  return sealer.for(`codes of ${name}`)
}

/** A copy of the database tells nothing about a weak code: its digest needs the master key, and its hash is argon2id. */
export function digestOfWeakCode(code: string, sealer: Sealer): TokenHash {
  return sealer.digest(code) as TokenHash
}

/** People type identifiers: as with user names, one spelling stands for all. */
export function hashOfIdentifier(identifier: string): TokenHash {
  return sha256(normaliseUsername(identifier))
}

/** A subject means nothing without its issuer. */
export function hashOfIdentity(trustedIssuerId: ClientId, subject: string): TokenHash {
  return sha256(digestOf(trustedIssuerId, subject))
}
