import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test, vi } from 'vitest'
import { startApi } from './support/start-api.ts'

describe('bad input is refused and named', () => {
  test.each([
    ['a missing name', '/clients', {}, /name/],
    ['an empty name', '/clients', { name: '' }, /name/],
    ['a number for a name', '/clients', { name: 5 }, /name.*string/],
    ['null for a name', '/clients', { name: null }, /name/],
    ['a name without end', '/clients', { name: 'x'.repeat(201) }, /name/],
    ['an unknown field', '/clients', { name: 'A', admin: true }, /unknown field "admin"/],
    ['a misplaced owner', '/clients', { name: 'A', organisation_id: 'globex' }, /unknown field/],
    ['an unknown choice', '/clients', { name: 'A', status: 'gone' }, /status/],
    ['an e-mail without @', '/contacts', { name: 'A', email: 'nobody' }, /email/],
    ['a day that does not exist', '/projects', { name: 'A', due_on: '2027-02-30' }, /due_on/],
    ['money as text', '/projects', { name: 'A', budget_cents: '100' }, /budget_cents/],
    ['money in parts of a cent', '/projects', { name: 'A', budget_cents: 0.5 }, /budget_cents/],
    ['a client that is not there', '/contacts', { name: 'A', client_id: 999_999 }, /client_id/],
    ['a list', '/clients', ['A'], /object/],
  ])('%s', async (_name, path, body, description) => {
    const api = await startApi()
    const call = await api.callAs({ unitId: 'north' })
    const answer = await call('POST', path, body)
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(answer.body.error_description).toMatch(description)
  })

  test.each(['abc', '0', '-1', '1.5', '9007199254740993', '1;drop table clients'])(
    'the id %s',
    async (id) => {
      const api = await startApi()
      const call = await api.callAs()
      expect(await call('GET', `/clients/${encodeURIComponent(id)}`)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      })
    },
  )

  test.each(['limit=0', 'limit=101', 'limit=many', 'after=-1', 'offset=5', 'limit=1&limit=2'])(
    'the query %s',
    async (query) => {
      const api = await startApi()
      const call = await api.callAs()
      expect(await call('GET', `/clients?${query}`)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      })
    },
  )

  test('a change that changes nothing', async () => {
    const api = await startApi()
    const call = await api.callAs()
    expect(await call('PATCH', '/clients/1', {})).toMatchObject({ status: 400 })
  })
})

describe('the form of every refusal', () => {
  const description = expect.stringMatching(/\w+/)

  test('404 for an unknown address', async () => {
    const api = await startApi()
    const call = await api.callAs()
    expect(await call('GET', '/invoices')).toMatchObject({
      status: 404,
      body: { error: 'not_found', error_description: description },
    })
  })

  test.each([
    ['PUT', '/clients', 'GET, HEAD, POST'],
    ['DELETE', '/clients', 'GET, HEAD, POST'],
    ['POST', '/clients/1', 'GET, HEAD, PATCH, DELETE'],
    ['PUT', '/clients/1', 'GET, HEAD, PATCH, DELETE'],
    ['POST', '/me', 'GET, HEAD'],
  ] as const)(
    'RFC 9110 §15.5.6: 405 for %s %s, with what is allowed',
    async (method, path, allow) => {
      const api = await startApi()
      const call = await api.callAs()
      expect(await call(method, path)).toMatchObject({
        status: 405,
        headers: { allow },
        body: { error: 'method_not_allowed', error_description: description },
      })
    },
  )

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data'])(
    '415 for a body as %s',
    async (contentType) => {
      const api = await startApi()
      const token = await api.issuer.mint({ organisationId: 'acme', scopes: ['clients:write'] })
      const response = await api.app.inject({
        method: 'POST',
        url: '/api/v1/clients',
        headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
        payload: 'name=A',
      })
      expect(response.statusCode).toBe(415)
      expect(response.json()).toMatchObject({
        error: 'unsupported_media_type',
        error_description: description,
      })
    },
  )

  test.each(['{"name":', '', '{"__proto__":{"admin":true},"name":"A"}'])(
    '400 for the JSON text %s',
    async (payload) => {
      const api = await startApi()
      const token = await api.issuer.mint({ organisationId: 'acme', scopes: ['clients:write'] })
      const response = await api.app.inject({
        method: 'POST',
        url: '/api/v1/clients',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        payload,
      })
      expect(response.statusCode).toBe(400)
      expect(response.json()).toMatchObject({ error: 'invalid_request' })
    },
  )

  test('401 without a token, before the body is looked at', async () => {
    const api = await startApi()
    const response = await api.app.inject({
      method: 'POST',
      url: '/api/v1/clients',
      headers: { 'content-type': 'application/json' },
      payload: '{"name":',
    })
    expect(response.statusCode).toBe(401)
    expect(response.json()).toMatchObject({ error: 'unauthorized', error_description: description })
  })

  test('500 without detail, when the database is gone', async () => {
    const api = await startApi()
    const call = await api.callAs()
    await call('GET', '/clients')
    const broken = vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(() => {
      throw new Error('disk I/O error at /secret/path')
    })
    const answer = await call('GET', '/projects')
    broken.mockRestore()
    expect(answer).toMatchObject({ status: 500, body: { error: 'server_error' } })
    expect(JSON.stringify(answer.body)).not.toContain('secret')
  })
})

describe('security L10: no cache keeps what a token opens', () => {
  test.each([
    ['the token itself', 'GET', '/me', 200],
    ['a list', 'GET', '/contacts', 200],
    ['a row', 'GET', '/contacts/1', 200],
    ['a new row', 'POST', '/contacts', 201],
    ['a row that is gone', 'DELETE', '/contacts/1', 204],
    ['no row', 'GET', '/contacts/999999', 404],
    ['a wrong body', 'PATCH', '/contacts/2', 400],
    ['no such method', 'PUT', '/contacts', 405],
    ['no such address', 'GET', '/nowhere', 404],
  ] as const)('%s', async (_name, method, path, status) => {
    const call = await (await startApi()).callAs({ unitId: 'north' })
    const body = method === 'POST' ? { name: 'Eva', phone: '1' } : { unknown: 1 }
    const answer = await call(method, path, ...(method === 'GET' ? [] : [body]))
    expect(answer).toMatchObject({ status, headers: { 'cache-control': 'no-store' } })
  })
})
