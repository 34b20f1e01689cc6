// The versions of an API: as somebody writes them down, and as they are published at a moment. For the issuer that
// publishes them as well as for the API that serves them. Must not know HTTP or the clock.

import { compareVersions } from './compare-versions.ts'

export const API_VERSION_STATES = ['preview', 'current', 'deprecated', 'retired'] as const
export type ApiVersionState = (typeof API_VERSION_STATES)[number]

/** What a version may be called. */
export const VERSION_NAME = '^[0-9A-Za-z.-]{1,32}$'

export interface ApiVersionSettings {
  readonly versions: readonly ApiVersionSetting[]
  /** Served when a request names none. Default: the latest current one. */
  readonly default?: string | undefined
}

export interface ApiVersionSetting {
  readonly version: string
  readonly state: ApiVersionState
  /** From when on it should not be used any more: a date or a time (RFC 3339 §5.6). May lie ahead. */
  readonly deprecatedAt?: string | undefined
  /** When it will be retired. Only announced: that day, somebody still has to say `retired`. */
  readonly sunsetAt?: string | undefined
}

/** The versions at one moment, the latest first. */
export interface ApiVersions {
  /** Served when a request names none. */
  readonly default: string
  /** The highest that is current. */
  readonly latest: string
  readonly versions: readonly ApiVersion[]
}

export interface ApiVersion {
  readonly version: string
  readonly state: ApiVersionState
  readonly deprecatedAtSeconds: number | undefined
  readonly sunsetAtSeconds: number | undefined
}

/** Of settings in which {@link checkApiVersions} finds nothing wrong. */
export function publishApiVersions(settings: ApiVersionSettings, nowSeconds: number): ApiVersions {
  const versions = settings.versions
    .map((setting) => publishVersion(setting, nowSeconds))
    .toSorted((a, b) => compareVersions(b.version, a.version))
  const latest = versions.find(({ state }) => state === 'current')?.version
  if (latest === undefined) throw new Error('none of the API versions is current')
  return { default: settings.default ?? latest, latest, versions }
}

/** A date of deprecation that has come makes a version deprecated. Nothing but a person makes it retired. */
function publishVersion(setting: ApiVersionSetting, nowSeconds: number): ApiVersion {
  const { version, state } = setting
  const deprecatedAtSeconds = readSeconds(setting.deprecatedAt)
  const sunsetAtSeconds = readSeconds(setting.sunsetAt)
  const isOver = deprecatedAtSeconds !== undefined && deprecatedAtSeconds <= nowSeconds
  return {
    version,
    state: isOver && state !== 'retired' ? 'deprecated' : state,
    deprecatedAtSeconds,
    sunsetAtSeconds,
  }
}

export interface VersionProblem {
  /** Within the settings: `['versions', 1, 'sunsetAt']`. */
  readonly path: readonly (string | number)[]
  readonly what: string
  readonly remedy: string
}

export function checkApiVersions(settings: ApiVersionSettings): VersionProblem[] {
  return [
    ...settings.versions.flatMap((setting, index) => [
      ...checkName(setting, index, settings.versions),
      ...checkState(setting, index),
      ...checkDates(setting, index),
    ]),
    ...checkCurrent(settings),
    ...checkDefault(settings),
  ]
}

function checkName(
  { version }: ApiVersionSetting,
  index: number,
  all: readonly ApiVersionSetting[],
): VersionProblem[] {
  const path = ['versions', index, 'version']
  if (!new RegExp(VERSION_NAME).test(version)) {
    const what = `${JSON.stringify(version)} is not a version`
    return [{ path, what, remedy: 'use up to 32 letters, digits, dots and hyphens, as in 1.8.0' }]
  }
  const first = all.findIndex((other) => other.version === version)
  if (first === index) return []
  const what = `"${version}" is used twice, first at position ${first}`
  return [{ path, what, remedy: 'name each version once' }]
}

function checkState({ state }: ApiVersionSetting, index: number): VersionProblem[] {
  if (API_VERSION_STATES.includes(state)) return []
  const what = `${JSON.stringify(state)} is not a state`
  const remedy = `choose one of ${API_VERSION_STATES.join(', ')}`
  return [{ path: ['versions', index, 'state'], what, remedy }]
}

/** RFC 9745 §4: a sunset never comes before the deprecation. */
function checkDates(setting: ApiVersionSetting, index: number): VersionProblem[] {
  const problems = (['deprecatedAt', 'sunsetAt'] as const).flatMap((key) => {
    const text = setting[key]
    if (text === undefined || isDate(text)) return []
    const what = `${JSON.stringify(text)} is not a date (RFC 3339 §5.6)`
    const remedy = 'write 2026-11-21, or 2026-11-21T08:00:00Z'
    return [{ path: ['versions', index, key], what, remedy }]
  })
  const [deprecated, sunset] = [readSeconds(setting.deprecatedAt), readSeconds(setting.sunsetAt)]
  if (problems.length > 0 || deprecated === undefined || sunset === undefined) return problems
  if (deprecated <= sunset) return []
  const what = `is before deprecatedAt (${setting.deprecatedAt})`
  return [{ path: ['versions', index, 'sunsetAt'], what, remedy: 'make it the later one' }]
}

/** What is to be deprecated some day cannot be what everybody is told to move to. */
function checkCurrent({ versions }: ApiVersionSettings): VersionProblem[] {
  const isLasting = versions.some((each) => each.state === 'current' && !each.deprecatedAt)
  if (isLasting) return []
  const what = 'has no version that is current and has no deprecatedAt'
  return [{ path: ['versions'], what, remedy: 'set the state of the one to move to to current' }]
}

function checkDefault({ versions, default: name }: ApiVersionSettings): VersionProblem[] {
  if (name === undefined) return []
  const usable = versions.filter(({ state }) => state !== 'retired')
  if (usable.some(({ version }) => version === name)) return []
  const isRetired = versions.some(({ version }) => version === name)
  const what = isRetired ? `"${name}" is retired` : `"${name}" is not one of the versions`
  const remedy = `choose one of ${usable.map(({ version }) => version).join(', ')}`
  return [{ path: ['default'], what, remedy }]
}

const DATE = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2}))?$/

/** A day that the calendar does not have, such as 30 February, would be read as another one. */
function isDate(text: string): boolean {
  const day = DATE.exec(text)?.[1]
  if (day === undefined || Number.isNaN(Date.parse(text)) || Number.isNaN(Date.parse(day))) {
    return false
  }
  return new Date(day).toISOString().startsWith(day)
}

/** A date without a time is the beginning of that day, UTC. */
function readSeconds(date: string | undefined): number | undefined {
  return date === undefined ? undefined : Math.floor(Date.parse(date) / 1000)
}

/** The document that an issuer publishes. */
export function formatApiVersions({ default: fallback, latest, versions }: ApiVersions): object {
  return {
    default: fallback,
    latest,
    versions: versions.map(({ version, state, deprecatedAtSeconds, sunsetAtSeconds }) => ({
      version,
      state,
      deprecated_at: deprecatedAtSeconds,
      sunset_at: sunsetAtSeconds,
    })),
  }
}
