// Contract `crm-com`: a lone authentication code without an application key, as older clients send it from R16.2.0 on.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addAuthenticationCode,
  removeAccessIdentifier,
} from '../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import { createUser, disableUser } from '../../src/operations/users.ts'
import {
  basicKey,
  callApi,
  claimsIn,
  codeBody,
  EXCHANGE,
  exchange,
  introspect,
  outcomeOf,
  passCodeBody,
  tokenIn,
} from '../support/key-exchange.ts'
import { latestEvents } from '../support/latest-events.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { post } from '../support/vendor-client.ts'
import { PASSWORD } from '../support/world.ts'

const CODE = 'p_kestora1!2345x'
const BODY = `{"access_token_identifier":{"authentication_code":"${CODE}"}}`
const WRONG = [401, 'INVALID_CREDENTIALS']
const LIMITED = [429, 'TOO_MANY_REQUESTS']
const KEY_MISSING =
  'Send the application key as the user name of HTTP Basic, with an empty password.'
const NOT_VALID = 'The application key, or what stands for the consumer, is not valid.'

const TRIES_OF_A_SOURCE = 5
const TRIES_OF_ALL = 100

describe.each(STORES)('codes without a key on %s', (kind) => {
  let server: TestServer
  let codeId: string
  let addresses = 0

  beforeAll(async () => {
    server = await startTestServer(kind, {
      contract: 'crm-com',
      api: true,
      policy: { codeWithoutKey: true },
      trustedProxies: ['127.0.0.1', '::1'],
      rateLimits: { failedClientAuthenticationsPerMinute: TRIES_OF_A_SOURCE },
    })
    const added = await addAuthenticationCode({ username: 'ada', code: CODE }, server.context)
    codeId = added.identifier.id
  })
  afterAll(() => server?.stop())

  const newAddress = () => `198.18.${++addresses >> 8}.${addresses & 255}`
  const send = (body: string, from = newAddress()) =>
    exchange(server, body, { 'x-forwarded-for': from })
  const newConsumer = async (organisations: readonly string[]) => {
    const username = `user-${++addresses}`
    const memberships = organisations.map((organisationId) => ({ organisationId }))
    await createUser({ username, name: 'Grace', password: PASSWORD, memberships }, server.context)
    return { username, ...(await addAuthenticationCode({ username }, server.context)) }
  }

  it('crm-com K "key from R16.2.0": a lone authentication code without a key, byte for byte', async () => {
    const headers = { 'content-type': 'application/json' }
    const answer = await post(`${server.issuer}${EXCHANGE}`, BODY, headers)
    expect(answer.text).toBe(
      `{"data":{"token":"${answer.body.data?.token}"},"status":{"code":"OK","description":"","message":""}}`,
    )
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers['cache-control']).toBe('no-store')
    const { ari, usr, org, iat, exp } = claimsIn(answer)
    expect({ ari, usr, org }).toEqual({ ari: codeId, usr: 'ada', org: 'acme' })
    expect(Number(exp) - Number(iat)).toBe(7200)
    expect(await callApi(server, tokenIn(answer))).toBe(200)
    expect(await introspect(server, tokenIn(answer))).toMatchObject({ active: true })
  })

  it('crm-com K "key from R16.2.0": an identifier with its pass code is not taken without one', async () => {
    const answer = await send(passCodeBody('card-4711', '739182'))
    expect(answer.text).toBe(
      `{"status":{"code":"INVALID_CREDENTIALS","description":"${KEY_MISSING}","message":"${KEY_MISSING}"}}`,
    )
    expect(answer.status).toBe(401)
  })

  it('ruling 20: a code of 15 characters is not looked at, however right it is; one of 16 is', async () => {
    for (const [length, outcome] of [[15, WRONG] as const, [16, [200, 'OK']] as const]) {
      const code = `short-${kind}-0123456789`.slice(0, length)
      await addAuthenticationCode({ username: 'bob', code }, server.context)
      const body = codeBody(code, ', "organisation": "acme"')
      const answer = await send(body)
      expect(outcomeOf(answer), code).toEqual(outcome)
      if (length < 16) expect(answer.body.status.message).toBe(KEY_MISSING)
    }
  })

  it('crm-com D "key from R16.2.0": a wrong code and one of a disabled consumer are told apart by nothing', async () => {
    const gone = await newConsumer(['acme'])
    await disableUser({ username: gone.username }, server.context)
    for (const code of ['no-such-code-0123456789', gone.code]) {
      const answer = await send(codeBody(code))
      expect(answer.text).toBe(
        `{"status":{"code":"INVALID_CREDENTIALS","description":"${NOT_VALID}","message":"${NOT_VALID}"}}`,
      )
      expect(answer.headers['www-authenticate']).toBe(`Basic realm="${server.issuer}"`)
    }
  })

  it('crm-com D "key from R16.2.0": a wrong key is not made good by a code that could come alone', async () => {
    const { status } = await exchange(server, BODY, basicKey('F'.repeat(32)))
    expect(status).toBe(401)
  })

  it('crm-com D "key from R16.2.0": opens the organisation of the consumer, and asks which where there are several', async () => {
    const { code } = await newConsumer(['acme', 'globex'])
    const missing = await send(codeBody(code))
    expect(outcomeOf(missing)).toEqual([400, 'INVALID_REQUEST'])
    expect(missing.body.status.message).toContain('(organisation)')
    const globex = await send(codeBody(code, ', "organisation": "globex"'))
    expect(claimsIn(globex).org).toBe('globex')
    expect(outcomeOf(await send(codeBody(code, ', "organisation": "initech"')))).toEqual([
      403,
      'NOT_ALLOWED',
    ])
    const nobody = await newConsumer([])
    expect(outcomeOf(await send(codeBody(nobody.code)))).toEqual([403, 'NOT_ALLOWED'])
  })

  it.each(['removed', 'disabled'] as const)(
    'crm-com D "key from R16.2.0": tokens end with their code, or their consumer: %s',
    async (what) => {
      const { username, code, identifier } = await newConsumer(['acme'])
      const token = tokenIn(await send(codeBody(code)))
      expect(await introspect(server, token)).toMatchObject({
        active: true,
        sub: expect.anything(),
      })
      if (what === 'disabled') await disableUser({ username }, server.context)
      else await removeAccessIdentifier({ identifierId: identifier.id }, server.context)
      expect(await introspect(server, token)).toEqual({ active: false })
      expect(outcomeOf(await send(codeBody(code)))).toEqual(WRONG)
    },
  )

  it('C4: a source has few tries, whichever organisation it names; who has proven a code from there goes on', async () => {
    const [from, known] = [newAddress(), await newConsumer(['acme'])]
    expect((await send(codeBody(known.code), from)).status).toBe(200)
    for (let at = 0; at < TRIES_OF_A_SOURCE; at++) {
      const organisation = at % 2 === 0 ? 'acme' : 'globex'
      const guess = codeBody(`guess-${at}-0123456789`, `, "organisation": "${organisation}"`)
      expect(outcomeOf(await send(guess, from))).toEqual(WRONG)
    }
    const other = await newConsumer(['globex'])
    const limited = await send(codeBody(other.code), from)
    expect(outcomeOf(limited)).toEqual(LIMITED)
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    expect((await send(codeBody(other.code))).status).toBe(200)
  })

  it('C4: all who are not known share a hundred tries in an hour, and those with a key are not slowed', async () => {
    const { context } = server
    const [known, other] = [await newConsumer(['acme']), await newConsumer(['acme'])]
    const home = newAddress()
    expect((await send(codeBody(known.code), home)).status).toBe(200)
    let refusedAt: number | undefined
    for (let at = 0; at < TRIES_OF_ALL && refusedAt === undefined; at++) {
      const { status } = await send(codeBody(`guess-${at}-0123456789-all`))
      if (status === 429) refusedAt = at
    }
    // Other tests have used up some of them.
    expect(refusedAt).toBeLessThan(TRIES_OF_ALL)
    expect(outcomeOf(await send(codeBody(other.code)))).toEqual(LIMITED)
    expect((await send(codeBody(known.code), home)).status).toBe(200)
    const { key } = await createApplicationKey({ organisationId: 'acme', name: 'k' }, context)
    const withKey = { ...basicKey(key), 'x-forwarded-for': newAddress() }
    expect((await exchange(server, codeBody(other.code), withKey)).status).toBe(200)
    const events = await latestEvents(context.store, server.tenant.name, 20)
    const locked = { action: 'access_identifier.locked', target: `tenant:${server.tenant.name}` }
    expect(events).toContainEqual(expect.objectContaining(locked))
  })
})

describe.each([
  ['a tenant that has not switched it on', {}],
  ['release R15.0.0', { release: 'R15.0.0' }],
])('codes without a key at %s', (_what, tenant) => {
  it('crm-com K "key from R16.2.0": are refused', async () => {
    const server = await startTestServer('sqlite', { contract: 'crm-com', tenant })
    try {
      await addAuthenticationCode({ username: 'ada', code: CODE }, server.context)
      const answer = await exchange(server, BODY)
      expect(answer.status).toBe(401)
      expect(answer.body.status.message).toBe(KEY_MISSING)
    } finally {
      await server.stop()
    }
  })
})
