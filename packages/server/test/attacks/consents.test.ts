// Attacks on what users have allowed: an app that was allowed becomes another one, or asks for more than it showed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccountHolder, clientOn } from '../support/account-holder.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'

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
})
