// What is known of the issuer: its metadata (RFC 8414). Found at the first use, not at start, so that an API may start
// before its issuer.

import { fetchJson, isObject } from './documents.ts'
import { keepKeys } from './kept-keys.ts'
import type { Settings } from './options.ts'

export interface IssuerMetadata {
  /** Where its keys are: the published ones, or those of this API alone. */
  readonly keysUrl: string
  readonly introspectionEndpoint: string | undefined
  readonly revocationFeedEndpoint: string | undefined
  readonly apiVersionsEndpoint: string | undefined
  readonly versionUsageEndpoint: string | undefined
}

export interface Issuer {
  /** @throws Error when the metadata cannot be had or is not this issuer's */
  metadata(): Promise<IssuerMetadata>
  /** What was asked for at one of its endpoints could not be had: it may have moved. */
  doubt(): void
}

export function createIssuer(settings: Settings): Issuer {
  let isDoubted = false
  // Read anew as often as its keys are, and when it cannot be had, what was known goes on.
  const find = keepKeys(async () => {
    const metadata = await loadMetadata(settings)
    isDoubted = false
    return metadata
  })
  return {
    async metadata() {
      const { keys: metadata, failure } = await find(() => !isDoubted)
      if (metadata) return metadata
      throw failure?.cause
    },
    doubt() {
      isDoubted = true
    },
  }
}

async function loadMetadata(settings: Settings): Promise<IssuerMetadata> {
  const url = metadataUrl(settings.issuer)
  const document = await fetchJson(settings, url)
  if (!isObject(document)) throw new Error(`${url} did not answer with a JSON object`)
  // RFC 8414 §3.3: otherwise one issuer could speak for another.
  if (document.issuer !== settings.issuer) {
    throw new Error(
      `${url} is the metadata of ${JSON.stringify(document.issuer)}, but the guard was made for ` +
        `"${settings.issuer}". ${whatToWrite(document.issuer, settings.issuer)}`,
    )
  }
  const endpoint = (name: string) => readEndpoint(document[name], name, settings.issuer)
  const keysName = settings.shape.jwt?.keys === 'secret' ? 'resource_keys_endpoint' : 'jwks_uri'
  const keysUrl = endpoint(keysName)
  if (!keysUrl) throw new Error(`${url} has no ${keysName}`)
  return {
    keysUrl,
    introspectionEndpoint: endpoint('introspection_endpoint'),
    revocationFeedEndpoint: endpoint('revocation_feed_endpoint'),
    apiVersionsEndpoint: endpoint('api_versions_endpoint'),
    versionUsageEndpoint: endpoint('version_usage_endpoint'),
  }
}

function whatToWrite(named: unknown, expected: string): string {
  const differsBySlash = named === `${expected}/` || `${named}/` === expected
  return differsBySlash
    ? `They differ by the slash at the end: write issuer: '${named}'`
    : 'The two must be the same, character by character'
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
