// The secret keys (HS256) that the issuer shares with this API alone: asked for with the credentials of the API, and
// kept and renewed like published ones. They never show up in an error.

import { type ApiCredentials, basicCredentials } from './api-credentials.ts'
import type { FindKey } from './compact-jws.ts'
import { fetchJson, isObject } from './documents.ts'
import type { Issuer } from './issuer.ts'
import { keepKeys } from './kept-keys.ts'
import type { Settings } from './options.ts'
import { TokenError } from './token-error.ts'

/** RFC 7518 §3.2 */
const LEAST_BYTES = 32

type Keys = ReadonlyMap<unknown, Uint8Array>

export function createSecretKeys(
  credentials: ApiCredentials,
  settings: Settings,
  issuer: Issuer,
): FindKey {
  const findKeys = keepKeys(async () => {
    const { keysUrl } = await issuer.metadata()
    const headers = { authorization: basicCredentials(credentials) }
    return readKeys(await fetchJson(settings, keysUrl, { method: 'POST', headers }), keysUrl)
  })

  return async ({ kid }) => {
    const { keys, failure } = await findKeys((known) => known.has(kid))
    // While the issuer is away, the keys it had are still good for the tokens they signed.
    const key = keys?.get(kid)
    if (key) return key
    throw failure ? new TokenError('keys_unavailable', failure) : new TokenError('key_unknown')
  }
}

/** RFC 7517 §5: keys of other kinds are passed over. @throws Error that names what is malformed, but no key */
function readKeys(document: unknown, url: string): Keys {
  if (!isObject(document) || !Array.isArray(document.keys)) {
    throw new Error(`${url} did not answer with a key set`)
  }
  const entries = document.keys.filter(
    (jwk) => isObject(jwk) && jwk.kty === 'oct' && jwk.alg === 'HS256',
  )
  return new Map(
    entries.map(({ kid, k }) => {
      if (typeof kid !== 'string') throw new Error(`${url} answered with a key without kid`)
      const bytes = Buffer.from(String(k), 'base64url')
      if (bytes.length >= LEAST_BYTES) return [kid, bytes]
      throw new Error(`${url} answered with a key of less than ${LEAST_BYTES} bytes`)
    }),
  )
}
