// Verifies the signature and the kind of JWTs that this tenant signed itself: access tokens and ID tokens that come
// back to us. What their claims mean, times included, is for the caller.

import { compactVerify, decodeProtectedHeader, errors } from 'jose'
import type { KeyRing, VerificationKey } from './keys.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface VerifyContext {
  /** undefined for a kind that does not tell it: then only the key does. */
  readonly issuer: string | undefined
  readonly keys: KeyRing
  /** RFC 8725 §3.11: the explicit type keeps one kind of token from passing as another. */
  readonly type: string
}

export interface VerifiedJwt {
  readonly claims: Claims
  /** The key says for which API the token is, where each has its own. */
  readonly key: VerificationKey
}

/** @returns undefined when the token is not a valid one of this kind */
export async function verifyJwt(
  token: string,
  { issuer, keys, type }: VerifyContext,
): Promise<VerifiedJwt | undefined> {
  // RFC 7515 §3.1: three parts. Whatever else is sent need not be taken apart to be refused.
  if (token.split('.', 4).length !== 3) return undefined
  const header = readHeader(token)
  if (header?.kid === undefined || header.typ !== type) return undefined
  const key = await keys.findVerificationKey(header.kid)
  if (!key) return undefined
  try {
    const { payload } = await compactVerify(token, key.key, { algorithms: [key.algorithm] })
    const claims = readClaims(payload)
    if (!claims || (issuer !== undefined && claims.iss !== issuer)) return undefined
    return { claims, key }
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

/** An API with a secret key can sign what it likes. */
function readClaims(payload: Uint8Array): Claims | undefined {
  try {
    const claims = JSON.parse(new TextDecoder().decode(payload))
    return typeof claims === 'object' && !Array.isArray(claims) ? (claims ?? undefined) : undefined
  } catch {
    return undefined
  }
}

function readHeader(token: string) {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return undefined
  }
}
