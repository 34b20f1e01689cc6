// UserInfo (OIDC Core §5.3): what the scopes of an access token let an app know about its user.

import { OAuthError } from '../protocol/errors.ts'
import type { Endpoint, IncomingRequest } from '../protocol/message.ts'
import { optional } from '../protocol/params.ts'
import type { Store } from '../store/port.ts'
import { type FindTokenDeps, findAccessToken } from '../tokens/find-token.ts'
import { profileClaimsOf } from '../tokens/profile-claims.ts'

export interface UserInfoDeps extends FindTokenDeps {
  readonly store: FindTokenDeps['store'] & Pick<Store, 'findUser'>
}

export function createUserInfoEndpoint(deps: UserInfoDeps): Endpoint {
  return async (request) => {
    const facts = await findAccessToken(readBearer(request), deps)
    if (!facts) throw new OAuthError('bearer_invalid')
    if (facts.userId === null || !facts.scopes.includes('openid')) {
      throw new OAuthError('bearer_without_openid')
    }
    const user = await deps.store.findUser(deps.tenant.name, facts.userId)
    if (!user || user.disabledAtSeconds !== null) throw new OAuthError('bearer_invalid')
    const body = { sub: user.id, ...profileClaimsOf(user, facts.scopes) }
    return { kind: 'json', status: 200, body }
  }
}

/** RFC 6750 §2: in the header or in a form body, never in both; not in the query (RFC 6750 §2.3). */
function readBearer(request: IncomingRequest): string {
  const [, inHeader] = /^bearer +(\S+)$/i.exec(request.authorization ?? '') ?? []
  const inBody = request.method === 'POST' ? optional(request.params, 'access_token') : undefined
  if (inHeader !== undefined && inBody !== undefined)
    throw new OAuthError('bearer_in_several_places')
  const token = inHeader ?? inBody
  if (token === undefined) throw new OAuthError('bearer_missing')
  return token
}
