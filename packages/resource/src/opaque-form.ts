// The form of Ostiary's opaque access tokens: a prefix, random text, and six characters of a checksum. Whoever makes
// one up can compute the checksum too; it keeps scanners and typing errors from costing the issuer a look-up each.

import { crc32 } from 'node:zlib'

const PREFIX = 'ost_at_'
const CHECKSUM_LENGTH = 6

export function looksLikeOpaqueToken(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false
  return text === withChecksum(text.slice(0, -CHECKSUM_LENGTH))
}

export function newOpaqueToken(random: string): string {
  return withChecksum(PREFIX + random)
}

function withChecksum(body: string): string {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return body + sum.toString('base64url')
}
