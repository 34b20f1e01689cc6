// The public keys that the issuer publishes for all its APIs (RFC 7517 §5).

import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type RemoteJWKSet } from 'jose'
import type { FindKey, JwsHeader } from './compact-jws.ts'
import { fetchJson, holdOff, once } from './documents.ts'
import type { Issuer } from './issuer.ts'
import type { Settings } from './options.ts'
import { TokenError } from './token-error.ts'

export function createPublishedKeys(settings: Settings, issuer: Issuer): FindKey {
  const keySet = once(async () => createKeySet(settings, (await issuer.metadata()).keysUrl))
  return async (header) => {
    const keys = await keySet().catch((cause: unknown) => {
      throw new TokenError('keys_unavailable', { cause })
    })
    return findKey(keys, header)
  }
}

async function findKey(keys: RemoteJWKSet, { alg, kid }: JwsHeader): Promise<CryptoKey> {
  const wanted = kid === undefined ? { alg } : { alg, kid }
  try {
    return await keys(wanted)
  } catch (cause) {
    if (isAboutTheToken(cause)) throw new TokenError('key_unknown', { cause })
    // The issuer cannot be reached: the keys it had are still good for the tokens they signed.
    const lastKnown = keys.jwks()
    if (!lastKnown) throw new TokenError('keys_unavailable', { cause })
    return await createLocalJWKSet(lastKnown)(wanted).catch(() => {
      throw new TokenError('keys_unavailable', { cause })
    })
  }
}

function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  )
}

/** jose keeps the set for ten minutes, and asks again for an unknown key at most every thirty seconds. */
function createKeySet(settings: Settings, url: string): RemoteJWKSet {
  const load = holdOff(() => fetchJson(settings, url))
  return createRemoteJWKSet(new URL(url), {
    [customFetch]: async () => Response.json(await load()),
  })
}
