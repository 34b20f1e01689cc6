// Client credentials grant (RFC 6749 §4.4): the app acts for itself, within its own organisation and unit.

import { accessTokenLifetime } from '../legacy/allowances.ts'
import { newTimedId } from '../platform/random.ts'
import { asGrantId } from '../protocol/ids.ts'
import { list, optional } from '../protocol/params.ts'
import { parseResources } from '../protocol/resource.ts'
import { parseRequestedScope } from '../protocol/scope.ts'
import {
  checkAudience,
  defaultAudience,
  findAudience,
  isIdentityScope,
} from '../protocol/tenant.ts'
import { chooseScopes, registeredAt } from '../tokens/choose-scopes.ts'
import { issueTokens } from '../tokens/issue.ts'
import type { GrantType } from './grant.ts'

interface ClientCredentialsRequest {
  readonly scopes: readonly string[] | undefined
  readonly resources: readonly string[]
}

export const clientCredentials: GrantType<ClientCredentialsRequest> = {
  name: 'client_credentials',
  forPublicClients: false, // RFC 6749 §4.4: confidential clients only

  parse: (params) => ({
    scopes: parseRequestedScope(optional(params, 'scope')), // RFC 6749 §4.4.2: OPTIONAL
    resources: parseResources(list(params, 'resource')), // RFC 8707 §2.2: OPTIONAL
  }),

  async run(request, context) {
    const { client, deps } = context
    const { tenant, store } = deps
    const audience =
      request.resources.length > 0
        ? findAudience(tenant, request.resources)
        : [client.defaultAudience ?? defaultAudience(tenant)]
    // There is no user here: scopes that speak of one make no sense (OIDC Core §5.4).
    const ofApis = (scopes: readonly string[]) => scopes.filter((scope) => !isIdentityScope(scope))
    const ofItsOwn = {
      scopes: ofApis(client.scopes),
      defaultScopes: ofApis(client.defaultScopes),
    }
    const scopes = chooseScopes(request.scopes, registeredAt(audience, ofItsOwn, tenant), tenant)
    checkAudience(tenant, audience, scopes)

    const { response, tokens } = await issueTokens(
      {
        // Each such token is a grant of its own: it can be revoked alone, and costs no write before that.
        grant: {
          id: asGrantId(newTimedId()),
          clientId: client.id,
          userId: null,
          // As it was when the app authenticated: should it have ended since, the token is void from the start.
          clientTag: client.tag,
          userTag: null,
          organisationId: client.organisationId,
          unitId: client.unitId,
          authTimeSeconds: null,
        },
        scopes,
        audience,
        refresh: { kind: 'none' }, // RFC 6749 §4.4.3: SHOULD NOT be included
        idToken: undefined,
        lifetimeSeconds: await accessTokenLifetime(context, deps),
        clientAuthenticated: true,
      },
      deps,
    )
    if (tokens.accessToken) await store.saveAccessToken(tokens.accessToken)
    return response
  },
}
