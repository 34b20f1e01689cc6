// Attacks on client authentication: two methods, the wrong one, measured and guessed secrets.

import { Agent } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/platform/hash.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { sendRequest } from '../support/http-request.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import {
  type Answer,
  basic,
  type Fields,
  getAnswer,
  postForm,
  TestApp,
} from '../support/test-app.ts'
import { measureBelow, medianOf, TELLING_T, timeInTurn, welchT } from '../support/timing.ts'
import { API_SERVER, MACHINE, SPA, TENANT, WEB_APP } from '../support/world.ts'

const GRANT = { grant_type: 'client_credentials' }
const ENDPOINTS = ['/token', '/revoke', '/introspect']

describe.each(STORES)('attacks on client authentication on %s', (kind) => {
  let server: TestServer
  const secret = MACHINE.secret ?? ''
  const authorization = basic(MACHINE.id, secret)
  const inBody = { client_id: MACHINE.id, client_secret: secret }
  const assertion = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYWNoaW5lIn0.',
  }

  beforeAll(async () => {
    const rateLimits = { failedClientAuthenticationsPerMinute: 1_000_000 }
    server = await startTestServer(kind, { rateLimits })
  })
  afterAll(() => server?.stop())

  const ask = (fields: Fields, headers: Record<string, string> = {}, path = '/token') =>
    postForm(server.issuer + path, { ...GRANT, token: 'x', ...fields }, headers)

  function expectNothing(answer: Answer, error: string): void {
    expect(answer.body).toEqual({ error, error_description: expect.any(String) })
    expect(answer.status).toBe(error === 'invalid_client' ? 401 : 400)
    if (answer.status === 401) {
      expect(answer.headers.get('www-authenticate')).toBe(`Basic realm="${server.issuer}"`)
    }
  }

  describe.each(ENDPOINTS)('at %s', (path) => {
    it('C1: an assertion beside a secret is refused, and so is one alone: it is not offered', async () => {
      expectNothing(await ask(assertion, { authorization }, path), 'invalid_request')
      expectNothing(await ask({ ...inBody, ...assertion }, {}, path), 'invalid_request')
      expectNothing(await ask({ client_id: MACHINE.id, ...assertion }, {}, path), 'invalid_client')
      expectNothing(await ask({ client_id: SPA.id, ...assertion }, {}, path), 'invalid_client')
    })

    it.each([
      'Basic',
      'Basic ',
      'Basic !!!!',
      `Basic ${Buffer.from('no-colon').toString('base64')}`,
      `Basic ${Buffer.from('%zz:x').toString('base64')}`,
      `Basic ${Buffer.from(`:${secret}`).toString('base64')}`,
      `Basic ${Buffer.from(`${MACHINE.id}: ${secret}`).toString('base64')}`,
      `Bearer ${secret}`,
      `Digest username="${MACHINE.id}"`,
      `${authorization}, ${authorization}`,
    ])('C2: the header %j proves nothing', async (header) => {
      expectNothing(await ask({}, { authorization: header }, path), 'invalid_client')
    })
  })

  it('C2: introspection is not for public apps, which cannot prove who they are', async () => {
    const { access_token: token } = await new TestApp(server, SPA).obtainTokens()
    const answer = await ask({ client_id: SPA.id, token }, {}, '/introspect')
    expectNothing(answer, 'invalid_client')
  })

  it('C2: the metadata names the methods that exist, and no other', async () => {
    const { body } = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
    const methods = ['client_secret_basic', 'client_secret_post']
    expect(body.token_endpoint_auth_methods_supported).toEqual([...methods, 'none'])
    expect(body.introspection_endpoint_auth_methods_supported).toEqual(methods)
  })

  it('C2: a secret with colons, percent and plus signs is form-encoded inside Basic', async () => {
    const awkward = { id: 'awkward:app', secret: 'a:b%20c+d e/é' }
    const client = await registerClient(server, awkward, {
      grantTypes: ['client_credentials'],
      scopes: ['contacts:read'],
      defaultScopes: ['contacts:read'],
    })
    expect((await new TestApp(server, client).token(GRANT)).status).toBe(200)
    const raw = Buffer.from(`${awkward.id}:${awkward.secret}`).toString('base64')
    expectNothing(await ask({}, { authorization: `Basic ${raw}` }), 'invalid_client')
    const post = { client_id: awkward.id, client_secret: awkward.secret }
    expect((await ask(post)).status).toBe(200)
  })

  it('C2: of several secrets those that are expired or revoked count no more', async () => {
    const client = await registerClient(
      server,
      { id: 'renewing', secret: 'renewing-secret-0123456789' },
      {
        grantTypes: ['client_credentials'],
        scopes: ['contacts:read'],
        defaultScopes: ['contacts:read'],
      },
    )
    const app = new TestApp(server, client)
    const found = await server.store.findClient(TENANT, asClientId(client.id))
    const [first] = found?.secrets ?? []
    if (!first) throw new Error('the app has no secret')
    const expiresAtSeconds = server.clock.nowSeconds() + 60
    const hash = sha256('second-secret')
    await server.store.addClientSecret({ ...first, id: 'second', hash, expiresAtSeconds })
    const second = new TestApp(server, { ...client, secret: 'second-secret' })

    expect((await second.token(GRANT)).status).toBe(200)
    server.clock.advance(60)
    expectNothing(await second.token(GRANT), 'invalid_client')
    expect((await app.token(GRANT)).status).toBe(200)
    await server.store.revokeClientSecret(first)
    expectNothing(await app.token(GRANT), 'invalid_client')
  })

  it('C2: the hash of a secret, from a copy of the database, is no secret', async () => {
    const answer = await ask({ ...inBody, client_secret: sha256(secret) })
    expectNothing(answer, 'invalid_client')
  })

  describe('measured', () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    afterAll(() => agent.destroy())

    const guess = (id: string, guessed: string) => () =>
      sendRequest(`${server.issuer}/token`, {
        agent,
        method: 'POST',
        headers: {
          authorization: basic(id, guessed),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      })
    const wrongFirst = `X${secret.slice(1)}`
    const wrongLast = `${secret.slice(0, -1)}X`

    it('C3: a secret wrong in its first byte takes as long as one wrong in its last', async () => {
      const t = await measureBelow(TELLING_T, async () => {
        const { first = [], last = [] } = await timeInTurn(
          { first: guess(MACHINE.id, wrongFirst), last: guess(MACHINE.id, wrongLast) },
          500,
        )
        return welchT(first, last)
      })
      expect(t).toBeLessThan(TELLING_T)
    })

    it('C3: an unknown client gets the answer of a wrong secret, and about as fast', async () => {
      const [known, unknown] = [guess(MACHINE.id, wrongLast), guess('unknown', secret)]
      const [a, b] = [await known(), await unknown()]
      expect([b.status, b.text]).toEqual([a.status, a.text])
      const shown = ({ date: _, 'x-request-id': __, ...headers }: typeof a.headers) => headers
      expect(shown(b.headers)).toEqual(shown(a.headers))

      // Which client ids exist is no secret (RFC 6749 §2.2), so a row read from the store may show.
      const ratio = await measureBelow(2, async () => {
        const times = await timeInTurn({ known, unknown }, 200)
        const [a = 0, b = 0] = [times.known, times.unknown].map((each) => medianOf(each ?? []))
        return Math.max(a, b) / Math.min(a, b)
      })
      expect(ratio).toBeLessThan(2)
    })
  })
})

describe.each(STORES)('secrets that are guessed on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, { trustedProxies: ['127.0.0.1', '::1'] })
  })
  afterAll(() => server?.stop())

  const from = (address: string, id: string, secret: string) =>
    postForm(`${server.issuer}/token`, GRANT, {
      authorization: basic(id, secret),
      'x-forwarded-for': address,
    })
  const ATTACKER = '203.0.113.7'
  const rightful = MACHINE.secret ?? ''

  it('C4: 1 000 wrong secrets are slowed down, for their sender alone', async () => {
    const statuses: number[] = []
    for (let sent = 0; sent < 1_000; sent += 50) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          from(ATTACKER, MACHINE.id, `guess-${sent + index}`),
        ),
      )
      statuses.push(...answers.map(({ status }) => status))
    }
    expect(statuses[0]).toBe(401)
    expect(new Set(statuses.slice(200))).toEqual(new Set([429]))

    const blocked = await from(ATTACKER, MACHINE.id, rightful)
    expect(blocked).toMatchObject({ status: 429, body: { error: 'too_many_requests' } })
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(blocked.headers.get('retry-after'))).toBeLessThanOrEqual(60)

    expect((await from('203.0.113.8', MACHINE.id, rightful)).status).toBe(200)
    const otherApp = await from(ATTACKER, API_SERVER.id, API_SERVER.secret ?? '')
    expect(otherApp.body).toMatchObject({ error: 'unauthorized_client' })
  })

  it.each([
    ['/revoke', '203.0.113.20'],
    ['/introspect', '203.0.113.21'],
  ])('C4: %s is no way around', async (path, address) => {
    const guess = (secret: string) => {
      const headers = { authorization: basic(WEB_APP.id, secret), 'x-forwarded-for': address }
      return postForm(server.issuer + path, { token: 'x' }, headers)
    }
    for (let sent = 0; sent < 60; sent += 1) {
      expect((await guess(`guess-${sent}`)).status).toBe(401)
    }
    expect((await guess(WEB_APP.secret ?? '')).status).toBe(429)
    expect((await from(address, WEB_APP.id, WEB_APP.secret ?? '')).status).toBe(429)
  })

  it('C4: the right secret does not make up for wrong ones, and is not counted', async () => {
    const address = '203.0.113.10'
    for (let sent = 0; sent < 100; sent += 1) {
      expect((await from(address, MACHINE.id, rightful)).status).toBe(200)
    }
    expect((await from(address, MACHINE.id, 'wrong')).status).toBe(401)
  })
})
