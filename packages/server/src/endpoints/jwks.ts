// The public signing keys (RFC 7517 §5).

import type { Endpoint } from '../protocol/message.ts'
import { JWKS_MAX_AGE_SECONDS, type KeyRing } from '../tokens/keys.ts'

export function createJwksEndpoint(deps: { readonly keys: KeyRing }): Endpoint {
  return async () => ({
    kind: 'json',
    status: 200,
    body: { keys: await deps.keys.publicKeys() },
    headers: { 'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}` },
  })
}
