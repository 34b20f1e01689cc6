// What versions there are at a moment, and which one a request gets.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseApiVersion } from '../src/api-version-choice.ts'
import {
  API_VERSION_STATES,
  type ApiVersionSetting,
  type ApiVersionSettings,
  checkApiVersions,
  publishApiVersions,
} from '../src/api-versions.ts'

const NOW = Date.UTC(2026, 10, 21) / 1000
const DAY = 86_400

const VERSIONS: readonly ApiVersionSetting[] = [
  { version: '1.5.0', state: 'retired', deprecatedAt: '2025-01-01', sunsetAt: '2026-01-01' },
  { version: '1.6.0', state: 'deprecated', deprecatedAt: '2026-06-01', sunsetAt: '2027-06-01' },
  { version: '1.6.5', state: 'deprecated' },
  { version: '1.7.0', state: 'current', deprecatedAt: '2026-12-24T12:00:00+01:00' },
  { version: '1.8.0', state: 'current' },
  { version: '2.0.0-beta', state: 'preview' },
]

function choose(requested: string | undefined, settings: ApiVersionSettings, now = NOW) {
  return chooseApiVersion(publishApiVersions(settings, now), { requested })
}

describe('a version that is served', () => {
  test.each([
    ['the latest', '1.8.0', { 'x-version-status': 'stable' }],
    [
      'an older current one, whose deprecation is announced',
      '1.7.0',
      { 'x-version-status': 'update-available', deprecation: '@1798110000' },
    ],
    [
      'RFC 9745 §2, RFC 8594 §3: a deprecated one, with its dates',
      '1.6.0',
      {
        'x-version-status': 'deprecated',
        deprecation: '@1780272000',
        sunset: 'Tue, 01 Jun 2027 00:00:00 GMT',
      },
    ],
    ['a deprecated one without dates', '1.6.5', { 'x-version-status': 'deprecated' }],
    ['a preview', '2.0.0-beta', { 'x-version-status': 'preview' }],
    ['none named: the latest current one', undefined, { 'x-version-status': 'stable' }],
  ])('%s', (_what, requested, headers) => {
    expect(choose(requested, { versions: VERSIONS })).toEqual({
      version: requested ?? '1.8.0',
      headers: {
        'x-version': requested ?? '1.8.0',
        'x-version-latest': '1.8.0',
        ...headers,
      },
    })
  })

  test('is the default, when none is named and one is set', () => {
    expect(choose(undefined, { versions: VERSIONS, default: '1.6.0' }).version).toBe('1.6.0')
  })

  test('is deprecated from its date on, without anybody touching it', () => {
    const at = (now: number) => choose('1.7.0', { versions: VERSIONS }, now).headers
    expect(at(1_798_110_000 - 1)).toMatchObject({ 'x-version-status': 'update-available' })
    expect(at(1_798_110_000)).toMatchObject({ 'x-version-status': 'deprecated' })
  })

  test('is served past its sunset, until somebody says that it is retired', () => {
    expect(choose('1.6.0', { versions: VERSIONS }, NOW + 400 * DAY).version).toBe('1.6.0')
  })

  test('answers in the header that the request is asked for in', () => {
    const published = publishApiVersions({ versions: VERSIONS }, NOW)
    const { headers } = chooseApiVersion(published, { requested: '1.8.0', header: 'Api-Version' })
    expect(Object.keys(headers)).toEqual([
      'api-version',
      'api-version-status',
      'api-version-latest',
    ])
  })
})

describe('a version that is not served', () => {
  const supported = ['2.0.0-beta', '1.8.0', '1.7.0', '1.6.5', '1.6.0']

  test.each([
    ['1.5.0', 'Version 1.5.0 is retired.'],
    ['9.9.9', 'Version 9.9.9 is unknown.'],
    ['', 'X-VERSION does not name one version.'],
    ['1.7.0, 1.8.0', 'X-VERSION does not name one version.'],
    ['<script>', 'X-VERSION does not name one version.'],
    ['constructor', 'Version constructor is unknown.'],
  ])('%j', (requested, complaint) => {
    const choice = choose(requested, { versions: VERSIONS })
    expect(choice).toMatchObject({
      version: undefined,
      headers: { 'x-version-latest': '1.8.0' },
      refusal: {
        error: 'unsupported_version',
        error_description: `${complaint} Supported are ${supported.join(', ')}.`,
        supported_versions: supported,
      },
    })
    expect(choice.headers).not.toHaveProperty('x-version')
  })

  test('tells the dates of a retired one', () => {
    expect(choose('1.5.0', { versions: VERSIONS }).headers).toEqual({
      'x-version-latest': '1.8.0',
      deprecation: '@1735689600',
      sunset: 'Thu, 01 Jan 2026 00:00:00 GMT',
    })
  })
})

test('whatever the versions: one that passes the checks is served or refused, and never contradicts itself', () => {
  const date = fc
    .date({ min: new Date('2000-01-01'), max: new Date('2050-01-01'), noInvalidDate: true })
    .map((each) => each.toISOString().slice(0, 10))
  const setting = fc.record(
    {
      version: fc.constantFrom('1', '1.1', '1.2', '1.10', '2-beta', '2'),
      state: fc.constantFrom(...API_VERSION_STATES),
      deprecatedAt: date,
      sunsetAt: date,
    },
    { requiredKeys: ['version', 'state'] },
  )
  const settings = fc
    .record({ versions: fc.array(setting, { minLength: 1, maxLength: 6 }) })
    .filter((each) => checkApiVersions(each).length === 0)
  const now = fc.integer({ min: 946_684_800, max: 2_524_608_000 })
  fc.assert(
    fc.property(settings, fc.nat(5), now, (given, at, nowSeconds) => {
      const { version, state } = given.versions[at % given.versions.length] ?? { version: '' }
      const choice = choose(version, given, nowSeconds)
      expect(choice.version).toBe(state === 'retired' ? undefined : version)
      const { 'x-version-status': status, deprecation = '@9999999999' } = choice.headers
      const isOver = Number(deprecation.slice(1)) <= nowSeconds
      if (isOver && state !== 'retired') expect(status).toBe('deprecated')
      if (status === 'stable') expect(choice.headers['x-version-latest']).toBe(version)
      // Whoever names none is served, and can always move to the latest.
      const latest = choice.headers['x-version-latest']
      expect(choose(undefined, given, nowSeconds).version).toBe(latest)
      expect(choose(latest, given, nowSeconds).headers['x-version-status']).toBe('stable')
    }),
  )
})

describe('what an operator can get wrong', () => {
  const current: ApiVersionSetting = { version: '1.8.0', state: 'current' }
  const old: ApiVersionSetting = { version: '1.7.0', state: 'deprecated' }

  test.each<[string, ApiVersionSettings, (string | number)[], RegExp]>([
    [
      'a name with a blank',
      { versions: [{ ...current, version: '1 8' }, current] },
      ['versions', 0, 'version'],
      /not a version/,
    ],
    [
      'a name of 33 characters',
      { versions: [{ ...old, version: '1'.repeat(33) }, current] },
      ['versions', 0, 'version'],
      /not a version/,
    ],
    [
      'a name twice',
      { versions: [current, old, current] },
      ['versions', 2, 'version'],
      /used twice, first at position 0/,
    ],
    [
      'another state',
      { versions: [current, { ...old, state: 'sunset' as 'retired' }] },
      ['versions', 1, 'state'],
      /not a state/,
    ],
    [
      'a date of another kind',
      { versions: [current, { ...old, sunsetAt: '21.11.2026' }] },
      ['versions', 1, 'sunsetAt'],
      /not a date/,
    ],
    [
      'a time without a zone',
      { versions: [current, { ...old, sunsetAt: '2026-11-21T08:00:00' }] },
      ['versions', 1, 'sunsetAt'],
      /not a date/,
    ],
    [
      'a day that there is not',
      { versions: [current, { ...old, deprecatedAt: '2026-02-30' }] },
      ['versions', 1, 'deprecatedAt'],
      /not a date/,
    ],
    [
      'a month that there is not',
      { versions: [current, { ...old, deprecatedAt: '2026-13-01T00:00:00Z' }] },
      ['versions', 1, 'deprecatedAt'],
      /not a date/,
    ],
    ['none that is current', { versions: [old] }, ['versions'], /no version that is current/],
    [
      'none that stays current',
      { versions: [{ ...current, deprecatedAt: '2030-01-01' }] },
      ['versions'],
      /no deprecatedAt/,
    ],
    ['no version at all', { versions: [] }, ['versions'], /no version/],
    [
      'an unknown default',
      { versions: [current], default: '1.9.0' },
      ['default'],
      /not one of the versions/,
    ],
    [
      'a retired default',
      { versions: [current, { ...old, state: 'retired' }], default: '1.7.0' },
      ['default'],
      /retired/,
    ],
  ])('%s', (_what, settings, path, what) => {
    const problems = checkApiVersions(settings)
    expect(problems).toMatchObject([{ path, what: expect.stringMatching(what) }])
    expect(problems[0]?.remedy).toMatch(/\w/)
  })

  test('RFC 9745 §4: a sunset before the deprecation', () => {
    const problemsWith = (sunsetAt: string) =>
      checkApiVersions({ versions: [current, { ...old, deprecatedAt: '2026-11-21', sunsetAt }] })
    const what = expect.stringContaining('before deprecatedAt')
    expect(problemsWith('2026-11-20')).toMatchObject([{ path: ['versions', 1, 'sunsetAt'], what }])
    expect(problemsWith('2026-11-21')).toEqual([])
  })

  test('nothing is wrong with several current ones, a deprecated default and dates of both kinds', () => {
    expect(checkApiVersions({ versions: VERSIONS, default: '1.6.0' })).toEqual([])
  })
})
