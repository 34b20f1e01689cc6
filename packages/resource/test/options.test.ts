import { afterEach, describe, expect, test, vi } from 'vitest'
import { createGuard, type GuardOptions } from '../src/index.ts'

afterEach(() => vi.unstubAllEnvs())

const good = { issuer: 'https://auth.test', audience: 'https://api.test' }

test('issuer and audience may come from the environment', () => {
  vi.stubEnv('OSTIARY_ISSUER', 'https://env-auth.test')
  vi.stubEnv('OSTIARY_AUDIENCE', 'https://env-api.test/v1')
  expect(createGuard().metadata()).toMatchObject({
    resource: 'https://env-api.test/v1',
    authorization_servers: ['https://env-auth.test'],
  })
  expect(createGuard(good).metadata().resource).toBe('https://api.test')
})

test('everything that is wrong is told at once', () => {
  vi.stubEnv('OSTIARY_ISSUER', undefined)
  vi.stubEnv('OSTIARY_AUDIENCE', undefined)
  const create = () => createGuard({ pollSeconds: -1 })
  expect(create).toThrow('OSTIARY_ISSUER')
  expect(create).toThrow('OSTIARY_AUDIENCE')
  expect(create).toThrow('pollSeconds')
})

test('the contract may come from the environment', () => {
  vi.stubEnv('OSTIARY_CONTRACT', 'json-api')
  expect(() => createGuard(good)).toThrow('only the issuer can tell')
  expect(() => createGuard({ ...good, contract: 'standard' })).not.toThrow()
  vi.stubEnv('OSTIARY_CONTRACT', 'json')
  expect(() => createGuard(good)).toThrow('contract "json" is not known')
})

describe('refuses', () => {
  test.each<[string, object, string]>([
    ['an empty audience', { audience: '' }, 'audience is missing'],
    ['an audience switched off', { audience: null }, 'audience is missing'],
    ['an audience from a variable that is not set', { audience: undefined }, 'is undefined'],
    ['plain http allowed by text', { allowHttp: 'false' }, 'allowHttp must be true or false'],
    ['scopes as one text', { scopes: 'a b' }, 'scopes must be a list'],
    ['a log that cannot be called', { onRefusal: {} }, 'onRefusal must be a function'],
    ['an issuer that is no text', { issuer: new URL('https://a.test') }, 'issuer must be text'],
    ['a time between readings longer than the feed may be old', { pollSeconds: 60 }, 'to 30'],
    ['credentials that are none', { introspection: 'secret' }, 'introspection must be an object'],
    [
      'a secret from a variable that is not set',
      { introspection: { clientId: 'a', clientSecret: undefined } },
      'introspection.clientSecret is undefined',
    ],
    [
      'a header of versions that is not set',
      { apiVersions: { header: undefined } },
      'apiVersions.header is undefined',
    ],
    ['versions that are no list', { apiVersions: { versions: {} } }, 'versions must be a list'],
    ['an issuer that is no URL', { issuer: 'auth.test' }, 'is not a URL'],
    ['an issuer on plain http', { issuer: 'http://auth.test' }, 'must use https'],
    ['an issuer with a query', { issuer: 'https://auth.test?a=b' }, 'neither query'],
    ['an issuer with a password', { issuer: 'https://u:p@auth.test' }, 'neither query'],
    ['an inner address with a path', { issuerOrigin: 'https://a.test/x' }, "'https://a.test'"],
    ['an inner address that is none', { issuerOrigin: 'auth:' }, 'issuerOrigin'],
    ['an inner address without TLS', { issuerOrigin: 'http://auth:3000' }, 'must use https'],
    ['another scheme', { issuer: 'ftp://auth.test' }, 'must use https'],
    ['a misspelt option', { audiance: 'x' }, '"audiance" is not an option'],
    ['an unknown contract', { contract: 'constructor' }, 'is not known'],
    ['json-api without credentials', { contract: 'json-api' }, 'introspection'],
    ['crm-com without credentials', { contract: 'crm-com' }, 'introspection'],
    [
      'another algorithm than that of the contract',
      { contract: 'financial-cents', algorithms: ['ES256'] },
      'Choose of RS256',
    ],
    [
      'an algorithm for tokens that are not signed',
      { contract: 'json-api', algorithms: ['ES256'] },
      'not signed',
    ],
    ['no algorithm', { algorithms: [] }, 'algorithms is empty'],
    ['an unknown mode', { revocation: 'sometimes' }, "'feed' or 'off'"],
    ['an unknown choice', { whenStale: 'panic' }, "'refuse' or 'accept'"],
    ['a tolerance of an hour', { clockToleranceSeconds: 3600 }, 'from 0 to 60'],
    ['a time-out that is no number', { timeoutSeconds: Number.NaN }, 'timeoutSeconds'],
    ['half a credential', { introspection: { clientId: 'a', clientSecret: '' } }, 'clientSecret'],
    [
      'an answer kept for an hour',
      { introspection: { clientId: 'a', clientSecret: 'b', cacheSeconds: 3600 } },
      'cacheSeconds',
    ],
  ])('%s', (_name, options, message) => {
    expect(() => createGuard({ ...good, ...options } as GuardOptions)).toThrow(message)
  })
})

test.each([
  'http://localhost:3000',
  'http://127.0.0.1:3000',
  'http://[::1]:3000',
  'http://a.localhost',
])('plain http is fine on this machine: %s', (issuer) => {
  expect(createGuard({ ...good, issuer }).metadata().authorization_servers).toEqual([issuer])
})

test('plain http elsewhere must be asked for', () => {
  const guard = createGuard({ ...good, issuer: 'http://auth:3000', allowHttp: true })
  expect(guard.metadata().authorization_servers).toEqual(['http://auth:3000'])
})

describe('RFC 9728 §3.1: the path of the metadata', () => {
  test.each([
    ['https://api.test', '/.well-known/oauth-protected-resource'],
    ['https://api.test/', '/.well-known/oauth-protected-resource'],
    ['https://api.test/api/v1', '/.well-known/oauth-protected-resource/api/v1'],
    ['https://api.test/api/?tenant=a', '/.well-known/oauth-protected-resource/api/'],
  ])('of %s', (audience, path) => {
    expect(createGuard({ ...good, audience }).metadataPath()).toBe(path)
  })

  test('does not exist for an audience that is no URL', async () => {
    const guard = createGuard({ ...good, audience: 'urn:crm' })
    expect(() => guard.metadataPath()).toThrow('not a URL')
    const verdict = await guard.verify(new Request('https://api.test'))
    if (verdict.ok) throw new Error('A request without token was accepted')
    expect(verdict.response.headers.get('www-authenticate')).toBe('Bearer realm="urn:crm"')
  })
})
