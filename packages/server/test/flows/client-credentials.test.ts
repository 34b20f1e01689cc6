// An app acting for itself, within its own organisation and unit (RFC 6749 §4.4).

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, type Fields, TestApp } from '../support/test-app.ts'
import { API, API_SERVER, MACHINE, OTHER_API, SPA, WEB_APP } from '../support/world.ts'

const GRANT = { grant_type: 'client_credentials' }

describe.each(STORES)('client credentials on %s', (kind) => {
  let server: TestServer
  let machine: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    machine = new TestApp(server, MACHINE)
  })
  afterAll(() => server?.stop())

  const ask = (fields: Fields = {}) => machine.token({ ...GRANT, ...fields })

  function expectRefusal(answer: Answer, error: string): void {
    expect(answer.status, answer.text).toBe(400)
    expect(answer.body.error).toBe(error)
  }

  it('RFC 6749 §4.4.3: gives an access token, and no refresh or ID token', async () => {
    const { status, headers, body } = await ask()
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('pragma')).toBe('no-cache')
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'contacts:read',
    })
  })

  it('RFC 9068 §2.2: the subject is the client, the organisation and unit are its own', async () => {
    const { body } = await ask()
    const now = server.clock.nowSeconds()
    expect(decodeJwt(body.access_token)).toEqual({
      iss: server.issuer,
      sub: MACHINE.id,
      aud: API,
      client_id: MACHINE.id,
      scope: 'contacts:read',
      org_id: 'acme',
      unit_id: 'acme-north',
      iat: now,
      exp: now + 3600,
      jti: expect.any(String),
      grant_id: expect.any(String),
      rev: { c: expect.stringMatching(/^[0-9a-f]{20}$/) },
    })
  })

  it('a token of an app of the operator itself names no organisation', async () => {
    const client = await registerClient(
      server,
      { id: 'operator', secret: 'operator-secret-0123456789' },
      {
        grantTypes: ['client_credentials'],
        scopes: ['contacts:read'],
        defaultScopes: ['contacts:read'],
      },
    )
    const { body } = await new TestApp(server, client).token(GRANT)
    const claims = decodeJwt(body.access_token)
    expect(claims).not.toHaveProperty('org_id')
    expect(claims).not.toHaveProperty('unit_id')
  })

  it('each token is a grant of its own', async () => {
    const grantOf = async () => decodeJwt((await ask()).body.access_token).grant_id
    expect(await grantOf()).not.toBe(await grantOf())
  })

  describe('scopes', () => {
    it('RFC 6749 §3.3: a request may name any of the scopes of the app', async () => {
      const { body } = await ask({ scope: 'contacts:write contacts:read' })
      expect(body.scope).toBe('contacts:write contacts:read')
      expect(decodeJwt(body.access_token).scope).toBe('contacts:write contacts:read')
    })

    it.each([
      ['a scope that is not for this app', 'projects:read'],
      ['a scope that does not exist', 'unheard:of'],
      ['one good scope and one that does not exist', 'contacts:read unheard:of'],
      ['a scope of spaces alone', ' '],
    ])('RFC 6749 §3.3: refuses %s', async (_, scope) => {
      expectRefusal(await ask({ scope }), 'invalid_scope')
    })

    it('RFC 6749 §3.3: gives what the app may have of what it asks for, and says so', async () => {
      const { body } = await ask({ scope: 'contacts:read projects:read offline_access' })
      expect(body.scope).toBe('contacts:read')
    })

    it('field report 5: an app without default scopes gets what it is registered for', async () => {
      const client = await registerClient(
        server,
        { id: 'explicit', secret: 'explicit-secret-0123456789' },
        { grantTypes: ['client_credentials'], scopes: ['contacts:read'] },
      )
      const app = new TestApp(server, client)
      expect((await app.token(GRANT)).body.scope).toBe('contacts:read')
      const named = await app.token({ ...GRANT, scope: 'contacts:read' })
      expect(named.body.scope).toBe('contacts:read')
    })

    it('OIDC Core §5.4: scopes that speak of a user are not given, even if registered', async () => {
      const client = await registerClient(
        server,
        { id: 'curious', secret: 'curious-secret-0123456789' },
        {
          grantTypes: ['client_credentials'],
          scopes: ['openid', 'profile', 'email', 'contacts:read'],
          defaultScopes: ['openid', 'contacts:read'],
        },
      )
      const app = new TestApp(server, client)
      for (const scope of ['openid', 'profile', 'email']) {
        expectRefusal(await app.token({ ...GRANT, scope }), 'invalid_scope')
      }
      const both = await app.token({ ...GRANT, scope: 'contacts:read openid' })
      expect(both.body.scope).toBe('contacts:read')
      const { body } = await app.token(GRANT)
      expect(body.scope).toBe('contacts:read')
      expect(body).not.toHaveProperty('id_token')
    })
  })

  describe('audience', () => {
    it('RFC 8707 §2: the requested API becomes the audience', async () => {
      const { body } = await ask({ scope: 'reports:read', resource: OTHER_API })
      expect(decodeJwt(body.access_token).aud).toBe(OTHER_API)
    })

    it('RFC 8707 §2: a token may be for several APIs', async () => {
      const { body } = await ask({
        scope: 'contacts:read reports:read',
        resource: [API, OTHER_API],
      })
      expect(decodeJwt(body.access_token).aud).toEqual([API, OTHER_API])
    })

    it('RFC 9068 §3: without a resource the default audience of the app is meant', async () => {
      const client = await registerClient(
        server,
        { id: 'reporter', secret: 'reporter-secret-0123456789' },
        {
          grantTypes: ['client_credentials'],
          scopes: ['reports:read'],
          defaultScopes: ['reports:read'],
          defaultAudience: OTHER_API,
        },
      )
      const { body } = await new TestApp(server, client).token(GRANT)
      expect(decodeJwt(body.access_token).aud).toBe(OTHER_API)
    })

    it('RFC 8707 §2: refuses an unknown API, and a scope of another API', async () => {
      expectRefusal(await ask({ resource: 'https://unknown.example' }), 'invalid_target')
      expectRefusal(await ask({ resource: 'no uri' }), 'invalid_target')
      expectRefusal(await ask({ resource: OTHER_API }), 'invalid_scope')
      expectRefusal(await ask({ scope: 'reports:read' }), 'invalid_scope')
    })
  })

  describe('who may', () => {
    it('RFC 6749 §4.4: a public client may not, even if it were registered for it', async () => {
      expectRefusal(await new TestApp(server, SPA).token(GRANT), 'unauthorized_client')
      const client = await registerClient(
        server,
        { id: 'public-machine', secret: undefined },
        {
          type: 'public',
          grantTypes: ['client_credentials'],
          scopes: ['contacts:read'],
          defaultScopes: ['contacts:read'],
        },
      )
      expectRefusal(await new TestApp(server, client).token(GRANT), 'unauthorized_client')
    })

    it.each([WEB_APP, API_SERVER])(
      'RFC 6749 §5.2: $id, registered for other grants, may not',
      async (client) => {
        expectRefusal(await new TestApp(server, client).token(GRANT), 'unauthorized_client')
      },
    )

    it('RFC 6749 §5.2: a machine may use no other grant', async () => {
      const refresh = { grant_type: 'refresh_token', refresh_token: 'ost_rt_nothing' }
      expectRefusal(await machine.token(refresh), 'unauthorized_client')
      const location = await fetch(machine.authorizeUrl(), { redirect: 'manual' })
      expect(location.status).toBe(400)
    })
  })

  it('RFC 9700 §4.15.1: a machine token tells nothing about any user', async () => {
    const { body } = await ask()
    const answer = await fetch(`${server.issuer}/userinfo`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    })
    expect(answer.status).toBe(403)
  })
})

describe.each(STORES)('opaque client credentials on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, { policy: { accessToken: { format: 'opaque' } } })
  })
  afterAll(() => server?.stop())

  it('RFC 6749 §1.4: the token tells no more than its age by itself, and all of it when introspected', async () => {
    const machine = new TestApp(server, MACHINE)
    const { body } = await machine.token(GRANT)
    expect(body.access_token).toMatch(/^ost_at_[0-9a-z]{8}[\w-]{49}$/)
    const now = server.clock.nowSeconds()
    const described = await new TestApp(server, API_SERVER).introspect(body.access_token)
    expect(described.body).toMatchObject({
      active: true,
      sub: MACHINE.id,
      aud: [API],
      scope: 'contacts:read',
      org_id: 'acme',
      unit_id: 'acme-north',
      iat: now,
      exp: now + 3600,
    })
  })
})
