// Access tokens as JWTs (RFC 9068).

import { asClientId, asGrantId, asUserId } from '../protocol/ids.ts'
import { formatScope, parseScope } from '../protocol/scope.ts'
import type { AccessTokenFacts } from '../store/records.ts'
import type { KeyRing } from './keys.ts'
import type { Signer } from './signer.ts'
import { verifyJwt } from './verify-jwt.ts'

const TYPE = 'at+jwt'

/** RFC 9068 §2.2: the claims of an access token; organisation, unit and grant are our own. */
export function signAccessToken(input: {
  facts: AccessTokenFacts
  issuer: string
  id: string
  signer: Signer
}): Promise<string> {
  const { facts, issuer, id, signer } = input
  return signer.sign(TYPE, {
    iss: issuer,
    // RFC 9068 §2.2: without a user, the subject is the client itself.
    sub: facts.userId ?? facts.clientId,
    aud: facts.audience.length === 1 ? facts.audience[0] : facts.audience,
    client_id: facts.clientId,
    scope: formatScope(facts.scopes),
    iat: facts.issuedAtSeconds,
    exp: facts.expiresAtSeconds,
    jti: id,
    grant_id: facts.grantId,
    auth_time: facts.authTimeSeconds ?? undefined,
    org_id: facts.organisationId ?? undefined,
    unit_id: facts.unitId ?? undefined,
  })
}

/** Reads back an access token of ours. @returns undefined when it is not one, or has expired. */
export async function readAccessToken(
  token: string,
  context: { issuer: string; keys: KeyRing; nowSeconds: number },
): Promise<AccessTokenFacts | undefined> {
  const claims = await verifyJwt(token, {
    ...context,
    type: TYPE,
    requiredClaims: ['iat', 'sub', 'aud', 'client_id', 'grant_id'],
  })
  return claims && toFacts(claims)
}

function toFacts(claims: Record<string, unknown>): AccessTokenFacts {
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined)
  const clientId = asClientId(text('client_id') ?? '')
  const subject = text('sub') ?? ''
  return {
    grantId: asGrantId(text('grant_id') ?? ''),
    clientId,
    userId: subject === clientId ? null : asUserId(subject),
    organisationId: text('org_id') ?? null,
    unitId: text('unit_id') ?? null,
    scopes: parseScope(text('scope') ?? ''),
    audience: [claims.aud].flat().filter((value) => typeof value === 'string'),
    authTimeSeconds: typeof claims.auth_time === 'number' ? claims.auth_time : null,
    issuedAtSeconds: Number(claims.iat),
    expiresAtSeconds: Number(claims.exp),
  }
}
