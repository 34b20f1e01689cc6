import { describe, expect, test } from 'vitest'
import { RESOURCES, scopeNamesOf } from '../src/resources.ts'
import { scopes, scopesOf } from '../src/scopes.ts'
import { startApi } from './support/start-api.ts'

test.each(['standard', 'mister-james'] as const)(
  'every resource of %s has its two scopes, and there are no others',
  (contract) => {
    const { read, write } = scopeNamesOf(contract)
    const expected = new Set(RESOURCES.flatMap((resource) => [read(resource), write(resource)]))
    expect(new Set(scopesOf(contract).map(({ name }) => name))).toEqual(expected)
  },
)

test('mister-james K "authorize parameters": `read` opens all five resources, and `write` changes them', async () => {
  const api = await startApi({ contract: 'mister-james' })
  const [reads, writes] = await Promise.all(
    ['read', 'write'].map((scope) => api.callAs({ scopes: [scope] })),
  )
  for (const { name } of RESOURCES) {
    const change = { name: 'Other' }
    expect((await reads?.('GET', `/${name}`))?.status, name).toBe(200)
    expect((await reads?.('PATCH', `/${name}/1`, change))?.status, name).toBe(403)
    expect((await writes?.('PATCH', `/${name}/1`, change))?.status, name).toBe(200)
    expect((await writes?.('GET', `/${name}`))?.status, name).toBe(403)
  }
})

describe.each(RESOURCES.map(({ name }) => name))('%s', (name) => {
  const body = { name: 'New', email: 'new@company.example' }
  const change = { name: 'Other' }

  test.each([
    ['GET', `/${name}`, undefined, `${name}:read`],
    ['GET', `/${name}/1`, undefined, `${name}:read`],
    ['POST', `/${name}`, body, `${name}:write`],
    ['PATCH', `/${name}/1`, change, `${name}:write`],
    ['DELETE', `/${name}/1`, undefined, `${name}:write`],
  ] as const)('RFC 6750 §3.1: %s %s needs its scope', async (method, path, payload, needed) => {
    const api = await startApi()
    const others = scopes.map((scope) => scope.name).filter((scope) => scope !== needed)
    const without = await api.callAs({ scopes: others })
    const answer = await without(method, path, payload)
    expect(answer).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } })
    expect(answer.headers['www-authenticate']).toContain(`scope="${needed}"`)

    const allowed = await api.callAs({ scopes: [needed] })
    expect((await allowed(method, path, payload)).status).not.toBe(403)
  })
})

test('/me says what a token is, and needs no scope', async () => {
  const api = await startApi()
  const call = await api.callAs({ userId: 'ada', clientId: 'sync', scopes: [], unitId: 'north' })
  expect(await call('GET', '/me')).toMatchObject({
    status: 200,
    body: {
      subject: 'ada',
      user_id: 'ada',
      client_id: 'sync',
      organisation_id: 'acme',
      unit_id: 'north',
      scopes: [],
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
    },
  })
})

test('/me of an app that acts for itself has no user', async () => {
  const api = await startApi()
  const call = await api.callAs({ userId: null, clientId: 'nightly' })
  expect((await call('GET', '/me')).body).toMatchObject({ subject: 'nightly', user_id: null })
})

test('a token that is no JWT is checked with the credentials of the API', async () => {
  const api = await startApi({ clientId: 'test:api', clientSecret: 'secret%+ of:é' })
  const token = api.issuer.mintOpaque({ organisationId: 'acme', scopes: ['clients:read'] })
  const response = await api.app.inject({
    url: '/api/v1/clients',
    headers: { authorization: `Bearer ${token}` },
  })
  expect(response.statusCode).toBe(200)
})

test('RFC 9728 §5.1: the challenge leads to a document that names the issuer', async () => {
  const api = await startApi()
  const refused = await api.app.inject('/api/v1/contacts')
  expect(refused.statusCode).toBe(401)
  const challenge = String(refused.headers['www-authenticate'])
  const url = /resource_metadata="https:\/\/crm\.test([^"]+)"/.exec(challenge)?.[1]
  const document = await api.app.inject(String(url))
  expect(document.json()).toMatchObject({
    resource: 'https://crm.test/api/v1',
    authorization_servers: ['https://issuer.test'],
    bearer_methods_supported: ['header'],
    scopes_supported: expect.arrayContaining(['contacts:read', 'users:write']),
  })
})
