// The password grant (RFC 6749 §4.3), where a contract has it and an app of the operator's own the allowance for it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerDesktopApp } from '../support/contract-world.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, type Fields, postForm, TestApp } from '../support/test-app.ts'
import { PASSWORD } from '../support/world.ts'

const FREE_TRIES = 10

describe.each(STORES)('the password grant on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'json-api' })
    app = new TestApp(server, await registerDesktopApp(server.context))
  })
  afterAll(() => server?.stop())

  const ask = (fields: Fields = {}, by = app) =>
    by.token({ grant_type: 'password', username: 'ada', password: PASSWORD, ...fields })
  const scopeOf = async (token: string) => (await app.introspect(token)).body.scope

  it('RFC 6749 §4.3.2: username and password are required', async () => {
    for (const missing of ['username', 'password']) {
      for (const value of [undefined, '']) {
        const { status, body } = await ask({ [missing]: value })
        expect([status, body.error], missing).toEqual([400, 'invalid_request'])
        expect(body.error_description).toContain(missing)
      }
    }
  })

  it('RFC 6749 §4.3.2: an app with a secret authenticates', async () => {
    const { id } = app.client
    const fields = { grant_type: 'password', username: 'ada', password: PASSWORD }
    const url = server.issuer + server.paths.token
    const bare = await postForm(url, { ...fields, client_id: id })
    const wrong = await postForm(url, fields, { authorization: basic(id, 'wrong') })
    for (const { status, body } of [bare, wrong]) {
      expect([status, body.error]).toEqual([401, 'invalid_client'])
    }
  })

  it('RFC 6749 §4.3.2: a scope may be left out, and what is wider is not given', async () => {
    expect(await scopeOf((await ask()).body.access_token)).toBe('read')
    const narrow = await ask({ scope: 'contacts:read' })
    expect(await scopeOf(narrow.body.access_token)).toBe('contacts:read')
    const wide = await ask({ scope: 'read contacts:write' })
    expect(await scopeOf(wide.body.access_token)).toBe('read')
    expect((await ask({ scope: 'contacts:write' })).body.error).toBe('invalid_scope')
  })

  it('RFC 6749 §4.3.2: guessing passwords is slowed down', async () => {
    for (let guess = 1; guess <= FREE_TRIES; guess += 1) {
      const { headers, body } = await ask({ username: 'eve', password: `guess ${guess}` })
      expect([body.error, headers.get('retry-after')]).toEqual(['invalid_grant', null])
    }
    const { status, headers, body } = await ask({ username: 'eve' })
    expect([status, body.error]).toEqual([429, 'too_many_requests'])
    expect(Number(headers.get('retry-after'))).toBe(60)
  })

  it('RFC 6749 §4.3.3: the answer is a token response, with a refresh token that works', async () => {
    const { status, headers, body } = await ask()
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(Object.keys(body).toSorted()).toEqual([
      'access_token',
      'expires_in',
      'refresh_token',
      'token_type',
    ])
    expect((await app.refresh(body.refresh_token)).status).toBe(200)
  })

  it('RFC 6749 §4.3.3: an app that may not refresh gets no refresh token', async () => {
    const client = await registerDesktopApp(server.context, { grantTypes: ['password'] })
    const { status, body } = await ask({}, new TestApp(server, client))
    expect([status, body.refresh_token]).toEqual([200, undefined])
  })
})
