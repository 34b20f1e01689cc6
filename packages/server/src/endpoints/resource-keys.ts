// The secret signing keys of one API (HS256), for that API alone: current, next and those whose tokens may still be
// alive. What the JWKS is to public keys.

import { authenticateApi } from '../client-auth/authenticate-api.ts'
import type { ClientAuthDeps } from '../client-auth/index.ts'
import type { Endpoint } from '../protocol/message.ts'
import type { KeyRing } from '../tokens/keys.ts'

export function createResourceKeysEndpoint(
  deps: ClientAuthDeps & { readonly keys: Pick<KeyRing, 'secretKeys'> },
): Endpoint {
  return async (request) => {
    const { resourceServer } = await authenticateApi(request, deps)
    return { kind: 'json', status: 200, body: { keys: await deps.keys.secretKeys(resourceServer) } }
  }
}
