// Proof Key for Code Exchange (RFC 7636).

import { createHash, timingSafeEqual } from 'node:crypto'

export type ChallengeMethod = 'S256' | 'plain'

const S256_CHALLENGE = /^[A-Za-z0-9_-]{43}$/
/** RFC 7636 §4.1: 43 to 128 unreserved characters; a plain challenge is the verifier itself. */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/

export function isChallenge(text: string, method: ChallengeMethod): boolean {
  return method === 'S256' ? S256_CHALLENGE.test(text) : VERIFIER.test(text)
}

const PADDED_BASE64 = /^[A-Za-z0-9+/ ]{43}=$/

/**
 * The base64url of a challenge that was written as padded base64, and anything else as it is. Who sends its `+` without
 * encoding it has sent a space, as forms are read; no challenge has one, so that it can mean nothing else.
 */
export function fromBase64Challenge(text: string): string {
  if (!PADDED_BASE64.test(text)) return text
  return text.slice(0, -1).replace(/[+ ]/g, '-').replaceAll('/', '_')
}

export function isVerifier(text: string): boolean {
  return VERIFIER.test(text)
}

/** RFC 7636 §4.6: whether the verifier is the one the challenge was made from. */
export function verifierMatches(
  verifier: string,
  challenge: string,
  method: ChallengeMethod,
): boolean {
  const derived =
    method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier
  const a = Buffer.from(derived)
  const b = Buffer.from(challenge)
  return a.length === b.length && timingSafeEqual(a, b)
}
