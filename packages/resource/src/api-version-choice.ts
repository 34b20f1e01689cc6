// Which version of an API a request gets, and what the answer says about it: the version served, the latest one,
// how it stands, and its dates (RFC 9745, RFC 8594). Pure: for any HTTP framework, and for the issuer itself.

import { type ApiVersion, type ApiVersions, VERSION_NAME } from './api-versions.ts'

export const DEFAULT_VERSION_HEADER = 'X-VERSION'

/** How a version that is served stands: `preview` is not stable yet, the others are in the order of their urgency. */
export type VersionStatus = 'preview' | 'stable' | 'update-available' | 'deprecated'

export type VersionChoice =
  | { readonly version: string; readonly headers: HeaderFields }
  /** Unknown or retired: 400. */
  | {
      readonly version: undefined
      readonly headers: HeaderFields
      readonly refusal: UnsupportedVersion
    }

/** Names in lower case. */
type HeaderFields = Readonly<Record<string, string>>

export interface UnsupportedVersion {
  readonly error: 'unsupported_version'
  readonly error_description: string
  readonly supported_versions: readonly string[]
}

export interface VersionRequest {
  /** Value of the header; undefined when there is none. */
  readonly requested: string | undefined
  /** Name of the header. */
  readonly header?: string
}

export function chooseApiVersion(
  published: ApiVersions,
  { requested, header = DEFAULT_VERSION_HEADER }: VersionRequest,
): VersionChoice {
  const names = versionHeaderNames(header)
  const name = requested ?? published.default
  const found = published.versions.find(({ version }) => version === name)
  const headers = {
    [names.latest]: published.latest,
    ...(found && dateHeaders(found)),
  }
  if (!found || found.state === 'retired') {
    const refusal = refuse(published, { name, header })
    return { version: undefined, headers, refusal }
  }
  const status = statusOf(found, published)
  return {
    version: found.version,
    headers: { [names.served]: found.version, [names.status]: status, ...headers },
  }
}

/** In lower case. */
function versionHeaderNames(header: string) {
  const served = header.toLowerCase()
  return { served, latest: `${served}-latest`, status: `${served}-status` }
}

/** The headers that a script in a browser is allowed to read, as a list. */
export function exposedVersionHeaders(header: string): string {
  return [header, `${header}-LATEST`, `${header}-STATUS`, 'Deprecation', 'Sunset'].join(', ')
}

function statusOf({ version, state }: ApiVersion, { latest }: ApiVersions): VersionStatus {
  if (state === 'preview') return 'preview'
  if (state !== 'current') return 'deprecated'
  return version === latest ? 'stable' : 'update-available'
}

function dateHeaders({ deprecatedAtSeconds, sunsetAtSeconds }: ApiVersion): HeaderFields {
  return {
    // RFC 9745 §2: a date of structured fields (RFC 9651 §3.3.7).
    ...(deprecatedAtSeconds !== undefined && { deprecation: `@${deprecatedAtSeconds}` }),
    // RFC 8594 §3: an HTTP date.
    ...(sunsetAtSeconds !== undefined && {
      sunset: new Date(sunsetAtSeconds * 1000).toUTCString(),
    }),
  }
}

function refuse(
  { versions }: ApiVersions,
  { name, header }: { name: string; header: string },
): UnsupportedVersion {
  const supported = versions
    .filter(({ state }) => state !== 'retired')
    .map(({ version }) => version)
  return {
    error: 'unsupported_version',
    error_description: `${complaint()} Supported are ${supported.join(', ')}.`,
    supported_versions: supported,
  }

  function complaint(): string {
    if (versions.some(({ version }) => version === name)) return `Version ${name} is retired.`
    // Only what looks like a version is repeated.
    const isName = new RegExp(VERSION_NAME).test(name)
    return isName ? `Version ${name} is unknown.` : `${header} does not name one version.`
  }
}
