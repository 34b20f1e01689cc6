import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import { API, OTHER_API } from '../../test/support/world.ts'
import { OAuthError } from '../protocol/errors.ts'
import { findScope, isIdentityScope } from '../protocol/tenant.ts'
import { type Coverage, narrowGrant } from './narrow.ts'

const GRANT = {
  scopes: ['openid', 'contacts:read', 'contacts:write', 'reports:read'],
  audience: [API, OTHER_API],
}

const narrow = (scopes: readonly string[] | undefined, resources: readonly string[]) =>
  narrowGrant(GRANT, { scopes, resources }, MAIN_TENANT)

describe('narrowGrant', () => {
  it.each([
    ['all that was granted, when nothing is named', undefined, [], GRANT],
    [
      'fewer scopes, for every API',
      ['contacts:read'],
      [],
      { scopes: ['contacts:read'], audience: [API, OTHER_API] },
    ],
    [
      'one API, with its scopes and those about the user',
      undefined,
      [OTHER_API],
      { scopes: ['openid', 'reports:read'], audience: [OTHER_API] },
    ],
    [
      'one API and fewer scopes',
      ['contacts:write'],
      [API],
      { scopes: ['contacts:write'], audience: [API] },
    ],
    [
      'nothing for what OpenID Connect defines and was not granted',
      ['contacts:read', 'offline_access', 'phone', 'profile'],
      [],
      { scopes: ['contacts:read'], audience: [API, OTHER_API] },
    ],
    ['all that was granted, when nothing else is named', ['offline_access'], [], GRANT],
  ])('B5, RFC 6749 §6: gives %s', (_what, scopes, resources, coverage) => {
    expect(narrow(scopes, resources)).toEqual(coverage)
  })

  it.each([
    ['a scope that was not granted', ['projects:read'], [], 'scope_not_granted'],
    ['one such scope among others', ['openid', 'projects:read'], [API], 'scope_not_granted'],
    ['a scope of another API', ['reports:read'], [API], 'scope_not_of_resource'],
    ['an unknown API', undefined, [API, 'https://evil.example'], 'resource_unknown'],
    ['a scope about the user alone that was not granted', ['profile'], [], 'scope_not_granted'],
    ['the issuer, which was not granted', undefined, [MAIN_TENANT.issuer], 'resource_unknown'],
  ])('B5, RFC 8707 §2.2: refuses %s', (_what, scopes, resources, reason) => {
    expect(() => narrow(scopes, resources)).toThrow(reason)
  })

  it('B5: never gives more than was granted, nor other than was asked for', () => {
    const names = [...GRANT.scopes, 'projects:read', 'unknown']
    const scopes = fc.subarray(names, { minLength: 1 })
    const audience = fc.subarray([API, OTHER_API, MAIN_TENANT.issuer, 'https://evil.example'])
    const asked = fc.record({ scopes: fc.option(scopes, { nil: undefined }), resources: audience })
    fc.assert(
      fc.property(fc.record({ scopes, audience }), asked, (granted, asked) => {
        const coverage = tryToNarrow(granted, asked)
        if (coverage === undefined) return
        expect(granted.scopes).toEqual(expect.arrayContaining([...coverage.scopes]))
        expect(granted.audience).toEqual(expect.arrayContaining([...coverage.audience]))
        if (asked.scopes) {
          expect(asked.scopes).toEqual(expect.arrayContaining([...coverage.scopes]))
          expect(ofApis(coverage.scopes)).toEqual(ofApis(asked.scopes))
        }
        if (asked.resources.length === 0) return
        expect(coverage.audience).toEqual(asked.resources)
        for (const scope of coverage.scopes) expect(isAbout(scope, asked.resources)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})

function ofApis(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !isIdentityScope(scope))
}

function tryToNarrow(...[granted, asked]: [Coverage, Parameters<typeof narrowGrant>[1]]) {
  try {
    return narrowGrant(granted, asked, MAIN_TENANT)
  } catch (error) {
    if (error instanceof OAuthError) return undefined
    throw error
  }
}

function isAbout(scope: string, resources: readonly string[]): boolean {
  const servers = MAIN_TENANT.resourceServers.filter(({ audience }) => resources.includes(audience))
  const definition = findScope(MAIN_TENANT, scope)
  return (
    isIdentityScope(scope) || servers.some(({ scopes }) => scopes.some((s) => s === definition))
  )
}
