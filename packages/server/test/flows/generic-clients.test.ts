// Generic OAuth clients, unpatched, against every contract: which of them get how far, and why no further.

import ClientOAuth2 from 'client-oauth2'
import { ResourceOwnerPassword } from 'simple-oauth2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerApp, registerDesktopApp } from '../support/contract-world.ts'
import { GENERIC_CLIENTS, Refused } from '../support/generic-clients.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { authorize } from '../support/vendor-client.ts'
import { PASSWORD } from '../support/world.ts'

/** They come without PKCE, which `standard` asks of every app. */
const WITHOUT_PKCE = 'invalid_request'
/** Only `json-api` and `financial-cents` read JSON. */
const JSON_BODY = 'invalid_request'

/**
 * Client and contract -> whether the code flow, a refresh and (where the client has it) a revocation work, or the
 * error that ends it. `crm-com` is not there: its one endpoint exchanges keys, which no generic client does.
 */
const TABLE = {
  'simple-oauth2, form': {
    standard: WITHOUT_PKCE,
    'mister-james': 'works',
    'json-api': 'works',
    'financial-cents': 'works',
    versioned: 'works',
  },
  'simple-oauth2, form, secret in the body': {
    standard: WITHOUT_PKCE,
    'mister-james': 'works',
    'json-api': 'works',
    'financial-cents': 'works',
    versioned: 'works',
  },
  'simple-oauth2, JSON': {
    standard: WITHOUT_PKCE,
    'mister-james': JSON_BODY,
    'json-api': 'works',
    'financial-cents': 'works',
    versioned: JSON_BODY,
  },
  'passport-oauth2': {
    standard: WITHOUT_PKCE,
    'mister-james': 'works',
    'json-api': 'works',
    'financial-cents': 'works',
    versioned: 'works',
  },
  'passport-oauth2, PKCE': {
    standard: 'works',
    'mister-james': 'works',
    'json-api': 'works',
    'financial-cents': 'works',
    versioned: 'works',
  },
  'client-oauth2': {
    standard: WITHOUT_PKCE,
    'mister-james': 'works',
    'json-api': 'works',
    'financial-cents': 'works',
    versioned: 'works',
  },
  'openid-client': {
    standard: 'works',
    'mister-james': 'works',
    'json-api': 'works',
    'financial-cents': 'works',
    versioned: 'works',
  },
  oauth4webapi: {
    standard: 'works',
    'mister-james': 'works',
    'json-api': 'works',
    'financial-cents': 'works',
    versioned: 'works',
  },
  '@modelcontextprotocol/sdk': {
    standard: 'works',
    'mister-james': 'works',
    'json-api': 'works',
    'financial-cents': 'works',
    versioned: 'works',
  },
} as const satisfies Record<keyof typeof GENERIC_CLIENTS, Record<string, string>>

const CONTRACTS = ['standard', 'mister-james', 'json-api', 'financial-cents', 'versioned'] as const

describe.each(STORES)('generic clients on %s', (kind) => {
  describe.each(CONTRACTS)('with %s', (contract) => {
    let server: TestServer

    beforeAll(async () => {
      server = await startTestServer(kind, contract === 'standard' ? {} : { contract })
    })
    afterAll(() => server?.stop())

    const isActive = async (token: string) =>
      (await new TestApp(server, server.apps.apiServer).introspect(token)).body.active
    const names = Object.keys(TABLE) as (keyof typeof TABLE)[]

    it.each(names.map((name) => [name, TABLE[name][contract]] as const))(
      '%s: %s',
      async (name, expected) => {
        const client = await GENERIC_CLIENTS[name](server, server.apps.webApp)
        if (expected !== 'works') {
          await expect(client.signIn(authorize)).rejects.toThrow(new Refused(expected))
          return
        }
        const first = await client.signIn(authorize)
        expect(await isActive(first.accessToken)).toBe(true)
        const second = await client.refresh(first)
        expect(second.refreshToken).not.toBe(first.refreshToken)
        expect(await isActive(second.accessToken)).toBe(true)
        if (client.revoke === undefined) return
        await client.revoke(second)
        expect(await isActive(second.accessToken)).toBe(false)
        await expect(client.refresh(second)).rejects.toThrow()
      },
    )
  })

  it('client-oauth2 takes the tokens of the implicit grant, where the contract has it', async () => {
    const server = await startTestServer(kind, { contract: 'mister-james' })
    try {
      const endsAtSeconds = server.clock.nowSeconds() + 86_400
      const app = await registerApp(server.context, {
        name: 'Widget',
        type: 'public',
        redirectUris: ['https://widget.example/callback'],
        grantTypes: ['implicit'],
        scopes: ['read'],
        defaultScopes: ['read'],
        allowances: [{ name: 'implicit', owner: 'widgets', reason: 'old', endsAtSeconds }],
      })
      const client = new ClientOAuth2({
        clientId: app.id,
        authorizationUri: server.issuer + server.paths.authorize,
        redirectUri: app.redirectUri,
        scopes: ['read'],
        state: 'state-1',
      })
      const location = await authorize(client.token.getUri())
      const token = await client.token.getToken(location)
      const { body } = await new TestApp(server, server.apps.apiServer).introspect(
        token.accessToken,
      )
      expect(body).toMatchObject({ active: true, client_id: app.id, scope: 'read' })
    } finally {
      await server.stop()
    }
  })

  it('simple-oauth2 and client-oauth2 get tokens for a password, where the contract has it', async () => {
    const server = await startTestServer(kind, { contract: 'json-api' })
    try {
      const app = await registerDesktopApp(server.context)
      const { token = '' } = server.paths
      const simple = new ResourceOwnerPassword({
        client: { id: app.id, secret: app.secret ?? '' },
        auth: { tokenHost: server.issuer, tokenPath: token },
        options: { bodyFormat: 'json', authorizationMethod: 'body' },
      })
      const given = await simple.getToken({ username: 'ada', password: PASSWORD, scope: 'read' })
      expect(given.token).toMatchObject({ token_type: 'bearer', expires_in: 7200 })
      expect((await given.refresh()).token.access_token).toMatch(/^[0-9a-f]{64}$/)

      const client = new ClientOAuth2({
        clientId: app.id,
        clientSecret: app.secret ?? '',
        accessTokenUri: server.issuer + token,
      })
      expect((await client.owner.getToken('ada', PASSWORD)).accessToken).toMatch(/^[0-9a-f]{64}$/)
      await expect(client.owner.getToken('ada', 'wrong')).rejects.toMatchObject({
        body: { error: 'invalid_grant' },
      })
    } finally {
      await server.stop()
    }
  })
})
