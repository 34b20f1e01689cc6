// A scope that an operator takes from an app: no further token has it, whatever was allowed before.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { updateClient } from '../../src/operations/client-update.ts'
import { AccountHolder } from '../support/account-holder.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'

const BOTH = ['contacts:read', 'contacts:write']
const ASKED = { fields: { scope: BOTH.join(' ') } }

describe.each(STORES)('RFC 6749 §6: a scope that was taken from its app, on %s', (kind) => {
  let server: TestServer
  let apps = 0

  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  async function newApp(): Promise<TestApp> {
    apps += 1
    const client = { id: `narrowed-${apps}`, secret: `secret-of-narrowed-${apps}-0123456789` }
    const grantTypes = ['authorization_code', 'refresh_token']
    const redirectUris = ['https://narrowed.example/callback']
    return new TestApp(
      server,
      await registerClient(server, client, { grantTypes, redirectUris, scopes: BOTH }),
    )
  }
  const leave = ({ client }: TestApp, scopes: readonly string[]) =>
    updateClient({ clientId: client.id, scopes, defaultScopes: [] }, server.context)
  const scopesOf = (token: string) => decodeJwt<{ scope: string }>(token).scope

  it('comes with no refresh, and nobody can ask for it', async () => {
    const app = await newApp()
    const tokens = await app.obtainTokens({ ...ASKED })
    expect(scopesOf(tokens.access_token)).toBe(BOTH.join(' '))
    await leave(app, ['contacts:read'])
    const asked = await app.refresh(tokens.refresh_token, { scope: 'contacts:write' })
    expect(asked.body.error).toBe('invalid_scope')
    const { status, body } = await app.refresh(tokens.refresh_token)
    expect([status, body.scope, scopesOf(body.access_token)]).toEqual([
      200,
      'contacts:read',
      'contacts:read',
    ])
    // Given back, it is what the user has allowed.
    await leave(app, BOTH)
    expect((await app.refresh(body.refresh_token)).body.scope).toBe(BOTH.join(' '))
  })

  it('comes with no code that was on its way', async () => {
    const app = await newApp()
    const { code, verifier } = await app.obtainCode({ ...ASKED })
    await leave(app, ['contacts:read'])
    expect((await app.redeem(code, verifier)).body.scope).toBe('contacts:read')
  })

  it('is shown by no introspection and no page', async () => {
    const app = await newApp()
    const { refresh_token } = await app.obtainTokens({ ...ASKED })
    const ada = await AccountHolder.signedIn(server, 'ada')
    const told = async () => (await app.introspect(refresh_token)).body
    const shown = async () =>
      (await ada.open(`/account/apps/remove?app=${app.client.id}&organisation=acme`)).root
        .querySelectorAll('.scopes li bdi')
        .map(({ text }) => text)
    expect((await told()).scope).toBe(BOTH.join(' '))
    expect(await shown()).toHaveLength(2)
    await leave(app, ['contacts:read'])
    expect((await told()).scope).toBe('contacts:read')
    expect(await shown()).toEqual(['See your contacts'])
    await leave(app, ['openid'])
    expect(await told()).toEqual({ active: false })
    await leave(app, BOTH)
    expect((await told()).scope).toBe(BOTH.join(' '))
    expect(await shown()).toHaveLength(2)
  })

  it('ends it where nothing else was allowed, and the refresh token is not spent by that', async () => {
    const app = await newApp()
    const tokens = await app.obtainTokens({ fields: { scope: 'contacts:write' } })
    await leave(app, ['contacts:read'])
    expect((await app.refresh(tokens.refresh_token)).body.error).toBe('invalid_scope')
    await leave(app, BOTH)
    expect((await app.refresh(tokens.refresh_token)).status).toBe(200)
  })
})
