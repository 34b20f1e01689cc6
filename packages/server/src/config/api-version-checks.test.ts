import { describe, expect, it } from 'vitest'
import { loadConfig } from './load.ts'
import { ConfigError } from './problems.ts'
import { resolveTenants } from './tenants.ts'

const OLD = { version: '1.7.0', state: 'deprecated', deprecatedAt: '2026-11-21' }
const NEW = { version: '1.8.0', state: 'current' }

function load(changes: object) {
  const value = { tenants: [{ name: 'acme', issuer: 'https://login.example', ...changes }] }
  return loadConfig({ value, env: {} }).config
}

function findings(changes: object): string[] {
  try {
    load(changes)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ place, what, remedy }) => `${place} ${what} → ${remedy}`)
  }
}

describe('the versions of a tenant', () => {
  it('are taken as they are written, with their default', () => {
    const [tenant] = resolveTenants(load({ apiVersions: [OLD, NEW], defaultApiVersion: '1.7.0' }))
    expect(tenant?.apiVersions).toEqual({ versions: [OLD, NEW], default: '1.7.0' })
  })

  it('are none when none are written', () => {
    const [tenant] = resolveTenants(load({}))
    expect(tenant?.apiVersions).toBeUndefined()
  })

  it.each<[string, object, RegExp]>([
    [
      'twice the same',
      { apiVersions: [NEW, NEW] },
      /tenants\[0\]\.apiVersions\[1\]\.version "1.8.0" is used twice/,
    ],
    [
      'none current',
      { apiVersions: [OLD] },
      /tenants\[0\]\.apiVersions has no version that is current/,
    ],
    [
      'dates in the wrong order',
      { apiVersions: [NEW, { ...OLD, sunsetAt: '2026-01-01' }] },
      /apiVersions\[1\]\.sunsetAt is before deprecatedAt \(2026-11-21\)/,
    ],
    [
      'a date of another kind',
      { apiVersions: [NEW, { ...OLD, deprecatedAt: 'soon' }] },
      /apiVersions\[1\]\.deprecatedAt "soon" is not a date.*→ write 2026-11-21/,
    ],
    [
      'an unknown default',
      { apiVersions: [NEW], defaultApiVersion: '2' },
      /tenants\[0\]\.defaultApiVersion "2" is not one of the versions → choose one of 1\.8\.0/,
    ],
    [
      'a default of nothing',
      { defaultApiVersion: '1.8.0' },
      /tenants\[0\]\.apiVersions has no version that is current/,
    ],
    [
      'a name with a blank',
      { apiVersions: [NEW, { ...OLD, version: '1 7' }] },
      /apiVersions\[1\]\.version is "1 7"/,
    ],
    [
      'a name that is too long',
      { apiVersions: [NEW, { ...OLD, version: '1'.repeat(33) }] },
      /apiVersions\[1\]\.version/,
    ],
    [
      'a number, as YAML reads 1.8',
      { apiVersions: [NEW, { ...OLD, version: 1.8 }] },
      /apiVersions\[1\]\.version is 1\.8/,
    ],
    [
      'another state',
      { apiVersions: [NEW, { ...OLD, state: 'sunset' }] },
      /apiVersions\[1\]\.state is "sunset" → give one of preview, current, deprecated, retired/,
    ],
  ])('cannot be %s', (_what, changes, problem) => {
    expect(findings(changes)).toEqual(expect.arrayContaining([expect.stringMatching(problem)]))
  })
})
