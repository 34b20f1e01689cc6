// Apps that run in a page, made with the libraries of the field, unpatched, in a real browser and from another site: their
// scripts are served as they are published.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { registerClient } from '../support/register-client.ts'
import { type Site, startSite } from '../support/site.ts'
import { type Stage, startStage } from '../support/stage.ts'
import { Visitor } from '../support/visitor.ts'
import type { TestClient } from '../support/world.ts'

const require = createRequire(import.meta.url)

let stage: Stage
let site: Site
let client: TestClient
let visitor: Visitor

beforeAll(async () => {
  const folder = dirname(require.resolve('oidc-client-ts/package.json'))
  const scripts: Readonly<Record<string, string>> = {
    '/oidc-client-ts.js': await readFile(join(folder, 'dist/browser/oidc-client-ts.js'), 'utf8'),
    '/keycloak.js': await readFile(require.resolve('keycloak-js'), 'utf8'),
  }
  stage = await startStage()
  site = await startSite('127.0.0.1', ({ url: { pathname } }) => {
    const script = scripts[pathname]
    return script === undefined ? { html: PAGES[pathname]?.() ?? '' } : { script }
  })
})
afterAll(async () => {
  await site?.stop()
  await stage?.stop()
})
beforeEach(async () => {
  visitor = await stage.welcome()
})
afterEach(async () => {
  expect(visitor.alarms).toEqual([])
  await visitor.leave()
})

/** Each library is known to its page as `app`. */
const page = (scripts: string) => `<!doctype html><html lang="en"><title>App</title>${scripts}`

const PAGES: Readonly<Record<string, () => string>> = {
  '/oidc-client-ts': () =>
    page(`<script src="/oidc-client-ts.js"></script><script>
app = new oidc.UserManager({
  authority: '${stage.server.issuer}', client_id: '${client.id}',
  redirect_uri: location.origin + '/oidc-client-ts', popup_redirect_uri: location.origin + '/popup',
  post_logout_redirect_uri: location.origin + '/goodbye',
  scope: 'openid profile email offline_access contacts:read',
})
</script>`),
  '/popup': () =>
    page(`<script src="/oidc-client-ts.js"></script><script>
new oidc.UserManager({ authority: '${stage.server.issuer}', client_id: '${client.id}' }).signinPopupCallback()
</script>`),
  '/keycloak': () =>
    page(`<script type="module">
import Keycloak from '/keycloak.js'
window.app = new Keycloak({ clientId: '${client.id}', oidcProvider: '${stage.server.issuer}' })
await app.init({ onLoad: 'login-required', checkLoginIframe: false, scope: 'profile email' })
document.body.innerHTML = '<h1>Welcome ' + app.idTokenParsed.name + '</h1>'
</script>`),
  '/goodbye': () => page('<h1>Goodbye</h1>'),
}

const evaluate = <T>(expression: string): Promise<T> => visitor.page.evaluate(expression)

async function registerPage(id: string, grantTypes: readonly string[]): Promise<TestClient> {
  const redirectUris = [`/${id}`, '/popup', '/goodbye'].map((path) => site.origin + path)
  return registerClient(
    stage.server,
    { id, secret: undefined },
    {
      type: 'public',
      redirectUris,
      postLogoutRedirectUris: [`${site.origin}/goodbye`],
      grantTypes,
      scopes: ['openid', 'profile', 'email', 'contacts:read'],
    },
  )
}

it('field 21: oidc-client-ts signs in by a popup, refreshes, revokes and signs out', async () => {
  client = await registerPage('oidc-client-ts', ['authorization_code', 'refresh_token'])
  await visitor.open(`${site.origin}/oidc-client-ts`)
  const opened = visitor.page.waitForEvent('popup')
  const signedIn = evaluate<{ profile: object; scope: string }>('app.signinPopup()')
  const popup = new Visitor(await opened)
  await popup.sees('Sign in')
  await popup.signIn('ada')
  await popup.press('Allow')
  const user = await signedIn
  expect(user.profile).toMatchObject({ name: 'Ada Example', email: 'ada@example.com' })
  expect(user.scope).not.toContain('offline_access')
  expect(popup.alarms).toEqual([])

  const first = await evaluate('app.getUser().then((user) => user.access_token)')
  const second = await evaluate('app.signinSilent().then((user) => user.access_token)')
  expect(second).not.toBe(first)
  await evaluate('app.revokeTokens()')
  await visitor.page.evaluate('void app.signoutRedirect()')
  await visitor.press('Sign out')
  await visitor.sees('Goodbye')
})

it('clients F12: keycloak-js signs in and out, for an app that gets no refresh token', async () => {
  // It takes every refresh token for a JWT and stops at one that is none.
  client = await registerPage('keycloak', ['authorization_code'])
  await visitor.open(`${site.origin}/keycloak`)
  await visitor.signIn('ada')
  await visitor.press('Allow')
  await visitor.sees('Welcome Ada Example')
  await visitor.page.evaluate(`void app.logout({ redirectUri: '${site.origin}/goodbye' })`)
  await visitor.press('Sign out')
  await visitor.sees('Goodbye')
})
