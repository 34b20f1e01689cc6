// Contract `crm-com`, fact by fact: what a client written against the vendor's documentation sends and gets back.
// How it is attacked is in test/attacks/application-keys.test.ts.

import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addAuthenticationCode,
  addIdentifier,
  linkIdentity,
  listAccessIdentifiers,
} from '../../src/operations/access-identifiers.ts'
import {
  createApplicationKey,
  listApplicationKeys,
  resumeApplicationKey,
  suspendApplicationKey,
} from '../../src/operations/application-keys.ts'
import { addTrustedIssuer } from '../../src/operations/trusted-issuers.ts'
import { createUser, disableUser, requireUser } from '../../src/operations/users.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { createKeyRing, signingKeySealer } from '../../src/tokens/keys.ts'
import {
  IDENTITY_AUDIENCE,
  IDENTITY_ISSUER,
  type IdentityKey,
  jwksOf,
  newIdentityKey,
  signIdentity,
} from '../support/identity-system.ts'
import {
  basicKey,
  callApi,
  claimsIn,
  codeBody,
  exchange,
  introspect,
  jwtBody,
  passCodeBody,
} from '../support/key-exchange.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { ask, readJwt } from '../support/vendor-client.ts'
import { PASSWORD } from '../support/world.ts'

const PASS_CODE = '739182'
const HEX = /^[0-9A-F]{32}$/
const LIFETIME = 7200

const WRONG = {
  status: {
    code: 'INVALID_CREDENTIALS',
    description: 'The application key, or what stands for the consumer, is not valid.',
    message: 'The application key, or what stands for the consumer, is not valid.',
  },
}

describe.each(STORES)('crm-com on %s', (kind) => {
  let server: TestServer
  let key: string
  let keyId: string
  /** Of ada, who works in the units north and south of Acme. */
  let code: string
  let codeId: string
  /** Of bob, who belongs to Acme and Globex. */
  let identifierId: string
  let linkId: string
  let issuerKey: IdentityKey

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'crm-com', api: true })
    const { context } = server
    const created = await createApplicationKey({ organisationId: 'acme', name: 'till' }, context)
    key = created.key
    keyId = created.record.id
    await createUser(
      {
        ...{ username: 'grace', name: 'Grace', password: PASSWORD },
        memberships: [
          {
            organisationId: 'acme',
            defaultUnitId: 'acme-north',
            furtherUnitIds: ['acme-south'],
          },
        ],
      },
      context,
    )
    const added = await addAuthenticationCode({ username: 'grace' }, context)
    code = added.code
    codeId = added.identifier.id
    const bob = { username: 'bob', identifier: 'Card-4711', passCode: PASS_CODE }
    identifierId = (await addIdentifier(bob, context)).id
    issuerKey = await newIdentityKey('k1')
    await addTrustedIssuer(
      {
        ...{ name: 'Identity', issuer: IDENTITY_ISSUER, audience: IDENTITY_AUDIENCE },
        pinnedKeys: jwksOf([issuerKey]),
      },
      context,
    )
    const link = { username: 'bob', issuer: IDENTITY_ISSUER, subject: 'subject-of-bob' }
    linkId = (await linkIdentity(link, context)).id
  })
  afterAll(() => server?.stop())

  const send = (body: string, headers: Record<string, string> = basicKey(key)) =>
    exchange(server, body, headers)
  const byCode = (rest?: string) => codeBody(code, rest)
  const byPassCode = (identifier = 'card-4711', passCode = PASS_CODE, rest?: string) =>
    passCodeBody(identifier, passCode, rest)
  const sendJwt = (jwt: string, rest?: string) => exchange(server, jwtBody(jwt, rest))
  const newJwt = (claims: object = {}) =>
    signIdentity(issuerKey, {
      sub: 'subject-of-bob',
      exp: server.clock.nowSeconds() + 300,
      ...claims,
    })
  const userIdOf = async (username: string) => (await requireUser(username, server.context)).id

  const expectRefusal = (answer: Awaited<ReturnType<typeof send>>, status: number, c: string) => {
    expect([answer.status, answer.body?.status?.code], answer.text).toEqual([status, c])
    expect(answer.body).not.toHaveProperty('data')
  }

  describe('what the documentation states', () => {
    it('crm-com K "application key": the user name of HTTP Basic, with an empty password', async () => {
      expect(key).toMatch(HEX)
      expect((await send(byCode())).status).toBe(200)
      // Field report 9: old libraries leave out the colon where there is no password.
      const colonless = `Basic ${Buffer.from(key).toString('base64')}`
      expect((await send(byCode(), { authorization: colonless })).status).toBe(200)
      const withPassword = Buffer.from(`${key}:${key}`).toString('base64')
      for (const authorization of [
        `Basic ${withPassword}`,
        `Basic ${Buffer.from(`:${key}`).toString('base64')}`,
        `Bearer ${key}`,
      ]) {
        expectRefusal(await send(byCode(), { authorization }), 401, 'INVALID_CREDENTIALS')
      }
      expectRefusal(await exchange(server, byCode()), 401, 'INVALID_CREDENTIALS')
    })

    it('crm-com K "body": JSON', async () => {
      expect((await send(` \r\n${byCode()}\n`)).status).toBe(200)
      const utf8 = { ...basicKey(key), 'content-type': 'application/json; charset=utf-8' }
      expect((await send(byCode(), utf8)).status).toBe(200)
      for (const body of ['', '{', '[]', 'null', '"text"', `${byCode()}x`, 'a=b']) {
        expectRefusal(await send(body), 400, 'INVALID_REQUEST')
      }
    })

    it('crm-com K "way 1": an authentication code suffices', async () => {
      const claims = claimsIn(await send(byCode()))
      expect(claims).toMatchObject({ cii: await userIdOf('grace'), usr: 'grace', ari: codeId })
    })

    it('crm-com K "way 1": an identifier is checked against its pass code, which is mandatory', async () => {
      const claims = claimsIn(await send(byPassCode()))
      expect(claims).toMatchObject({ cii: await userIdOf('bob'), usr: 'bob', ari: identifierId })
      expect((await send(byPassCode('card-4711', 'wrong'))).body).toEqual(WRONG)
      expect((await send(byPassCode('unknown'))).body).toEqual(WRONG)
      for (const identifier of [
        '{"identifier": "card-4711"}',
        '{"identifier": "card-4711", "pass_code": ""}',
        `{"pass_code": "${PASS_CODE}"}`,
        '{}',
      ]) {
        const body = `{"access_token_identifier": ${identifier}}`
        expectRefusal(await send(body), 400, 'INVALID_REQUEST')
      }
    })

    it('crm-com K "way 2": an identity JWT and the organisation, without key or identifier', async () => {
      const jwt = await newJwt()
      const claims = claimsIn(await sendJwt(jwt))
      expect(claims).toMatchObject({ cii: await userIdOf('bob'), usr: 'bob', org: 'acme' })
      const withIdentifier = `, "organisation": "acme", ${byCode().slice(1, -1)}`
      expectRefusal(await sendJwt(jwt, withIdentifier), 400, 'INVALID_REQUEST')
      expectRefusal(await send(jwtBody(jwt)), 400, 'INVALID_REQUEST')
    })

    it('crm-com K "organisation": mandatory with a JWT, and the one that is opened', async () => {
      expectRefusal(await sendJwt(await newJwt(), ''), 400, 'INVALID_REQUEST')
      const globex = claimsIn(await sendJwt(await newJwt(), ', "organisation": "globex"'))
      expect(globex).toMatchObject({ org: 'globex', oun: 'globex-north' })
    })

    it('crm-com K "organisation": with a key it changes nothing, as long as it is the key\'s', async () => {
      expect(claimsIn(await send(byCode(', "organisation": "acme"'))).org).toBe('acme')
      const other = await send(byCode(', "organisation": "globex"'))
      expectRefusal(other, 400, 'INVALID_REQUEST')
    })

    it('crm-com K "unit": optional; without it the default unit of the consumer', async () => {
      expect(claimsIn(await send(byCode())).oun).toBe('acme-north')
      expect(claimsIn(await send(byCode(', "unit": "acme-north"'))).oun).toBe('acme-north')
      expect(claimsIn(await send(byCode(', "unit": "acme-south"'))).oun).toBe('acme-south')
      const jwt = await sendJwt(await newJwt(), ', "organisation": "acme", "unit": "acme-north"')
      expect(claimsIn(jwt).oun).toBe('acme-north')
    })

    it('crm-com K "response 200": the envelope, byte for byte', async () => {
      const { status, headers, text, body } = await send(byCode())
      expect(status).toBe(200)
      expect(text).toBe(
        `{"data":{"token":"${body.data.token}"},"status":{"code":"OK","description":"","message":""}}`,
      )
      expect(headers['content-type']).toBe('application/json; charset=utf-8')
      expect(headers['cache-control']).toBe('no-store')
    })

    it('crm-com K "token": a JWT with HS256, under the secret key of the API', async () => {
      const { token } = (await send(byCode())).body.data
      expect(token.length).toBeGreaterThan(32)
      const { header } = readJwt(token)
      expect(header).toEqual({ typ: 'JWT', alg: 'HS256', kid: expect.any(String) })
      const [signed, signature] = [token.slice(0, token.lastIndexOf('.')), token.split('.')[2]]
      const [secret] = await secretKeys()
      const expected = createHmac('sha256', Buffer.from(secret?.k ?? '', 'base64url'))
      expect(signature).toBe(expected.update(signed).digest('base64url'))
      expect(await callApi(server, token)).toBe(200)
    })

    it('crm-com K "claims": ids of 32 upper-case digits, times as text', async () => {
      const now = server.clock.nowSeconds()
      const { claims, claimsText } = readJwt((await send(byCode())).body.data.token)
      const { cii, ari, jti } = claims
      expect([cii, ari, jti]).toEqual(Array(3).fill(expect.stringMatching(HEX)))
      expect(claimsText).toBe(
        `{"cii":"${await userIdOf('grace')}","usr":"grace","org":"acme","ari":"${codeId}",` +
          `"oun":"acme-north","jti":"${jti}","iat":"${now}","exp":"${now + LIFETIME}"}`,
      )
    })

    it('crm-com K "lifetime": exactly 7200 s, used or not; a new token is fetched, none refreshed', async () => {
      const used = (await send(byCode())).body.data.token
      const unused = (await send(byCode())).body.data.token
      const isActive = async () => [
        (await introspect(server, used)).active,
        (await introspect(server, unused)).active,
      ]
      const { iat, exp } = readJwt(used).claims
      expect(Number(exp) - Number(iat)).toBe(LIFETIME)
      await server.clock.ahead(LIFETIME - 1, async () => {
        expect(await isActive()).toEqual([true, true])
      })
      await server.clock.ahead(LIFETIME, async () => {
        expect(await isActive()).toEqual([false, false])
        expect((await send(byCode())).status).toBe(200)
      })
      const { body } = await ask(`${server.issuer}/.well-known/oauth-authorization-server`)
      expect(body).not.toHaveProperty('token_endpoint')
    })
  })

  describe('what we decided', () => {
    it('crm-com D "way 2\'s ari": the link of the issuer to the consumer', async () => {
      expect(claimsIn(await sendJwt(await newJwt())).ari).toBe(linkId)
      expect(linkId).toMatch(HEX)
    })

    it.each([
      ['no fields', '{}'],
      ['an unknown field', `{"scope": "all", "jwt": "x", "organisation": "acme"}`],
      ['an unknown field of the identifier', '{"access_token_identifier": {"pin": "1"}}'],
      ['an identifier that is no object', '{"access_token_identifier": "card-4711"}'],
      ['a list', '{"access_token_identifier": [{"authentication_code": "x"}]}'],
      ['a number', '{"access_token_identifier": {"authentication_code": 12}}'],
      [
        'a code and an identifier',
        '{"access_token_identifier": {"authentication_code": "x", "identifier": "y"}}',
      ],
      [
        'a code and a pass code',
        '{"access_token_identifier": {"authentication_code": "x", "pass_code": "y"}}',
      ],
    ])('crm-com D "errors": 400 INVALID_REQUEST for %s', async (_what, body) => {
      expectRefusal(await send(body), 400, 'INVALID_REQUEST')
    })

    it('crm-com D "errors": names the field that is missing or wrong, never one that was made up', async () => {
      const missing = (await send('{"access_token_identifier": null}')).body.status
      expect(missing.message).toBe('A required parameter is missing. (access_token_identifier)')
      expect(missing.description).toBe(missing.message)
      const unknown = (await send('{"made_up": "x"}')).body.status.message
      expect(unknown).toBe('The request has a parameter that is not known here.')
    })

    it('crm-com D "errors": null and empty text count as left out', async () => {
      const rest = ', "jwt": null, "organisation": null, "unit": ""'
      const identifier = `{"authentication_code": "${code}", "identifier": null, "pass_code": ""}`
      const answer = await send(`{"access_token_identifier": ${identifier}${rest}}`)
      expect(claimsIn(answer).oun).toBe('acme-north')
    })

    it('crm-com D "errors": 401 INVALID_CREDENTIALS, one message for every wrong credential', async () => {
      const { context, clock } = server
      const nowSeconds = clock.nowSeconds()
      const brief = { organisationId: 'acme', name: 'brief', expiresAtSeconds: nowSeconds + 60 }
      const expiring = await createApplicationKey(brief, context)
      await addAuthenticationCode({ username: 'eve', code: 'code-of-eve-0123456789' }, context)
      await disableUser({ username: 'eve' }, context)
      const wrongs = [
        send(byCode(), basicKey('0123456789ABCDEF0123456789ABCDEF')),
        clock.ahead(60, () => send(byCode(), basicKey(expiring.key))),
        send(codeBody('no-such-code-0123456789')),
        send(codeBody('code-of-eve-0123456789')),
        send(byPassCode('card-4711', 'wrong')),
        send(byPassCode('nobody', PASS_CODE)),
        sendJwt('no.jwt'),
        sendJwt(await newJwt({ exp: nowSeconds })),
        sendJwt(await newJwt({ iss: 'https://stranger.example' })),
        sendJwt(await newJwt({ sub: 'nobody' })),
      ]
      for (const wrong of wrongs) {
        const { status, body, headers } = await wrong
        expect([status, body]).toEqual([401, WRONG])
        expect(headers['www-authenticate']).toBe(`Basic realm="${server.issuer}"`)
      }
    })

    it('crm-com D "errors": 403 NOT_ALLOWED for a suspended key, with every consumer', async () => {
      const { context } = server
      const { key: other, record } = await newKey('suspended')
      await suspendApplicationKey({ keyId: record.id }, context)
      for (const body of [byCode(), byPassCode('card-4711', 'wrong')]) {
        expectRefusal(await send(body, basicKey(other)), 403, 'NOT_ALLOWED')
      }
      await resumeApplicationKey({ keyId: record.id }, context)
      expect((await send(byCode(), basicKey(other))).status).toBe(200)
    })

    it('crm-com D "errors": 403 NOT_ALLOWED for a unit that is not the consumer\'s, and 401 for a consumer who is not the organisation\'s', async () => {
      const { context } = server
      const globex = await createApplicationKey({ organisationId: 'globex', name: 'g' }, context)
      expectRefusal(await send(byCode(), basicKey(globex.key)), 401, 'INVALID_CREDENTIALS')
      for (const unit of ['globex-north', 'nowhere', '__proto__']) {
        expectRefusal(await send(byCode(`, "unit": "${unit}"`)), 403, 'NOT_ALLOWED')
      }
      // Bob has a default unit in Acme, and no other there.
      const south = byPassCode('card-4711', PASS_CODE, ', "unit": "acme-south"')
      expectRefusal(await send(south), 403, 'NOT_ALLOWED')
      const jwt = await sendJwt(await newJwt(), ', "organisation": "initech"')
      expectRefusal(jwt, 403, 'NOT_ALLOWED')
    })

    it('crm-com D "errors": 404 and 405 in the envelope too', async () => {
      const token = '/authentication/consumer_application_key/token'
      const nowhere = ['/authentication/consumer_application_key', `${token}/`, '/x?y=1', '']
      for (const path of nowhere) {
        expectRefusal(await ask(server.issuer + path), 404, 'NOT_FOUND')
        expectRefusal(await ask(server.issuer + path, { method: 'POST' }), 404, 'NOT_FOUND')
      }
      const get = await ask(server.issuer + token)
      expectRefusal(get, 405, 'METHOD_NOT_ALLOWED')
      expect(get.headers.allow).toBe('POST')
      expect(get.body.status.message).toBe('Use POST for this address.')
    })

    it('crm-com D "errors": in the language of the caller', async () => {
      const greek = await send('{}', { ...basicKey(key), 'accept-language': 'el' })
      expect(greek.body.status.code).toBe('INVALID_REQUEST')
      expect(greek.body.status.message).toMatch(/[α-ω]/)
      expect(greek.headers['content-language']).toBe('el')
    })

    it('crm-com D "identity JWT": with jti it is good for one token, without for several', async () => {
      const jwt = await newJwt({ jti: 'once' })
      expect((await sendJwt(jwt)).status).toBe(200)
      expect((await sendJwt(jwt)).body).toEqual(WRONG)
      const reusable = await newJwt()
      expect((await sendJwt(reusable)).status).toBe(200)
      expect((await sendJwt(reusable)).status).toBe(200)
    })

    it('a key remembers when it was last used, and so does the identifier', async () => {
      const { context, clock } = server
      const { record, key: fresh } = await newKey('fresh')
      const { code: another, identifier } = await addAuthenticationCode(
        { username: 'ada' },
        context,
      )
      const body = codeBody(another)
      expect((await send(body, basicKey(fresh))).status).toBe(200)
      const lastUses = async () => [
        (await Array.fromAsync(listApplicationKeys(context))).find(({ id }) => id === record.id),
        (await Array.fromAsync(listAccessIdentifiers({ username: 'ada' }, context))).find(
          ({ id }) => id === identifier.id,
        ),
      ]
      const used = { lastUsedAtSeconds: clock.nowSeconds() }
      await expect.poll(lastUses).toMatchObject([used, used])
    })
  })

  const newKey = (name: string) =>
    createApplicationKey({ organisationId: 'acme', name }, server.context)

  async function secretKeys() {
    const { tenant, store, clock, masterKey } = server
    const sealer = signingKeySealer(new Sealer(masterKey), tenant)
    const keys = createKeyRing({ tenant, store, clock, sealer })
    return keys.secretKeys(tenant.resourceServers[0]?.audience ?? '')
  }

  it('every grant of a key is of its own', async () => {
    const [one, two] = [claimsIn(await send(byCode())), claimsIn(await send(byCode()))]
    expect(one.jti).not.toBe(two.jti)
    const grant = await server.store.findGrant(server.tenant.name, one.jti.toLowerCase())
    expect(grant).toMatchObject({ clientId: keyId, organisationId: 'acme', unitId: 'acme-north' })
  })
})

describe.each(STORES)('crm-com at release R15.0.0 on %s', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'crm-com', tenant: { release: 'R15.0.0' } })
  })
  afterAll(() => server?.stop())

  const send = (body: string, key?: string) =>
    exchange(server, body, key === undefined ? {} : basicKey(key))

  it('crm-com K "before R16.2.0": key and identifier are mandatory', async () => {
    const { context } = server
    const { key } = await createApplicationKey({ organisationId: 'acme', name: 'k' }, context)
    const { code } = await addAuthenticationCode({ username: 'ada' }, context)
    const body = codeBody(code)
    expect((await send(body, key)).status).toBe(200)
    expect((await send('{}', key)).body.status.code).toBe('INVALID_REQUEST')
    expect((await send(body)).body.status.code).toBe('INVALID_CREDENTIALS')
  })

  it('crm-com D "release gating": a JWT is INVALID_REQUEST, however good it is', async () => {
    const { context } = server
    const key = await newIdentityKey('k1')
    await addTrustedIssuer(
      {
        ...{ name: 'I', issuer: IDENTITY_ISSUER, audience: IDENTITY_AUDIENCE },
        pinnedKeys: jwksOf([key]),
      },
      context,
    )
    await linkIdentity({ username: 'ada', issuer: IDENTITY_ISSUER, subject: 'ada' }, context)
    const jwt = await signIdentity(key, { sub: 'ada', exp: server.clock.nowSeconds() + 60 })
    const { status, body } = await send(jwtBody(jwt))
    expect([status, body.status.code]).toEqual([400, 'INVALID_REQUEST'])
  })
})
