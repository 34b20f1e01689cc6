import { describe, expect, it } from 'vitest'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import { API, OTHER_API } from '../../test/support/world.ts'
import { checkAudience, defaultAudience, findScope, isIdentityScope } from './tenant.ts'

const { issuer } = MAIN_TENANT

describe('checkAudience', () => {
  it.each([
    [[API], ['contacts:read', 'openid']],
    [
      [API, OTHER_API],
      ['contacts:read', 'reports:read'],
    ],
    [[OTHER_API], []],
    [[issuer], ['openid', 'profile']],
    [[], []],
  ])('B13: %j may have %j', (audience, scopes) => {
    expect(() => checkAudience(MAIN_TENANT, audience, scopes)).not.toThrow()
  })

  it.each([
    ['https://unknown.example'],
    [`${API}/`],
    [API.toUpperCase()],
    [API.slice(0, -1)],
    [`${issuer}/`],
    [''],
  ])('B5, RFC 8707 §2: there is no API %j', (audience) => {
    expect(() => checkAudience(MAIN_TENANT, [API, audience], [])).toThrow('resource_unknown')
  })

  it.each([
    [[OTHER_API], ['contacts:read']],
    [[API], ['contacts:read', 'reports:read']],
    [[issuer], ['contacts:read']],
    [[API], ['contacts:']],
    [[API], ['constructor']],
    [[], ['contacts:read']],
  ])('B13: %j may not have %j', (audience, scopes) => {
    expect(() => checkAudience(MAIN_TENANT, audience, scopes)).toThrow('scope_not_of_resource')
  })
})

it('RFC 9068 §3: the default audience is the first API, or else the issuer itself', () => {
  expect(defaultAudience(MAIN_TENANT)).toBe(API)
  expect(defaultAudience({ ...MAIN_TENANT, resourceServers: [] })).toBe(issuer)
})

it('finds a scope in whichever API defines it', () => {
  expect(findScope(MAIN_TENANT, 'reports:read')?.description.en).toBe('see your reports')
  expect(findScope(MAIN_TENANT, 'openid')).toBeUndefined()
  expect(['openid', 'profile', 'email', 'contacts:read'].filter(isIdentityScope)).toEqual([
    'openid',
    'profile',
    'email',
  ])
})
