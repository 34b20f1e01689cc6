// The attacks that concern tokens and grants, against a tenant of every contract: what one of them allows is never open
// in another.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_NAMES } from '../../src/contracts/index.ts'
import { defaultAudience } from '../../src/protocol/tenant.ts'
import { CODE_CONTRACTS, obtainAnyTokens, startContract } from '../support/any-contract.ts'
import { TestBrowser } from '../support/browser.ts'
import {
  signedWithOwnKey,
  signedWithPublicKeys,
  unsigned,
  withExtension,
} from '../support/forged-jwt.ts'
import { STORES, type TestServer } from '../support/start-server.ts'
import { basic, TestApp } from '../support/test-app.ts'
import { ask, FORM, post } from '../support/vendor-client.ts'
import { OTHER_API, PASSWORD, type TestClient } from '../support/world.ts'

/** Where `token` is a response type, though off for apps that are not given it. */
const WITH_TOKEN_RESPONSE = ['mister-james']
const WITH_PASSWORD_GRANT = ['json-api']
/** Tokens of the others are for the one API of their tenant. */
const WITH_RESOURCES = ['standard', 'mister-james', 'json-api', 'versioned']

const RESPONSE_TYPES = [
  'token',
  'id_token',
  'id_token token',
  'code token',
  'code id_token',
  'code id_token token',
]

const headerOf = ({ id, secret = '' }: TestClient) => ({ authorization: basic(id, secret) })

interface Sent {
  readonly path: string | undefined
  readonly fields?: object
  /** Whose credentials go in the header; nobody's when left out. */
  readonly as?: TestClient
}

function send(server: TestServer, { path, fields = {}, as }: Sent) {
  const body = new URLSearchParams({ ...fields }).toString()
  return post(`${server.issuer}${path}`, body, { ...FORM, ...(as && headerOf(as)) })
}

async function introspect(server: TestServer, token: string, app = server.apps.apiServer) {
  return (await send(server, { path: server.paths.introspect, fields: { token }, as: app })).body
}

async function callApi(server: TestServer, token: string, query = ''): Promise<number> {
  const { origin } = new URL(server.issuer)
  const { pathname } = new URL(defaultAudience(server.tenant))
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
  return (await ask(`${origin}${pathname}/me${query}`, { headers })).status
}

/** Neither the API nor the introspection takes them, and revoking them ends nothing. */
async function expectWorthless(server: TestServer, tokens: readonly string[], good: string) {
  for (const token of tokens) {
    const what = token.slice(0, 60)
    expect(await introspect(server, token), what).toEqual({ active: false })
    expect([400, 401], what).toContain(await callApi(server, token))
    if (server.paths.revoke === undefined) continue
    const revocation = { path: server.paths.revoke, fields: { token }, as: server.apps.webApp }
    const revoked = await send(server, revocation)
    expect(revoked.status, what).toBe(200)
  }
  expect((await introspect(server, good)).active).toBe(true)
  expect(await callApi(server, good)).toBe(200)
}

/** The token, or where those are no JWTs, one in the usual form that says all the right things. */
function toJwt(server: TestServer, token: string): string {
  if (token.includes('.')) return token
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = server.clock.nowSeconds()
  const claims = {
    iss: server.issuer,
    sub: 'ada',
    aud: defaultAudience(server.tenant),
    client_id: server.apps.webApp.id,
    scope: 'contacts:read',
    grant_id: 'a'.repeat(32),
    iat: now,
    exp: now + 3600,
  }
  return `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'x' })}.${encode(claims)}.AAAA`
}

async function startTrap() {
  const visits: string[] = []
  const trap = createServer((request, response) => {
    visits.push(request.url ?? '')
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => trap.once('listening', resolve))
  const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`
  return { url, visits, stop: () => trap.close() }
}

describe.each(STORES)('tokens on %s', (kind) => {
  describe.each(CONTRACT_NAMES)('of %s', (contract) => {
    let server: TestServer
    /** The same contract at another issuer. */
    let neighbour: TestServer

    beforeAll(async () => {
      server = await startContract(kind, contract, { api: true })
      neighbour = await startContract('sqlite', contract)
    })
    afterAll(async () => {
      await server?.stop()
      await neighbour?.stop()
    })

    it('B9: an access token in the URL opens nothing', async () => {
      const { access } = await obtainAnyTokens(server)
      expect(await callApi(server, access)).toBe(200)
      expect(await callApi(server, '', `?access_token=${access}`)).toBe(401)
      expect(await callApi(server, access, `?access_token=${access}`)).toBe(400)
    })

    it('B10: no algorithm but the own one counts', async () => {
      const { access } = await obtainAnyTokens(server)
      const { body } = await ask(server.issuer + server.paths.jwks)
      const jwt = toJwt(server, access)
      const forged = [...unsigned(jwt), ...signedWithPublicKeys(jwt, body.keys)]
      await expectWorthless(server, forged, access)
    })

    it('B11: a token neither brings nor chooses its key', async () => {
      const { access } = await obtainAnyTokens(server)
      const jwt = toJwt(server, access)
      const trap = await startTrap()
      try {
        const forged = [...signedWithOwnKey(jwt, trap.url), ...withExtension(jwt)]
        await expectWorthless(server, forged, access)
        expect(trap.visits).toEqual([])
      } finally {
        trap.stop()
      }
    })

    it('B13: a token of another issuer is worth nothing, although its contract is the same', async () => {
      const { access } = await obtainAnyTokens(server)
      const foreign = await obtainAnyTokens(neighbour)
      await expectWorthless(server, [foreign.access], access)
    })

    it('B13: a token is for one API, by default the first one', async () => {
      const { access } = await obtainAnyTokens(server)
      expect((await introspect(server, access)).aud).toEqual([defaultAudience(server.tenant)])
      if (!WITH_RESOURCES.includes(contract)) return
      const resource = { uri: OTHER_API, scope: 'reports:read' }
      const other = await obtainAnyTokens(server, resource)
      expect(await introspect(server, other.access)).toEqual({ active: false })
      expect(await callApi(server, other.access)).toBe(401)
      const told = await introspect(server, other.access, server.apps.webApp)
      expect(told.aud).toEqual([OTHER_API])
    })

    it('B18: without credentials nobody learns anything about a token', async () => {
      const { access } = await obtainAnyTokens(server)
      const { spa, webApp } = server.apps
      const strangers: readonly object[] = [
        {},
        { client_id: 'nobody' },
        { client_id: spa.id },
        { client_id: webApp.id },
        { client_id: webApp.id, client_secret: 'wrong' },
      ]
      for (const fields of strangers) {
        const { status, text } = await send(server, {
          path: server.paths.introspect,
          fields: { token: access, ...fields },
        })
        expect(status).toBe(401)
        expect(text).not.toContain('active')
      }
    })

    it("B18: another app's token is unknown to an app, and not its own to revoke", async () => {
      const { access, refresh } = await obtainAnyTokens(server)
      const { otherApp } = server.apps
      for (const token of [access, refresh ?? access]) {
        expect(await introspect(server, token, otherApp)).toEqual({ active: false })
        if (server.paths.revoke === undefined) continue
        const answer = await send(server, {
          path: server.paths.revoke,
          fields: { token },
          as: otherApp,
        })
        expect(answer.status).toBe(200)
      }
      expect((await introspect(server, access)).active).toBe(true)
    })

    it('B18: secret keys, where there are such, are for their API alone', async () => {
      const { apiServer, webApp, spa } = server.apps
      const { resourceKeys, jwks } = server.paths
      const hasSecretKeys = server.tenant.rules.jwt.keyPerApi
      const own = await send(server, { path: resourceKeys, as: apiServer })
      expect(own.status).toBe(hasSecretKeys ? 200 : 404)
      const strangers: readonly Omit<Sent, 'path'>[] = [
        { as: webApp },
        { as: { ...apiServer, secret: 'x' } },
        { fields: { client_id: spa.id } },
        { fields: { client_id: apiServer.id } },
      ]
      for (const stranger of strangers) {
        const answer = await send(server, { path: resourceKeys, ...stranger })
        expect(answer.status).not.toBe(200)
        expect(answer.text).not.toContain('"keys"')
      }
      const published = (await ask(server.issuer + jwks)).body.keys
      expect(published.length > 0).toBe(!hasSecretKeys)
      expect(JSON.stringify(published)).not.toMatch(/"(k|d)":/)
    })
  })

  describe.each(CODE_CONTRACTS)('of the grants of %s', (contract) => {
    let server: TestServer

    beforeAll(async () => {
      server = await startContract(kind, contract, { api: true })
    })
    afterAll(() => server?.stop())

    it.each(RESPONSE_TYPES)(
      'A22: response_type=%s gives nothing to an app without the allowance',
      async (response_type) => {
        const app = new TestApp(server, server.apps.webApp)
        const isKnown = response_type === 'token' && WITH_TOKEN_RESPONSE.includes(contract)
        for (const response_mode of [undefined, 'fragment', 'query', 'form_post']) {
          const browser = new TestBrowser()
          const url = app.authorizeUrl({ response_type, response_mode })
          const last = await app.answerPages(browser, await browser.openAndFollow(url))
          const told = (last.location ?? '') + last.text
          expect(told).not.toMatch(/access_token|id_token=|code=/)
          expect(told).toMatch(
            isKnown ? /unauthorized_client|invalid_request/ : /unsupported_response_type/,
          )
        }
      },
    )

    it('A22: a password gives nothing to an app without the allowance', async () => {
      const error = WITH_PASSWORD_GRANT.includes(contract)
        ? 'unauthorized_client'
        : 'unsupported_grant_type'
      for (const { id, secret } of [server.apps.webApp, server.apps.spa]) {
        const answer = await send(server, {
          path: server.paths.token,
          fields: {
            grant_type: 'password',
            username: 'ada',
            password: PASSWORD,
            client_id: id,
            ...(secret !== undefined && { client_secret: secret }),
          },
        })
        expect([answer.status, answer.body.error]).toEqual([400, error])
      }
    })

    it('B12: one kind of token is not another', async () => {
      const { access, refresh = '' } = await obtainAnyTokens(server)
      const app = new TestApp(server, server.apps.webApp)
      expect(await callApi(server, refresh)).toBe(401)
      expect((await app.refresh(access)).body.error).toBe('invalid_grant')
      for (const token of [access, refresh]) {
        expect((await app.redeem(token, undefined)).body.error).toBe('invalid_grant')
      }
      const { code } = await app.obtainCode()
      expect(await callApi(server, code)).toBe(401)
      expect((await app.refresh(code)).body.error).toBe('invalid_grant')
      const query = new URLSearchParams({
        id_token_hint: access,
        post_logout_redirect_uri: 'https://evil.example/',
      })
      const page = await new TestBrowser().open(`${server.issuer}/sign-out?${query}`)
      expect([page.status, page.location]).toEqual([400, undefined])
      expect((await app.refresh(refresh)).status).toBe(200)
    })

    it('B14: an app gets no token that could be taken for one of a user', async () => {
      const { webApp } = server.apps
      const { access } = await obtainAnyTokens(server)
      expect((await introspect(server, access)).sub).not.toBe(webApp.id)
      const fields = { grant_type: 'client_credentials' }
      const answer = await send(server, { path: server.paths.token, fields, as: webApp })
      const error = contract === 'standard' ? 'unauthorized_client' : 'unsupported_grant_type'
      expect([answer.status, answer.body.error]).toEqual([400, error])
    })
  })

  it('A22: where keys are exchanged there is neither an authorization endpoint nor a token endpoint', async () => {
    const server = await startContract(kind, 'crm-com')
    try {
      for (const path of ['/authorize', '/oauth/authorize', '/token', '/oauth/token']) {
        const fields = { grant_type: 'password', username: 'ada', password: PASSWORD }
        expect((await send(server, { path, fields })).status).toBe(404)
        expect((await ask(`${server.issuer}${path}?response_type=token`)).status).toBe(404)
      }
    } finally {
      await server.stop()
    }
  })
})
