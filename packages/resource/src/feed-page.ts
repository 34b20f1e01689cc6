// A page of the issuer's feed of revocations, format 2. What is malformed is an error: taken for nothing, it would let
// pass what it ends. A later format has a number of its own.

import { isObject } from './documents.ts'
import type { FeedKind } from './feed-subjects.ts'
import { type LineKey, toLineKey } from './line-table.ts'

export const FEED_FORMAT = 2

export interface FeedLine {
  /** `tenant`: everything issued until then, as after a restore of the issuer. */
  readonly kind: FeedKind | 'tenant'
  /** Of `sha256(kind:subject)`. */
  readonly key: LineKey
  readonly issuedUntilSeconds: number
  readonly expiresAtSeconds: number
}

export interface FeedPage {
  /** Changes when the issuer was restored: numbers from before mean nothing then. */
  readonly epoch: string
  /** Where the next page starts. */
  readonly sequence: number
  /** The last number given out. */
  readonly lastSequence: number
  readonly more: boolean
  readonly lines: readonly FeedLine[]
}

/** The issuer speaks another format: to wait does not help, as it does when it cannot be reached. */
export class FeedFormatError extends Error {
  override readonly name = 'FeedFormatError'
}

/** @throws FeedFormatError for another format, Error that names what is malformed */
export function parseFeedPage(document: unknown): FeedPage {
  if (!isObject(document)) throw new Error('The revocation feed is not a JSON object')
  // Before there was a number, it was the first.
  const { format = 1, epoch, sequence, last_sequence: lastSequence, more, revocations } = document
  if (format !== FEED_FORMAT) {
    throw new FeedFormatError(
      `The revocation feed has format ${JSON.stringify(format)}, and this version of @ostiary/resource reads format ` +
        `${FEED_FORMAT}: update the older of the two, the issuer or the SDK`,
    )
  }
  if (typeof epoch !== 'string' || epoch === '') throw new Error('The revocation feed has no epoch')
  if (!isCount(sequence) || !isCount(lastSequence) || sequence > lastSequence) {
    throw new Error('The revocation feed has no sequence numbers that make sense')
  }
  if (!Array.isArray(revocations)) throw new Error('The revocation feed has no list')
  return { epoch, sequence, lastSequence, more: more === true, lines: revocations.map(parseLine) }
}

const KINDS = ['grant', 'client', 'user', 'tenant'] as const satisfies readonly FeedLine['kind'][]
/** SHA-256 in base64url. */
const DIGEST = /^[\w-]{43}$/

function parseLine(entry: unknown): FeedLine {
  if (!isObject(entry)) throw new Error('The revocation feed has an entry that is no object')
  const { kind, id, issued_until: issuedUntilSeconds, expires_at: expiresAtSeconds } = entry
  const known = KINDS.find((each) => each === kind)
  if (!known) throw new Error(`The revocation feed has an entry of kind ${JSON.stringify(kind)}`)
  if (
    typeof id !== 'string' ||
    !DIGEST.test(id) ||
    !isCount(issuedUntilSeconds) ||
    !isCount(expiresAtSeconds)
  ) {
    throw new Error(`The revocation feed has a malformed entry of kind ${known}`)
  }
  const key = toLineKey(Buffer.from(id, 'base64url'))
  return { kind: known, key, issuedUntilSeconds, expiresAtSeconds }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
