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

/** Reads an ID token that came back as a hint: expired ones count, forged ones do not. */
export async function readIdTokenHint(
  token: string,
  context: { issuer: string; keys: KeyRing; nowSeconds: number },
): Promise<{ userId: string; clientId: string } | undefined> {
  const claims = await verifyJwt(token, {
    ...context,
    type: TYPE,
    requiredClaims: ['iat', 'sub', 'aud'],
    acceptExpired: true,
  })
  // An access token has the type at+jwt, so it cannot get this far.
  if (typeof claims?.sub !== 'string' || typeof claims.aud !== 'string') return undefined
  return { userId: claims.sub, clientId: claims.aud }
}
