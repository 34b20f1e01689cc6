// Attacks on what users have allowed: an app that was allowed becomes another one, or asks for more than it showed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClientChange, updateClient } from '../../src/operations/client-update.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import type { GrantRecord } from '../../src/store/records.ts'
import { AccountHolder, clientOn } from '../support/account-holder.ts'
import { TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { PASSWORD, TENANT, userIdOf } from '../support/world.ts'

describe.each(STORES)('attacks on consents on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, { rateLimits: { failedSignInsPerMinute: 10_000 } })
  })
  afterAll(() => server?.stop())

  it('D13, security H5: who may change an app sends nobody to a redirect URI of theirs unasked', async () => {
    const owner = await AccountHolder.signedIn(server, 'ada')
    const page = await owner.register()
    const app = new TestApp(server, clientOn(page))
    const victim = (await app.obtainCode({ user: 'eve' })).browser
    const honest = await victim.open(app.authorizeUrl())
    expect(honest.location).toContain('code=')

    const redirect_uri = 'https://evil.example/cb'
    const redirect_uris = `${app.client.redirectUri}\n${redirect_uri}`
    await owner.send(page, '/developers/app/save', { redirect_uris })
    const asked = await victim.open(app.authorizeUrl({ redirect_uri }))
    expect(kindOf(asked)).toBe('consent')
    expect(asked.root.querySelector('.warning')?.textContent).toContain('evil.example')
    const silent = await victim.open(app.authorizeUrl({ redirect_uri, prompt: 'none' }))
    expect(silent.location).toContain('error=consent_required')
    // Where the victim has allowed it, it goes on as before.
    expect((await victim.open(app.authorizeUrl())).location).toContain('code=')
  })

  describe('D14, security L1: a yes to one question is no yes to another', () => {
    const registration = {
      redirectUris: ['https://app.example/cb'],
      grantTypes: ['authorization_code'],
      scopes: ['contacts:read', 'contacts:write'],
      defaultScopes: ['contacts:read'],
    }
    let apps = 0

    const changes: [string, ClientChange][] = [
      ['its defaults are widened', { defaultScopes: ['contacts:read', 'contacts:write'] }],
      ['its defaults become others', { defaultScopes: ['contacts:write'] }],
      ['it takes another name', { name: 'Acme itself' }],
      ['it may refresh by now', { grantTypes: ['authorization_code', 'refresh_token'] }],
      [
        'it has a further redirect URI',
        { redirectUris: [...registration.redirectUris, 'https://evil.example/cb'] },
      ],
    ]

    it.each(changes)('%s between page and answer', async (_what, change) => {
      apps += 1
      const client = { id: `changing-${apps}`, secret: `changing-secret-${apps}-0123456789` }
      const app = new TestApp(server, await registerClient(server, client, registration))
      const browser = new TestBrowser()
      const signIn = await browser.open(app.authorizeUrl({ scope: undefined }))
      const shown = await browser.submitAndFollow(signIn, { username: 'ada', password: PASSWORD })
      expect(kindOf(shown)).toBe('consent')

      await updateClient({ clientId: client.id, ...change }, server.context)
      const again = await browser.submit(shown, { decision: 'allow' })
      expect([again.status, kindOf(again)]).toEqual([409, 'consent'])
      expect(again.root.querySelector('.notice')?.textContent).toContain('has changed')
      expect(await server.store.listUserGrants(TENANT, userIdOf('ada'))).toSatisfy(
        (grants: readonly GrantRecord[]) => grants.every(({ clientId }) => clientId !== client.id),
      )
      // What the page says now can be allowed, and is what is given.
      const allowed = await browser.submit(again, { decision: 'allow' })
      expect(allowed.location).toContain('code=')
      const [{ organisationId = null } = {}] = await server.store.listConnections(
        ...([TENANT, userIdOf('ada')] as const),
      )
      const key = {
        tenant: TENANT,
        userId: userIdOf('ada'),
        clientId: asClientId(client.id),
        organisationId,
      }
      expect(await server.store.findConsent(key)).toMatchObject({
        scopes: change.defaultScopes ?? registration.defaultScopes,
        redirectUris: change.redirectUris ?? registration.redirectUris,
      })
    })

    it('a no stays a no, whatever has changed', async () => {
      const client = { id: 'changing-no', secret: 'changing-secret-no-0123456789' }
      const app = new TestApp(server, await registerClient(server, client, registration))
      const browser = new TestBrowser()
      const signIn = await browser.open(app.authorizeUrl({ scope: undefined }))
      const shown = await browser.submitAndFollow(signIn, { username: 'ada', password: PASSWORD })
      await updateClient({ clientId: client.id, name: 'Another' }, server.context)
      const denied = await browser.submit(shown, { decision: 'deny' })
      expect(denied.location).toContain('error=access_denied')
    })
  })
})
