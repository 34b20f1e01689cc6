// Web sites made with the libraries of the field, unpatched, against a running server: their users are signed in with
// name and e-mail address, stay so, and sign out. What each of them needs beside id and secret stands in its entry.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { registerApp } from '../support/contract-world.ts'
import { LIBRARY_SITES, type LibrarySite, reserveSite } from '../support/library-sites.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { authorize } from '../support/vendor-client.ts'

describe.each(STORES)('web sites on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind)
    // The first RSA keys take longer on a busy machine than a library waits, and nobody here takes time to sign in.
    const first = await registerApp(server.context, {
      name: 'First',
      type: 'confidential',
      redirectUris: ['https://first.example/callback'],
      scopes: ['openid'],
    })
    await new TestApp(server, first).obtainTokens({ fields: { scope: 'openid' } })
  })
  afterAll(() => server?.stop())

  it.each(Object.entries(LIBRARY_SITES))(
    'clients G2, G6: %s signs its users in',
    async (_, library) => {
      const site = await openSite(library)
      try {
        const person = new TestBrowser()
        const { location = '' } = await person.open(`${site.origin}/login`)
        const atIssuer = new TestBrowser()
        await person.openAndFollow(await authorize(location, { browser: atIssuer }))
        const me = JSON.parse((await person.open(`${site.origin}/me`)).text)
        expect(me.user ?? me).toMatchObject({ name: 'Ada Example', email: 'ada@example.com' })

        if (library.refresh !== undefined) {
          const { text: token } = await person.open(site.origin + library.refresh)
          expect(await isActive(token)).toBe(true)
        }
        if (library.signOut !== undefined) {
          const leaving = await person.open(site.origin + library.signOut)
          const { location: back } = await person.open(leaving.location ?? '')
          expect(back).toBe(`${site.origin}/`)
        }
      } finally {
        site.stop()
      }
    },
  )

  /** Registered with the least that an operator types: name, address, scopes. */
  async function openSite(library: LibrarySite) {
    const site = await reserveSite()
    const endsAtSeconds = server.clock.nowSeconds() + 86_400
    const { id: clientId, secret: clientSecret = '' } = await registerApp(server.context, {
      name: 'Site',
      type: 'confidential',
      redirectUris: [site.origin + library.callback],
      postLogoutRedirectUris: [`${site.origin}/`],
      scopes: ['openid', 'profile', 'email', 'contacts:read'],
      ...(library.allowance && {
        allowances: [
          { name: library.allowance, owner: 'site team', reason: 'its library', endsAtSeconds },
        ],
      }),
    })
    const { issuer } = server
    site.serve(library.build({ issuer, clientId, clientSecret, origin: site.origin }))
    return site
  }

  async function isActive(token: string): Promise<boolean> {
    const { body } = await new TestApp(server, server.apps.apiServer).introspect(token)
    return body.active
  }
})
