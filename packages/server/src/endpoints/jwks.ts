// The public signing keys (RFC 7517 §5).

import type { Endpoint } from '../protocol/message.ts'
import { JWKS_MAX_AGE_SECONDS, type KeyRing } from '../tokens/keys.ts'

export function createJwksEndpoint(deps: { readonly keys: KeyRing }): Endpoint {
  const headers = { 'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}` }
  let written: { readonly keys: object; readonly text: string } | undefined
  return async () => {
    const keys = await deps.keys.publicKeys()
    if (written?.keys !== keys) written = { keys, text: JSON.stringify({ keys }) }
    return { kind: 'document', text: written.text, headers }
  }
}
