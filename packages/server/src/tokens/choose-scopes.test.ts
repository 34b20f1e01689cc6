import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAIN_TENANT, tenantOf } from '../../test/support/tenant.ts'
import { jsonApi } from '../contracts/json-api.ts'
import { OAuthError } from '../protocol/errors.ts'
import { chooseScopes, registeredAt } from './choose-scopes.ts'

const APP = {
  scopes: ['openid', 'profile', 'contacts:read', 'contacts:write'],
  defaultScopes: ['contacts:read'],
}
const LEGACY = tenantOf(jsonApi)

const choose = (asked: string | undefined, tenant = MAIN_TENANT, app = APP) =>
  chooseScopes(asked?.split(' '), app, tenant)

function refusalOf(asked: string, tenant = MAIN_TENANT, app = APP): string {
  try {
    return choose(asked, tenant, app).join(' ')
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return `${error.reason}: ${error.parameter}`
  }
}

describe('RFC 6749 §3.3: a request without scope', () => {
  it('means the defaults of the app', () => {
    expect(choose(undefined)).toEqual(['contacts:read'])
  })

  it('field report 5: means everything that the app is registered for, when it has no defaults', () => {
    expect(choose(undefined, MAIN_TENANT, { ...APP, defaultScopes: [] })).toEqual(APP.scopes)
  })

  it('means those of the API that the token is for, and of the user', () => {
    const [main, other] = MAIN_TENANT.resourceServers.map(({ audience }) => audience)
    const scopes = ['openid', 'contacts:read', 'reports:read']
    const at = (audience = '', defaultScopes: readonly string[] = []) =>
      registeredAt([audience], { scopes, defaultScopes }, MAIN_TENANT)
    expect(at(main)).toEqual({ scopes, defaultScopes: ['openid', 'contacts:read'] })
    expect(at(other)).toEqual({ scopes, defaultScopes: ['openid', 'reports:read'] })
    expect(at(other, ['reports:read', 'contacts:read']).defaultScopes).toEqual(['reports:read'])
  })

  it('is refused when the app has no scopes', () => {
    expect(() => choose(undefined, MAIN_TENANT, { scopes: [], defaultScopes: [] })).toThrow(
      'scope_missing',
    )
  })
})

describe('field report 6: clients ask for more than there is', () => {
  it.each([
    ['openid contacts:read offline_access', 'openid contacts:read'],
    ['openid profile email address phone', 'openid profile'],
    ['contacts:read offline_access', 'contacts:read'],
    ['contacts:read reports:read', 'contacts:read'],
    ['openid contacts:read made:up', 'openid contacts:read'],
    ['openid made:up', 'openid'],
    ['offline_access', 'contacts:read'],
  ])('%s gives %s', (asked, given) => {
    expect(refusalOf(asked)).toBe(given)
  })

  it('ruling 19: and for openid where there is no OpenID Connect', () => {
    const app = { scopes: ['contacts:read'], defaultScopes: [] }
    expect(refusalOf('openid profile contacts:read', LEGACY, app)).toBe('contacts:read')
    expect(refusalOf('openid', LEGACY, app)).toBe('contacts:read')
  })

  it('never gives the defaults in place of what was asked for of an API', () => {
    expect(refusalOf('reports:read')).toBe('scope_not_allowed: reports:read')
    expect(refusalOf('openid reports:read')).toBe('scope_not_allowed: reports:read')
  })
})

describe('a name that exists nowhere', () => {
  it('is named, with the nearest one', () => {
    expect(refusalOf('contacts:raed')).toBe('scope_unknown: contacts:raed -> contacts:read?')
    expect(refusalOf('contacts:read something-else')).toBe('scope_unknown: something-else')
  })
})

it('policy.scopesBeyond: refuses what the app may not have, where the tenant wants the error', () => {
  const strict = {
    ...MAIN_TENANT,
    policy: { ...MAIN_TENANT.policy, scopesBeyond: 'refuse' },
  } as const
  expect(refusalOf('contacts:read reports:read', strict)).toBe('scope_not_allowed: reports:read')
  expect(refusalOf('openid contacts:read offline_access', strict)).toBe('openid contacts:read')
})

it('RFC 6749 §3.3: never gives a scope that the app is not registered for', () => {
  const names = ['openid', 'contacts:read', 'contacts:write', 'reports:read', 'offline_access', 'x']
  const some = fc.subarray(names)
  fc.assert(
    fc.property(some, some, some, (asked, scopes, defaults) => {
      const app = { scopes, defaultScopes: defaults.filter((name) => scopes.includes(name)) }
      let given: readonly string[]
      try {
        given = chooseScopes(asked.length > 0 ? asked : undefined, app, MAIN_TENANT)
      } catch (error) {
        expect(error).toBeInstanceOf(OAuthError)
        return
      }
      expect(given.length).toBeGreaterThan(0)
      expect(scopes).toEqual(expect.arrayContaining([...given]))
    }),
  )
})
