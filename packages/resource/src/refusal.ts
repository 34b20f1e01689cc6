// What goes back over HTTP for a refused token: status, challenge (RFC 6750 §3), JSON body.

import type { TokenError } from './token-error.ts'

/** A refusal in plain values, for any HTTP framework. */
export interface Refusal {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly error: string; readonly error_description?: string }
}

export interface RefusalSettings {
  readonly realm: string
  /** Where the metadata of this API is (RFC 9728 §3.1); undefined when the audience is no URL. */
  readonly resourceMetadataUrl: string | undefined
  /** Whether clients are told what is wrong in words. */
  readonly descriptions: boolean
}

const RETRY_AFTER_SECONDS = '1'

/** `scopes`: everything the operation needs, also when the token failed for another reason. */
export function toRefusal(
  error: TokenError,
  scopes: readonly string[],
  settings: RefusalSettings,
): Refusal {
  const headers: Record<string, string> = { 'cache-control': 'no-store' }
  if (error.statusCode === 503) headers['retry-after'] = RETRY_AFTER_SECONDS
  else headers['www-authenticate'] = formatChallenge(error, scopes, settings)
  const description = settings.descriptions ? { error_description: error.description } : {}
  return {
    status: error.statusCode,
    headers,
    body: { error: error.code ?? 'unauthorized', ...description },
  }
}

export function toResponse(refusal: Refusal): Response {
  return Response.json(refusal.body, { status: refusal.status, headers: refusal.headers })
}

function formatChallenge(
  error: TokenError,
  scopes: readonly string[],
  settings: RefusalSettings,
): string {
  const needed = error.scopes.length > 0 ? error.scopes : scopes
  const parameters = {
    realm: settings.realm,
    // RFC 6750 §3.1: without a token, neither an error code nor other error information.
    error: error.code,
    error_description: error.code && settings.descriptions ? error.description : undefined,
    // RFC 6750 §3: all that the operation needs, so that one more consent is enough.
    scope: needed.length > 0 ? needed.join(' ') : undefined,
    max_age: error.maxAgeSeconds?.toString(),
    // RFC 9728 §5.1
    resource_metadata: settings.resourceMetadataUrl,
  }
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${toQuotedText(value)}"`],
  )
  return `Bearer ${pairs.join(', ')}`
}

/**
 * RFC 6750 §3 allows %x20-21 / %x23-5B / %x5D-7E in a parameter: no quote or backslash that could
 * end it early, no line break that could start a header, nothing that is not ASCII.
 */
export function toQuotedText(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x5B\x5D-\x7E]/g, '?')
}
