// Verifies JWTs that this tenant signed itself: access tokens and ID tokens that come back to us.

import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import type { KeyRing } from './keys.ts'

export interface VerifyContext {
  readonly issuer: string
  readonly keys: KeyRing
  readonly nowSeconds: number
  /** RFC 8725 §3.11: the explicit type keeps one kind of token from passing as another. */
  readonly type: string
  readonly requiredClaims: readonly string[]
  /** Accepts a token past its `exp`: an ID token hint stays a hint (OIDC RP-Initiated Logout §4). */
  readonly acceptExpired?: boolean
}

/** @returns the claims, or undefined when the token is not a valid one of this kind. */
export async function verifyJwt(
  token: string,
  context: VerifyContext,
): Promise<JWTPayload | undefined> {
  const kid = readKeyId(token)
  const found = kid === undefined ? undefined : await context.keys.findVerificationKey(kid)
  if (!found) return undefined
  try {
    const { payload } = await jwtVerify(token, found.key, {
      algorithms: [found.algorithm],
      typ: context.type,
      issuer: context.issuer,
      // A date before every `exp` accepts them all; nothing of ours carries `nbf`.
      currentDate: new Date(context.acceptExpired ? 0 : context.nowSeconds * 1000),
      requiredClaims: ['exp', ...context.requiredClaims],
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

function readKeyId(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid
  } catch {
    return undefined
  }
}
