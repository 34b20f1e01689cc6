// ID tokens (OIDC Core §2).

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
}

export function signIdToken(
  facts: IdTokenFacts,
  context: { issuer: string; signer: Signer },
): Promise<string> {
  return context.signer.sign(TYPE, {
    iss: context.issuer,
    sub: facts.userId,
    aud: facts.clientId,
    iat: facts.issuedAtSeconds,
    exp: facts.expiresAtSeconds,
    auth_time: facts.authTimeSeconds ?? undefined,
    nonce: facts.nonce ?? undefined,
  })
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
