// The options of a guard that concern versions of the API: what is meant when one is not set, and what is refused.

import { DEFAULT_VERSION_HEADER } from './api-version-choice.ts'
import { type ApiVersionSetting, checkApiVersions } from './api-versions.ts'
import { callback, findWrongKinds, flag, type Kind, list, pickRightKinds, text } from './kinds.ts'

export interface ApiVersionOptions {
  /** Request header that names a version. Default `X-VERSION`. */
  readonly header?: string
  /** The versions of this API. Default: those that the issuer publishes. */
  readonly versions?: readonly ApiVersionSetting[]
  /** With `versions`: the one served when a request names none. Default: the latest current one. */
  readonly default?: string
  /** Whether the issuer is told which app calls which version. Default: true, which needs `introspection`. */
  readonly reportUse?: boolean
  /** Called when the issuer's versions cannot be read, or the use not be reported. Must not throw. */
  readonly onError?: (error: unknown) => void
}

type WithDefault = 'header' | 'reportUse'

export type ApiVersionOptionsRead = Required<Pick<ApiVersionOptions, WithDefault>> &
  Omit<ApiVersionOptions, WithDefault>

const KINDS: Readonly<Record<keyof ApiVersionOptions, Kind>> = {
  header: text,
  versions: list,
  default: text,
  reportUse: flag,
  onError: callback,
}

export function readApiVersionOptions(options: ApiVersionOptions = {}): ApiVersionOptionsRead {
  return {
    ...options,
    header: options.header ?? DEFAULT_VERSION_HEADER,
    reportUse: options.reportUse ?? true,
  }
}

/** RFC 9110 §5.1: a field name. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/

/** @returns what is wrong, one sentence each */
export function checkApiVersionOptions(options: ApiVersionOptions = {}): string[] {
  const problems = Object.keys(options)
    .filter((name) => !Object.hasOwn(KINDS, name))
    .map(
      (name) => `apiVersions: "${name}" is not known. Known are ${Object.keys(KINDS).join(', ')}.`,
    )
  problems.push(...findWrongKinds(options, KINDS, 'apiVersions.'))
  const right: ApiVersionOptions = pickRightKinds(options, KINDS)
  const { header, versions, default: fallback } = right
  if (header !== undefined && !HEADER_NAME.test(header)) {
    problems.push(`apiVersions.header: ${JSON.stringify(header)} is not the name of a header.`)
  }
  if (options.versions === undefined && fallback !== undefined) {
    problems.push('apiVersions.default needs apiVersions.versions: otherwise the issuer says it.')
  }
  if (!versions) return problems
  const found = checkApiVersions({ versions, default: fallback })
  return [
    ...problems,
    ...found.map(({ path, what, remedy }) => `apiVersions.${path.join('.')} ${what}: ${remedy}.`),
  ]
}
