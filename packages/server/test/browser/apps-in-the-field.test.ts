// What apps do around an authorization request, in a real browser: they open it in a window of theirs, and their
// callbacks move on.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { registerClient } from '../support/register-client.ts'
import { type Site, startSite } from '../support/site.ts'
import { type Stage, startStage } from '../support/stage.ts'
import { TestApp } from '../support/test-app.ts'
import { Visitor } from '../support/visitor.ts'

let stage: Stage
let site: Site
/** Another origin that the app's callbacks move on to. */
let elsewhere: Site
let app: TestApp
let visitor: Visitor

beforeAll(async () => {
  stage = await startStage()
  elsewhere = await startSite('localhost', ({ url }) => ({
    html: `<h1>Arrived ${url.search}</h1>`,
  }))
  site = await startSite('127.0.0.1', ({ url: { pathname, search } }) => {
    const target = MOVES[pathname]?.(elsewhere.origin)
    return target ? { redirect: target + search } : { html: PAGES[pathname] ?? '' }
  })
  const { server } = stage
  const paths = [...Object.keys(PAGES), ...Object.keys(MOVES)]
  const redirectUris = paths.map((path) => site.origin + path)
  const client = await registerClient(
    server,
    { id: 'in-the-field', secret: 'in-the-field-secret-0123456789' },
    {
      redirectUris,
      postLogoutRedirectUris: redirectUris,
      grantTypes: ['authorization_code'],
      scopes: ['openid', 'contacts:read'],
    },
  )
  app = new TestApp(server, client)
})
afterAll(async () => {
  await Promise.all([site?.stop(), elsewhere?.stop()])
  await stage?.stop()
})
beforeEach(async () => {
  visitor = await stage.welcome()
})
afterEach(async () => {
  expect(visitor.alarms).toEqual([])
  await visitor.leave()
})

const PAGES: Readonly<Record<string, string>> = {
  '/opener': `<!doctype html><html lang="en"><title>Opener</title><script>
var messages = []
addEventListener('message', ({ data }) => messages.push(data))
</script>`,
  '/popup-callback': `<!doctype html><html lang="en"><title>Callback</title><h1>Back</h1><script>
if (opener) opener.postMessage(location.search, '*')
</script>`,
}

const MOVES: Readonly<Record<string, (origin: string) => string>> = {
  '/to-another-origin': (origin) => `${origin}/arrived`,
  '/to-a-private-scheme': () => 'claude://done',
}

describe('windows that an app opens', () => {
  it.each(['query', 'form_post'])(
    'browsers F2: keep their opener up to the callback (%s)',
    async (response_mode) => {
      await visitor.open(`${site.origin}/opener`)
      const opened = visitor.page.waitForEvent('popup')
      const redirect_uri = `${site.origin}/popup-callback`
      const url = app.authorizeUrl({ redirect_uri, response_mode, prompt: 'consent' })
      await visitor.page.evaluate(`popup = window.open(${JSON.stringify(url)}); undefined`)
      const popup = new Visitor(await opened)
      const isClosed = () => visitor.page.evaluate('popup.closed')
      await popup.sees('Sign in')
      expect(await isClosed()).toBe(false)
      await popup.signIn('ada')
      await popup.sees(/^Allow /)
      expect(await isClosed()).toBe(false)
      await popup.press('Allow')
      await popup.sees('Back')
      expect(await isClosed()).toBe(false)
      await expect.poll(() => visitor.page.evaluate('messages.length')).toBe(1)
      const expected = response_mode === 'query' ? /^\?code=ost_ac_/ : /^$/
      expect(await visitor.page.evaluate('messages[0]')).toMatch(expected)
      expect(popup.alarms).toEqual([])
    },
  )
})

describe('callbacks that move on', () => {
  const arrived = () => visitor.page.getByRole('heading', { name: /^Arrived \?code=ost_ac_/ })

  it('browsers F1: arrive at another origin, after Allow and after a mere sign-in', async () => {
    const redirect_uri = `${site.origin}/to-another-origin`
    await visitor.open(app.authorizeUrl({ redirect_uri, prompt: 'consent' }))
    await visitor.signIn('ada')
    await visitor.press('Allow')
    await arrived().waitFor()
    expect(new URL(visitor.page.url()).origin).toBe(elsewhere.origin)

    await visitor.open(app.authorizeUrl({ redirect_uri, prompt: 'login' }))
    await visitor.signIn('ada')
    await arrived().waitFor()

    await visitor.open(app.authorizeUrl({ redirect_uri, prompt: 'select_account' }))
    await visitor.page.getByRole('button', { name: /Ada Example/ }).click()
    await arrived().waitFor()
  })

  it('browsers F1: arrive after Cancel and after signing out', async () => {
    const redirect_uri = `${site.origin}/to-another-origin`
    await visitor.open(app.authorizeUrl({ redirect_uri, prompt: 'consent' }))
    await visitor.signIn('ada')
    await visitor.press('Cancel')
    await visitor.page.getByRole('heading', { name: /error=access_denied/ }).waitFor()
    const query = { client_id: app.client.id, post_logout_redirect_uri: redirect_uri, state: 's' }
    await visitor.open(`${stage.server.issuer}/sign-out?${new URLSearchParams(query)}`)
    await visitor.press('Sign out')
    await visitor.page.getByRole('heading', { name: 'Arrived ?state=s' }).waitFor()
  })

  it('field 22: are followed to a private scheme', async () => {
    const asked = new Promise<string>((resolve) => {
      visitor.page.on('request', (request) => {
        if (request.url().startsWith('claude:')) resolve(request.url())
      })
      visitor.page.on('response', async (response) => {
        const { location = '' } = response.headers()
        if (location.startsWith('claude:')) resolve(location)
      })
    })
    const redirect_uri = `${site.origin}/to-a-private-scheme`
    await visitor.open(app.authorizeUrl({ redirect_uri, prompt: 'consent' }))
    await visitor.signIn('ada')
    await visitor.press('Allow')
    expect(await asked).toMatch(/^claude:\/\/done\?code=ost_ac_/)
  })

  it('browsers F1: a form that led nowhere can be sent again', async () => {
    await visitor.page.clock.install()
    await visitor.open(app.authorizeUrl({ prompt: 'consent' }))
    await visitor.page.route('**/sign-in', (route) => route.fulfill({ status: 204 }))
    await visitor.signIn('ada')
    await visitor.page.locator('form[data-sent]').waitFor()
    await visitor.page.unroute('**/sign-in')
    await visitor.page.clock.runFor(5000)
    await visitor.signIn('ada')
    await visitor.sees(/^Allow /)
  })
})

describe('the name of the machine', () => {
  it('field 28: a page opened at 127.0.0.1 leads to the issuer, with the whole request, and signs in there', async () => {
    const { issuer } = stage.server
    const redirect_uri = `${site.origin}/popup-callback`
    const url = app.authorizeUrl({ redirect_uri, prompt: 'consent' })
    await visitor.open(url.replace('//localhost:', '//127.0.0.1:'))
    expect(visitor.page.url()).toBe(url)
    await visitor.signIn('ada')
    await visitor.press('Allow')
    await visitor.sees('Back')
    await visitor.open(`${issuer.replace('localhost', '127.0.0.1')}/account/apps`)
    expect(visitor.page.url()).toBe(`${issuer}/account/apps`)
  })
})
