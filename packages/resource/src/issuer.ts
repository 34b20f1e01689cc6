// What is known of the issuer: its metadata (RFC 8414) and its keys. Found at the first use, not at start,
// so that an API may start before its issuer.

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTVerifyGetKey,
  type RemoteJWKSet,
} from 'jose'
import { fetchJson, holdOff, isObject, once } from './documents.ts'
import type { Settings } from './options.ts'
import { TokenError } from './token-error.ts'

export interface IssuerMetadata {
  readonly jwksUri: string
  readonly introspectionEndpoint: string | undefined
  readonly revocationFeedEndpoint: string | undefined
}

export interface Issuer {
  /** @throws Error when the metadata cannot be had or is not this issuer's */
  metadata(): Promise<IssuerMetadata>
  /** Key of a JWT header, only ever from the issuer's own key set. @throws TokenError key_unknown, keys_unavailable */
  readonly findKey: JWTVerifyGetKey
}

export function createIssuer(settings: Settings): Issuer {
  const metadata = once(holdOff(() => loadMetadata(settings)))
  const keySet = once(async () => createKeySet(settings, (await metadata()).jwksUri))
  return {
    metadata,
    async findKey(header, input) {
      const keys = await keySet().catch((cause: unknown) => {
        throw new TokenError('keys_unavailable', { cause })
      })
      return findKey(keys, header, input)
    },
  }
}

async function findKey(keys: RemoteJWKSet, ...args: Parameters<JWTVerifyGetKey>) {
  try {
    return await keys(...args)
  } catch (cause) {
    if (isAboutTheToken(cause)) throw new TokenError('key_unknown', { cause })
    // The issuer cannot be reached: the keys it had are still good for the tokens they signed.
    const lastKnown = keys.jwks()
    if (!lastKnown) throw new TokenError('keys_unavailable', { cause })
    return await createLocalJWKSet(lastKnown)(...args).catch(() => {
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
function createKeySet(settings: Settings, jwksUri: string): RemoteJWKSet {
  const load = holdOff(() => fetchJson(settings, jwksUri))
  return createRemoteJWKSet(new URL(jwksUri), {
    [customFetch]: async () => Response.json(await load()),
  })
}

async function loadMetadata(settings: Settings): Promise<IssuerMetadata> {
  const url = metadataUrl(settings.issuer)
  const document = await fetchJson(settings, url)
  if (!isObject(document)) throw new Error(`${url} did not answer with a JSON object`)
  // RFC 8414 §3.3: otherwise one issuer could speak for another.
  if (document.issuer !== settings.issuer) {
    throw new Error(
      `${url} is the metadata of ${JSON.stringify(document.issuer)}, but the guard was made for ` +
        `"${settings.issuer}". The two must be the same, character by character.`,
    )
  }
  const endpoint = (name: string) => readEndpoint(document[name], name, settings.issuer)
  const jwksUri = endpoint('jwks_uri')
  if (!jwksUri) throw new Error(`${url} has no jwks_uri`)
  return {
    jwksUri,
    introspectionEndpoint: endpoint('introspection_endpoint'),
    revocationFeedEndpoint: endpoint('revocation_feed_endpoint'),
  }
}

/** RFC 8414 §3.1: the well-known part goes between the host and the path of the issuer. */
export function metadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer)
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`
}

function readEndpoint(value: unknown, name: string, issuer: string): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !URL.canParse(value)) {
    throw new Error(`The metadata of ${issuer} has a ${name} that is not a URL`)
  }
  const { protocol } = new URL(value)
  if (protocol !== 'https:' && protocol !== new URL(issuer).protocol) {
    throw new Error(`The metadata of ${issuer} has a ${name} that is not https: ${value}`)
  }
  return value
}
