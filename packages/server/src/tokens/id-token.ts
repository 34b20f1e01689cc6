// ID tokens (OIDC Core §2).

import { createHash } from 'node:crypto'
import type { SigningAlgorithm } from '../protocol/policy.ts'
import type { KeyRing } from './keys.ts'
import type { Signer } from './signer.ts'
import { verifyJwt } from './verify-jwt.ts'

const TYPE = 'JWT'

export interface IdTokenFacts {
  readonly userId: string
  readonly clientId: string
  readonly nonce: string | null
  readonly authTimeSeconds: number | null
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
  /** The one that goes with it. */
  readonly accessToken: string
  /** What it tells about the user besides `sub`. */
  readonly profile: object | undefined
}

export function signIdToken(
  facts: IdTokenFacts,
  context: { issuer: string; signer: Signer },
): Promise<string> {
  return context.signer.sign(TYPE, {
    ...facts.profile,
    iss: context.issuer,
    sub: facts.userId,
    aud: facts.clientId,
    iat: facts.issuedAtSeconds,
    exp: facts.expiresAtSeconds,
    auth_time: facts.authTimeSeconds ?? undefined,
    nonce: facts.nonce ?? undefined,
    at_hash: hashAccessToken(facts.accessToken, context.signer.algorithm),
  })
}

/** OIDC Core §3.1.3.6: the left half of the hash that belongs to the algorithm; Ed25519 has SHA-512 (RFC 8032 §5.1). */
function hashAccessToken(accessToken: string, algorithm: SigningAlgorithm): string {
  const digest = createHash(algorithm === 'EdDSA' ? 'sha512' : 'sha256')
    .update(accessToken)
    .digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

/** Reads an ID token that came back as a hint: expired ones count (OIDC RP-Initiated Logout §4), forged ones do not. */
export async function readIdTokenHint(
  token: string,
  context: { issuer: string; keys: KeyRing },
): Promise<{ userId: string; clientId: string } | undefined> {
  const verified = await verifyJwt(token, { ...context, type: TYPE })
  // An access token has the type at+jwt, so it cannot get this far.
  const { sub, aud } = verified?.claims ?? {}
  if (typeof sub !== 'string' || typeof aud !== 'string') return undefined
  return { userId: sub, clientId: aud }
}
