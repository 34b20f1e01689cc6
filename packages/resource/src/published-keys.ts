// The public keys that the issuer publishes for all its APIs (RFC 7517 §5).

import { createLocalJWKSet, errors, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import type { FindKey } from './compact-jws.ts'
import { fetchJson } from './documents.ts'
import type { Issuer } from './issuer.ts'
import { keepKeys } from './kept-keys.ts'
import type { Settings } from './options.ts'
import { TokenError } from './token-error.ts'

export function createPublishedKeys(settings: Settings, issuer: Issuer): FindKey {
  const findKeys = keepKeys(async () => {
    const { keysUrl } = await issuer.metadata()
    // What a cache on the way still has may be from before a key was withdrawn.
    const headers = { 'cache-control': 'no-cache' }
    return createLocalJWKSet((await fetchJson(settings, keysUrl, { headers })) as JSONWebKeySet)
  })

  return async ({ alg, kid }) => {
    const { keys, failure } = await findKeys((known) => hasKey(known, kid))
    // While the issuer is away, the keys it had are still good for the tokens they signed.
    if (!keys) throw new TokenError('keys_unavailable', failure)
    try {
      return await keys(kid === undefined ? { alg } : { alg, kid })
    } catch (cause) {
      if (failure) throw new TokenError('keys_unavailable', failure)
      if (isAboutTheToken(cause)) throw new TokenError('key_unknown', { cause })
      throw new TokenError('keys_unavailable', { cause })
    }
  }
}

function hasKey(keys: LocalJWKSet, kid: string | undefined): boolean {
  return kid === undefined || keys.jwks().keys.some((key) => key.kid === kid)
}

function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  )
}
