// The document by which clients learn whose tokens this API takes (RFC 9728 §2).

import type { Settings } from './options.ts'
import { warnOnce } from './warnings.ts'

export interface ResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported?: readonly string[]
  readonly bearer_methods_supported: readonly ['header']
  readonly resource_name?: string
}

/** The document is the same for everyone and holds no secret, so any web page may read it. */
export const RESOURCE_METADATA_HEADERS = {
  'access-control-allow-origin': '*',
  'cache-control': 'public, max-age=300',
} as const

export function describeResource(settings: Settings): ResourceMetadata {
  const { audience, issuer, scopes, name } = settings
  return {
    resource: audience,
    authorization_servers: [issuer],
    ...(scopes && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(name && { resource_name: name }),
  }
}

/** RFC 9728 §3.1: the well-known part goes between the host and the path. Undefined when the audience is no URL. */
export function resourceMetadataUrl(audience: string): URL | undefined {
  if (!/^https?:/i.test(audience) || !URL.canParse(audience)) return undefined
  const url = new URL(audience)
  url.pathname = `/.well-known/oauth-protected-resource${url.pathname === '/' ? '' : url.pathname}`
  url.hash = ''
  return url
}

/** The APIs whose document somebody in this process has asked for, which is what serving it takes. */
const noted = new Set<string>()

export function noteMetadata(audience: string): void {
  noted.add(audience)
}

/** RFC 9728 §5.1: the challenge names the document. It may be served by a proxy, so to name it is right all the same. */
export function warnOfMissingMetadata(audience: string): void {
  if (noted.has(audience)) return
  const url = resourceMetadataUrl(audience)
  if (!url) return
  warnOnce(
    'OSTIARY_METADATA',
    audience,
    `refusals send clients to ${url.href}, but this process has not set it up. Serve resourceMetadata(guard) at ` +
      'guard.metadataPath(), without a token; this is said once',
  )
}
