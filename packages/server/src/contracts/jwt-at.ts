// Access tokens as RFC 9068 writes them; organisation, unit and grant are our own claims.

import { type AccessTokenFacts, type JwtShape, tellTags } from '../protocol/access-token-facts.ts'
import { asClientId, asGrantId, asRevocationTag, asUserId } from '../protocol/ids.ts'
import { formatScope, parseScope } from '../protocol/scope.ts'

/** RFC 9068 §2.2 */
export const jwtAt: JwtShape = {
  type: 'at+jwt',
  names: 'tags',
  saysIssuer: true,
  keyPerApi: false,
  writeClaims: (facts, { issuer, unique }) => ({
    iss: issuer,
    // RFC 9068 §2.2: without a user, the subject is the client itself.
    sub: facts.userId ?? facts.clientId,
    aud: facts.audience.length === 1 ? facts.audience[0] : facts.audience,
    client_id: facts.clientId,
    scope: formatScope(facts.scopes),
    iat: facts.issuedAtSeconds,
    exp: facts.expiresAtSeconds,
    jti: unique.slice(0, 32),
    grant_id: facts.grantId,
    auth_time: facts.authTimeSeconds ?? undefined,
    org_id: facts.organisationId ?? undefined,
    unit_id: facts.unitId ?? undefined,
    rev: tellTags(facts),
  }),
  readClaims(claims) {
    const { client_id: clientId, grant_id: grantId, sub, scope = '', iat, exp } = claims
    const texts = [clientId, grantId, sub, scope]
    if (!texts.every((text) => typeof text === 'string') || claims.aud === undefined) return
    return {
      grantId: asGrantId(String(grantId)),
      issuedAtSeconds: Number(iat),
      expiresAtSeconds: Number(exp),
      rest: readRest(claims),
    }
  },
}

/** A token from before there were tags has none. */
function readTags(rev: unknown): Pick<AccessTokenFacts, 'clientTag' | 'userTag'> {
  const { c, u }: Partial<Record<'c' | 'u', unknown>> = Object(rev)
  const tag = (value: unknown) => (typeof value === 'string' ? asRevocationTag(value) : null)
  return { clientTag: tag(c), userTag: tag(u) }
}

function readRest(
  claims: Readonly<Record<string, unknown>>,
): Omit<AccessTokenFacts, 'grantId' | 'issuedAtSeconds' | 'expiresAtSeconds'> {
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : null)
  const clientId = asClientId(text('client_id') ?? '')
  const subject = text('sub') ?? ''
  return {
    clientId,
    userId: subject === clientId ? null : asUserId(subject),
    ...readTags(claims.rev),
    organisationId: text('org_id'),
    unitId: text('unit_id'),
    scopes: parseScope(text('scope') ?? ''),
    audience: [claims.aud].flat().filter((value) => typeof value === 'string'),
    authTimeSeconds: typeof claims.auth_time === 'number' ? claims.auth_time : null,
  }
}
