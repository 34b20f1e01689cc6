// Contract `crm-com`: what ends a token before its time. Introspection knows at once, the API follows the feed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addAuthenticationCode,
  linkIdentity,
  removeAccessIdentifier,
} from '../../src/operations/access-identifiers.ts'
import {
  createApplicationKey,
  deleteApplicationKey,
  resumeApplicationKey,
  suspendApplicationKey,
} from '../../src/operations/application-keys.ts'
import {
  addTrustedIssuer,
  removeTrustedIssuer,
  resumeTrustedIssuer,
  suspendTrustedIssuer,
} from '../../src/operations/trusted-issuers.ts'
import { createUser, disableUser, requireUser } from '../../src/operations/users.ts'
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
  tokenIn,
} from '../support/key-exchange.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { PASSWORD } from '../support/world.ts'

describe.each(STORES)('what ends a token of crm-com on %s', (kind) => {
  let server: TestServer
  let key: string
  let code: string
  let issuerKey: IdentityKey

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'crm-com', api: true })
    key = (await newKey('till')).key
    code = (await addAuthenticationCode({ username: 'ada' }, server.context)).code
    issuerKey = await newIdentityKey('k1')
  })
  afterAll(() => server?.stop())

  const newKey = (name: string) =>
    createApplicationKey({ organisationId: 'acme', name }, server.context)
  const send = (body = codeBody(code), by = key) => exchange(server, body, basicKey(by))

  async function newConsumer(username: string) {
    const memberships = [{ organisationId: 'acme' }]
    await createUser({ username, name: username, password: PASSWORD, memberships }, server.context)
    const added = await addAuthenticationCode({ username }, server.context)
    const body = codeBody(added.code)
    const token = tokenIn(await send(body))
    expect(await callApi(server, token)).toBe(200)
    return { token, body, identifierId: added.identifier.id }
  }

  const expectClosed = async (token: string) => {
    expect(await introspect(server, token)).toEqual({ active: false })
    await expect.poll(() => callApi(server, token), { timeout: 10_000 }).toBe(401)
  }
  const expectWrong = (answer: Awaited<ReturnType<typeof send>>) =>
    expect([answer.status, answer.body.status.code]).toEqual([401, 'INVALID_CREDENTIALS'])

  it('crm-com K "lifetime": a token is alive for its 7200 s and tells the API whose it is', async () => {
    const answer = await send()
    const { cii, iat, exp } = claimsIn(answer)
    expect(cii).toBe((await requireUser('ada', server.context)).id)
    expect(await introspect(server, tokenIn(answer))).toMatchObject({
      active: true,
      sub: cii,
      org_id: 'acme',
      unit_id: 'acme-north',
      iat: Number(iat),
      exp: Number(exp),
    })
  })

  it('its key, suspended: introspection and the API hear of it, and a resumed key gives new ones', async () => {
    const { key: other, record } = await newKey('to suspend')
    const token = tokenIn(await send(codeBody(code), other))
    const kept = tokenIn(await send())
    expect(await callApi(server, token)).toBe(200)
    expect(await introspect(server, token)).toMatchObject({ active: true, client_id: record.id })
    await suspendApplicationKey({ keyId: record.id }, server.context)
    await expectClosed(token)
    await resumeApplicationKey({ keyId: record.id }, server.context)
    expect(await introspect(server, token)).toEqual({ active: false })
    await server.clock.ahead(1, async () => {
      const next = tokenIn(await send(codeBody(code), other))
      expect(await introspect(server, next)).toMatchObject({ active: true })
    })
    expect(await callApi(server, kept)).toBe(200)
  })

  it('its key, deleted; another key of the organisation goes on', async () => {
    const [old, next] = [await newKey('old'), await newKey('next')]
    const oldToken = tokenIn(await send(codeBody(code), old.key))
    const nextToken = tokenIn(await send(codeBody(code), next.key))
    await deleteApplicationKey({ keyId: old.record.id }, server.context)
    expectWrong(await send(codeBody(code), old.key))
    expect((await send(codeBody(code), next.key)).status).toBe(200)
    await expectClosed(oldToken)
    expect(await callApi(server, nextToken)).toBe(200)
  })

  it('its consumer, disabled', async () => {
    const { token, body } = await newConsumer('hugo')
    await disableUser({ username: 'hugo' }, server.context)
    await expectClosed(token)
    expectWrong(await send(body))
  })

  it('the code that it was given for, removed', async () => {
    const { token, body, identifierId } = await newConsumer('irene')
    await removeAccessIdentifier({ identifierId }, server.context)
    await expectClosed(token)
    expectWrong(await send(body))
  })

  it('the issuer of its JWT, suspended or removed', async () => {
    const { context, clock } = server
    const issuer = IDENTITY_ISSUER
    const keys = { audience: IDENTITY_AUDIENCE, pinnedKeys: jwksOf([issuerKey]) }
    await addTrustedIssuer({ name: 'Identity', issuer, ...keys }, context)
    await linkIdentity({ username: 'bob', issuer, subject: 'subject-of-bob' }, context)
    const sendJwt = async () => {
      const claims = { sub: 'subject-of-bob', exp: clock.nowSeconds() + 300 }
      return exchange(server, jwtBody(await signIdentity(issuerKey, claims)))
    }
    const token = tokenIn(await sendJwt())
    expect(await callApi(server, token)).toBe(200)
    await suspendTrustedIssuer({ issuer }, context)
    await expectClosed(token)
    expectWrong(await sendJwt())
    await resumeTrustedIssuer({ issuer }, context)
    await clock.ahead(1, async () => {
      expect((await sendJwt()).status).toBe(200)
    })
    await removeTrustedIssuer({ issuer }, context)
    expectWrong(await sendJwt())
  })
})
