// A scope that exists nowhere is ignored beside `openid`, and its developers find it on the page of their app.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccountHolder } from '../support/account-holder.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'

const NOTICE = /asked for scopes that do not exist/

describe.each(STORES)('OIDC Core §3.1.2.1: scopes that exist nowhere, on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let ada: AccountHolder

  beforeAll(async () => {
    server = await startTestServer(kind)
    const client = { id: 'hopeful', secret: 'hopeful-secret-0123456789' }
    app = new TestApp(
      server,
      await registerClient(server, client, {
        grantTypes: ['authorization_code'],
        redirectUris: ['https://hopeful.example/callback'],
        scopes: ['openid', 'contacts:read'],
        organisationId: 'acme',
      }),
    )
    ada = await AccountHolder.signedIn(server, 'ada')
  })
  afterAll(() => server?.stop())

  const page = async () => (await ada.open(`/developers/app?app=${app.client.id}`)).text
  const shows = async (count: number) => {
    // Counts are stored once a second.
    await expect.poll(page, { timeout: 30_000 }).toMatch(NOTICE)
    await expect.poll(page, { timeout: 30_000 }).toMatch(new RegExp(`exist: (<bdi>)?${count}\\b`))
  }

  it('are counted and shown to the developers of the app, for 30 days', async () => {
    const ask = (scope: string) => app.obtainTokens({ fields: { scope } })
    await ask('openid contacts:read')
    // What OpenID Connect itself defines is no mistake.
    await ask('openid contacts:read offline_access address')
    expect(await page()).not.toMatch(NOTICE)
    expect((await ask('openid contacts:read contacts:raed')).scope).toBe('openid contacts:read')
    await ask('openid everything contacts:read nothing')
    await shows(2)
    server.clock.advance(30 * 86_400)
    ada = await AccountHolder.signedIn(server, 'ada')
    expect(await page()).not.toMatch(NOTICE)
  })

  it('count nothing for whoever has not signed in', async () => {
    const before = await page()
    const { status } = await fetch(app.authorizeUrl({ scope: 'openid nothing' }))
    expect(status).toBe(200)
    expect(await page()).toBe(before)
  })
})
