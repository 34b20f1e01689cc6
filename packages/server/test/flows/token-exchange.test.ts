// Application keys and identity JWTs at the token endpoint of `standard`, by token exchange (RFC 8693).

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linkIdentity } from '../../src/operations/access-identifiers.ts'
import {
  createApplicationKey,
  deleteApplicationKey,
  suspendApplicationKey,
} from '../../src/operations/application-keys.ts'
import { addTrustedIssuer } from '../../src/operations/trusted-issuers.ts'
import { sha256 } from '../../src/platform/hash.ts'
import {
  IDENTITY_AUDIENCE,
  IDENTITY_ISSUER,
  type IdentityKey,
  jwksOf,
  newIdentityKey,
  signIdentity,
} from '../support/identity-system.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import {
  type Answer,
  basic,
  type Fields,
  getAnswer,
  postForm,
  TestApp,
} from '../support/test-app.ts'
import { API, API_SERVER, MACHINE, OTHER_API, userIdOf } from '../support/world.ts'

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const KEY_TYPE = 'urn:ostiary:params:oauth:token-type:application-key'
const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt'
const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'
const API_SCOPES = 'contacts:read contacts:write projects:read'

describe.each(STORES)('token exchange on %s', (kind) => {
  let server: TestServer
  let key: string
  let keyId: string
  let issuerKey: IdentityKey
  let issuerId: string

  beforeAll(async () => {
    server = await startTestServer(kind)
    const created = await newKey()
    key = created.key
    keyId = created.record.id
    issuerKey = await newIdentityKey('k1')
    const { context } = server
    const issuer = { name: 'I', issuer: IDENTITY_ISSUER, audience: IDENTITY_AUDIENCE }
    const pinnedKeys = jwksOf([issuerKey])
    issuerId = (await addTrustedIssuer({ ...issuer, pinnedKeys }, context)).id
    const link = { username: 'bob', issuer: IDENTITY_ISSUER, subject: 'subject-of-bob' }
    await linkIdentity(link, context)
  })
  afterAll(() => server?.stop())

  const newKey = (scopes?: readonly string[]) =>
    createApplicationKey({ organisationId: 'acme', name: 'k', scopes }, server.context)
  const send = (fields: Fields, headers?: Record<string, string>) =>
    postForm(`${server.issuer}/token`, { grant_type: GRANT_TYPE, ...fields }, headers)
  const byKey = (fields: Fields = {}, subject = key) =>
    send({ subject_token: subject, subject_token_type: KEY_TYPE, ...fields })
  const byJwt = async (fields: Fields = {}, claims: object = {}) => {
    const good = { sub: 'subject-of-bob', exp: server.clock.nowSeconds() + 300 }
    return send({
      subject_token: await signIdentity(issuerKey, { ...good, ...claims }),
      subject_token_type: JWT_TYPE,
      organisation: 'globex',
      ...fields,
    })
  }
  const expectRefusal = (answer: Answer, error: string) =>
    expect([answer.status, answer.body.error], answer.text).toEqual([400, error])
  const introspect = async (token: string) =>
    (await new TestApp(server, API_SERVER).introspect(token)).body

  it('RFC 8693 §2.2.1: an application key gives an access token, and says so', async () => {
    const { status, headers, body } = await byKey()
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: ACCESS_TOKEN_TYPE,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: API_SCOPES,
    })
  })

  it('RFC 9068 §2.2: the key is client and subject, the organisation is its own', async () => {
    const now = server.clock.nowSeconds()
    expect(decodeJwt((await byKey()).body.access_token)).toEqual({
      iss: server.issuer,
      sub: keyId,
      aud: API,
      client_id: keyId,
      scope: API_SCOPES,
      org_id: 'acme',
      iat: now,
      exp: now + 3600,
      jti: expect.any(String),
      grant_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      rev: { c: expect.stringMatching(/^[0-9a-f]{20}$/) },
    })
  })

  it('a key may name a unit of its organisation, and no other', async () => {
    const claims = decodeJwt((await byKey({ unit: 'acme-south' })).body.access_token)
    expect(claims.unit_id).toBe('acme-south')
    expectRefusal(await byKey({ unit: 'globex-north' }), 'invalid_request')
    expectRefusal(await byKey({ unit: 'nowhere' }), 'invalid_request')
  })

  it('a key may name its organisation, and no other', async () => {
    expect((await byKey({ organisation: 'acme' })).status).toBe(200)
    expectRefusal(await byKey({ organisation: 'globex' }), 'invalid_request')
  })

  it('RFC 8693 §2.1: the JWT of a trusted issuer gives a token for its user', async () => {
    const { body } = await byJwt()
    expect(body.issued_token_type).toBe(ACCESS_TOKEN_TYPE)
    expect(decodeJwt(body.access_token)).toMatchObject({
      sub: userIdOf('bob'),
      client_id: issuerId,
      org_id: 'globex',
      unit_id: 'globex-north',
      scope: API_SCOPES,
    })
    expectRefusal(await byJwt({ organisation: undefined }), 'invalid_request')
    expectRefusal(await byJwt({ organisation: 'initech' }), 'invalid_request')
    expectRefusal(await byJwt({ unit: 'globex-south' }), 'invalid_request')
  })

  it('B17: a JWT with jti is exchanged once, of many at once too', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        byJwt({}, { jti: 'once', exp: server.clock.nowSeconds() + 3600 }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  describe('scopes and audience', () => {
    it('RFC 6749 §3.3: a request may name some of the scopes', async () => {
      expect((await byKey({ scope: 'contacts:read' })).body.scope).toBe('contacts:read')
      expectRefusal(await byKey({ scope: 'unheard:of' }), 'invalid_scope')
      expectRefusal(await byKey({ scope: 'openid' }), 'invalid_scope')
    })

    it('a key with scopes of its own has no others', async () => {
      const { key: narrow } = await newKey(['contacts:read', 'reports:read'])
      expect((await byKey({}, narrow)).body.scope).toBe('contacts:read')
      expectRefusal(await byKey({ scope: 'contacts:write' }, narrow), 'invalid_scope')
      const reports = await byKey({ resource: OTHER_API }, narrow)
      expect(reports.body.scope).toBe('reports:read')
      expect(decodeJwt(reports.body.access_token).aud).toBe(OTHER_API)
    })

    it('RFC 8707 §2: the requested API becomes the audience', async () => {
      const { body } = await byKey({ resource: [API, OTHER_API] })
      expect(decodeJwt(body.access_token).aud).toEqual([API, OTHER_API])
      expect(body.scope).toBe(`${API_SCOPES} reports:read`)
      expectRefusal(await byKey({ resource: 'https://unknown.example' }), 'invalid_target')
      expectRefusal(await byKey({ audience: API }), 'invalid_target')
      expectRefusal(await byKey({ scope: 'reports:read' }), 'invalid_scope')
    })
  })

  describe('what is refused', () => {
    it('RFC 8693 §2.2.2: a wrong subject token, with one message for all', async () => {
      const { key: suspended, record } = await newKey()
      await suspendApplicationKey({ keyId: record.id }, server.context)
      const { key: deleted, record: gone } = await newKey()
      await deleteApplicationKey({ keyId: gone.id }, server.context)
      const answers = [
        await byKey({}, 'no-such-key'),
        await byKey({}, suspended),
        await byKey({}, deleted),
        await byJwt({}, { exp: 1 }),
        await byJwt({}, { sub: 'nobody' }),
        await byJwt({ subject_token: key }),
        await byKey({}, await signIdentity(issuerKey, { sub: 'subject-of-bob' })),
      ]
      for (const answer of answers) {
        expectRefusal(answer, 'invalid_request')
        expect(answer.body.error_description).toBe(answers[0]?.body.error_description)
      }
    })

    it.each([
      ['no subject_token', { subject_token: undefined }],
      ['no subject_token_type', { subject_token_type: undefined }],
      ['an unknown subject_token_type', { subject_token_type: ACCESS_TOKEN_TYPE }],
      ['an actor_token', { actor_token: 'x', actor_token_type: JWT_TYPE }],
      ['another requested_token_type', { requested_token_type: `${JWT_TYPE}x` }],
    ])('RFC 8693 §2.1: %s', async (_what, fields) => {
      expectRefusal(await byKey(fields), 'invalid_request')
    })

    it('RFC 8693 §2.1: requested_token_type may say what it is', async () => {
      expect((await byKey({ requested_token_type: ACCESS_TOKEN_TYPE })).status).toBe(200)
    })

    it('C1, RFC 6749 §2.3: the credentials of an app beside the key', async () => {
      const fields = { subject_token: key, subject_token_type: KEY_TYPE }
      const authorization = basic(MACHINE.id, MACHINE.secret ?? '')
      expectRefusal(await send(fields, { authorization }), 'invalid_request')
      expectRefusal(await send({ ...fields, client_id: MACHINE.id }), 'invalid_request')
      expectRefusal(await send({ ...fields, client_assertion: 'x' }), 'invalid_request')
    })

    it('E1: the subject token twice', async () => {
      expectRefusal(await byKey({ subject_token: [key, key] }), 'invalid_request')
    })
  })

  it('a suspended key voids its tokens, and the feed says so by the tag that they carry', async () => {
    const { key: other, record } = await newKey()
    const { access_token: token } = (await byKey({}, other)).body
    expect(await introspect(token)).toMatchObject({ active: true, client_id: record.id })
    const { sequence } = (await getAnswer(`${server.issuer}/revocations`)).body
    await suspendApplicationKey({ keyId: record.id }, server.context)
    expect(await introspect(token)).toEqual({ active: false })
    const feed = await getAnswer(`${server.issuer}/revocations?after=${sequence}`)
    const { rev } = decodeJwt<{ rev: { c: string } }>(token)
    expect(feed.body.revocations).toMatchObject([
      { kind: 'client', id: sha256(`client:${rev.c}`), issued_until: 253_402_300_799 },
    ])
  })

  it('RFC 8414 §2: the metadata names the grant type', async () => {
    const { body } = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
    expect(body.grant_types_supported).toContain(GRANT_TYPE)
  })
})

describe.each(STORES)('token exchange elsewhere on %s', (kind) => {
  it('gives an opaque token where those are the rule', async () => {
    const server = await startTestServer(kind, { policy: { accessToken: { format: 'opaque' } } })
    const { key } = await createApplicationKey(
      { organisationId: 'acme', name: 'k' },
      server.context,
    )
    const { body } = await postForm(`${server.issuer}/token`, {
      grant_type: GRANT_TYPE,
      subject_token: key,
      subject_token_type: KEY_TYPE,
    })
    expect(body.access_token).toMatch(/^ost_at_/)
    const described = await new TestApp(server, API_SERVER).introspect(body.access_token)
    expect(described.body).toMatchObject({ active: true, org_id: 'acme', aud: [API] })
    await server.stop()
  })

  it('is not offered by the contracts of vendors', async () => {
    const server = await startTestServer(kind, { contract: 'mister-james' })
    const { key } = await createApplicationKey(
      { organisationId: 'acme', name: 'k' },
      server.context,
    )
    const answer = await postForm(server.issuer + server.paths.token, {
      grant_type: GRANT_TYPE,
      subject_token: key,
      subject_token_type: KEY_TYPE,
    })
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client'])
    await server.stop()
  })
})
