// Where an API learns its versions: from the document that the issuer publishes, or from its own options.

import {
  API_VERSION_STATES,
  type ApiVersion,
  type ApiVersions,
  publishApiVersions,
  VERSION_NAME,
} from './api-versions.ts'
import { fetchJson, holdOff, isObject, once } from './documents.ts'
import { LONG_AGO, millisecondsSince, takeInstant } from './elapsed.ts'
import type { Issuer } from './issuer.ts'
import type { Settings } from './options.ts'

const ASK_EVERY_MILLISECONDS = 60_000

/** @throws Error when the versions were never heard of and cannot be had now */
export type PublishedVersions = () => Promise<ApiVersions>

export function createPublishedVersions(settings: Settings, issuer: Issuer): PublishedVersions {
  const { versions, default: fallback } = settings.apiVersions
  return versions
    ? async () => publishApiVersions({ versions, default: fallback }, Date.now() / 1000)
    : followIssuer(settings, issuer)
}

/** Asks once a minute, beside the requests: they get what was heard last, also while the issuer is away. */
function followIssuer(settings: Settings, issuer: Issuer): PublishedVersions {
  let known: ApiVersions | undefined
  let askedAt = LONG_AGO

  async function ask(): Promise<ApiVersions> {
    askedAt = takeInstant()
    known = parseApiVersions(await loadDocument(settings, issuer))
    return known
  }
  const askFirst = once(holdOff(ask))

  return async () => {
    if (!known) return await askFirst()
    if (millisecondsSince(askedAt) >= ASK_EVERY_MILLISECONDS) {
      ask().catch((error: unknown) => settings.apiVersions.onError?.(error))
    }
    return known
  }
}

async function loadDocument(settings: Settings, issuer: Issuer): Promise<unknown> {
  const { apiVersionsEndpoint } = await issuer.metadata()
  if (apiVersionsEndpoint) return await fetchJson(settings, apiVersionsEndpoint)
  throw new Error(
    `${settings.issuer} publishes no API versions: list them in apiVersions of its tenant, or here in ` +
      'createGuard({ apiVersions: { versions } })',
  )
}

/** @throws Error that names what is malformed */
function parseApiVersions(document: unknown): ApiVersions {
  if (!isObject(document) || !Array.isArray(document.versions)) {
    throw new Error('The document of API versions has no list')
  }
  const versions = document.versions.map(parseVersion)
  const { default: fallback, latest } = document
  for (const name of [fallback, latest]) {
    if (versions.some(({ version, state }) => version === name && state !== 'retired')) continue
    throw new Error(`The document of API versions has no version ${JSON.stringify(name)} to serve`)
  }
  return { default: String(fallback), latest: String(latest), versions }
}

function parseVersion(entry: unknown): ApiVersion {
  const { version, state, deprecated_at, sunset_at } = isObject(entry) ? entry : {}
  const known = API_VERSION_STATES.find((each) => each === state)
  if (typeof version !== 'string' || !new RegExp(VERSION_NAME).test(version) || !known) {
    throw new Error(`The document of API versions has a malformed entry: ${JSON.stringify(entry)}`)
  }
  return {
    version,
    state: known,
    deprecatedAtSeconds: parseSeconds(deprecated_at),
    sunsetAtSeconds: parseSeconds(sunset_at),
  }
}

function parseSeconds(value: unknown): number | undefined {
  if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined
  throw new Error(`The document of API versions has a malformed date: ${JSON.stringify(value)}`)
}
