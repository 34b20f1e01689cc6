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
let app: TestApp
let visitor: Visitor

beforeAll(async () => {
  stage = await startStage()
  site = await startSite('127.0.0.1', ({ url }) => ({ html: PAGES[url.pathname] ?? '' }))
  const { server } = stage
  const redirectUris = Object.keys(PAGES).map((path) => site.origin + path)
  const client = await registerClient(
    server,
    { id: 'in-the-field', secret: 'in-the-field-secret-0123456789' },
    { redirectUris, grantTypes: ['authorization_code'], scopes: ['openid', 'contacts:read'] },
  )
  app = new TestApp(server, client)
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

const PAGES: Readonly<Record<string, string>> = {
  '/opener': `<!doctype html><html lang="en"><title>Opener</title><script>
var messages = []
addEventListener('message', ({ data }) => messages.push(data))
</script>`,
  '/popup-callback': `<!doctype html><html lang="en"><title>Callback</title><h1>Back</h1><script>
if (opener) opener.postMessage(location.search, '*')
</script>`,
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
