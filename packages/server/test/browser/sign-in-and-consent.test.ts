// The pages as people use them, in a real browser, with scripts and without: each road from an app's link back to the app.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { updateClient } from '../../src/operations/client-update.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { cookieName } from '../support/cookie-name.ts'
import { leadsTo } from '../support/leaving-page.ts'
import { type Stage, startStage } from '../support/stage.ts'
import { type Fields, newPkce } from '../support/test-app.ts'
import type { Visitor } from '../support/visitor.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

describe.each([
  { scripts: 'on', javaScriptEnabled: true },
  { scripts: 'off', javaScriptEnabled: false },
])('with scripts $scripts', ({ javaScriptEnabled }) => {
  let visitor: Visitor

  beforeEach(async () => {
    visitor = await stage.welcome({ javaScriptEnabled })
  })
  afterEach(async () => {
    expect(visitor.alarms).toEqual([])
    await visitor.leave()
  })

  /** Follows the app's link; it asks for consent even when that was given before. */
  async function openRequest(fields: Fields = {}): Promise<void> {
    await visitor.open(stage.app.authorizeUrl({ prompt: 'consent', ...fields }))
  }

  async function signInForConsent(username: Parameters<Visitor['signIn']>[0], fields: Fields = {}) {
    await openRequest(fields)
    await visitor.signIn(username)
    await visitor.sees(/^Allow Ledgerly/)
  }

  it('signs in, allows, and is back in the app with a code', async () => {
    await signInForConsent('ada', { state: 'a/b c&d' })
    await visitor.press('Allow')
    expect(await visitor.arrivesAtApp()).toEqual({
      method: 'GET',
      code: expect.stringMatching(/^ost_ac_/),
      state: 'a/b c&d',
      iss: stage.server.issuer,
    })
  })

  it('security M7: tells the app of an error in its request after the sign-in, past every policy', async () => {
    for (const response_mode of ['query', ...(javaScriptEnabled ? ['form_post'] : [])]) {
      await visitor.leave()
      visitor = await stage.welcome({ javaScriptEnabled })
      await openRequest({ scope: 'unheard:of', response_mode })
      await visitor.sees('Sign in')
      const { host } = new URL(stage.app.client.redirectUri)
      await visitor.page.locator('.notice').getByText(host).waitFor()
      await visitor.signIn('ada')
      expect(await visitor.arrivesAtApp()).toMatchObject({ error: 'invalid_scope' })
    }
  })

  it('security L1: asks again when the question has changed, and gives what is shown then', async () => {
    await signInForConsent('ada', { scope: 'openid contacts:read' })
    const { client } = stage.app
    const name = 'Ledgerly, renamed'
    const before = await stage.server.store.findClient(
      stage.server.tenant.name,
      asClientId(client.id),
    )
    await updateClient({ clientId: client.id, name }, stage.server.context)
    try {
      await visitor.press('Allow')
      await visitor.page.getByRole('status').getByText('has changed since').waitFor()
      await visitor.sees(/^Allow Ledgerly, renamed/)
      await visitor.press('Allow')
      expect(await visitor.arrivesAtApp()).toHaveProperty('code')
    } finally {
      const change = { clientId: client.id, name: before?.client.name ?? '' }
      await updateClient(change, stage.server.context)
    }
  })

  it('keeps __Host- cookies that scripts cannot read, on http://localhost too', async () => {
    await signInForConsent('ada')
    const cookies = await visitor.page.context().cookies()
    const names = cookies.map(({ name }) => name.replace(/-[0-9a-f]{8}$/, '')).sort()
    expect(names).toEqual(
      ['browser', 'device', 'session'].map((name) => cookieName(stage.server.issuer, name)),
    )
    for (const cookie of cookies) {
      const expected = { secure: true, httpOnly: true, sameSite: 'Lax', path: '/' }
      expect(cookie).toMatchObject({ ...expected, domain: 'localhost' })
    }
  })

  it('says what is wrong with a password, keeps the name, and leads to the field', async () => {
    await openRequest()
    await visitor.signIn('ada', 'not her password')
    const summary = visitor.page.getByRole('alert')
    await summary.waitFor()
    expect(await visitor.focused.getAttribute('role')).toBe('alert')
    expect(await visitor.page.title()).toMatch(/^Error: /)

    const username = visitor.page.getByLabel('User name or e-mail address')
    expect(await username.inputValue()).toBe('ada')
    expect(await username.getAttribute('aria-invalid')).toBe('true')
    expect(await visitor.page.locator('#password').inputValue()).toBe('')
    const described = await username.getAttribute('aria-describedby')
    const words = await visitor.page.locator(`#${described}`).textContent()
    expect(await summary.getByRole('link').textContent()).toBe(words)

    await summary.getByRole('link').click()
    await visitor.page.keyboard.press('Tab')
    await visitor.page.keyboard.press('Shift+Tab')
    expect(await visitor.focused.getAttribute('id')).toBe('username')

    await visitor.signIn('ada')
    await visitor.sees(/^Allow Ledgerly/)
  })

  it('OIDC Core §3.1.2.6: cancels, and the app hears access_denied', async () => {
    await signInForConsent('ada', { state: 'kept' })
    await visitor.press('Cancel')
    expect(await visitor.arrivesAtApp()).toEqual({
      method: 'GET',
      error: 'access_denied',
      error_description: expect.any(String),
      state: 'kept',
      iss: stage.server.issuer,
    })
  })

  it('asks a member of two organisations which one, and waits for the answer', async () => {
    await signInForConsent('bob')
    const acme = visitor.page.getByRole('radio', { name: 'Acme' })
    const globex = visitor.page.getByRole('radio', { name: 'Globex' })
    expect([await acme.isChecked(), await globex.isChecked()]).toEqual([false, false])
    // The browser itself holds the form back.
    await visitor.press('Allow')
    await visitor.page.locator('input[name=organisation]:invalid').first().waitFor()

    await globex.check()
    await visitor.press('Allow')
    expect(await visitor.arrivesAtApp()).toMatchObject({ code: expect.any(String) })
  })

  it('browsers F3: the Enter key on an organisation, and on a scope, never allows, and with scripts does nothing', async () => {
    if (!javaScriptEnabled) {
      await signInForConsent('bob')
      await visitor.page.getByRole('radio', { name: 'Globex' }).focus()
      await visitor.page.keyboard.press('Enter')
      expect(await visitor.arrivesAtApp()).toMatchObject({ error: 'access_denied' })
      return
    }
    await signInForConsent('bob', { scope: 'contacts:read contacts:write' })
    const sent: string[] = []
    visitor.page.on('request', (request) => sent.push(request.url()))
    const globex = visitor.page.getByRole('radio', { name: 'Globex' })
    for (const field of [globex, visitor.page.getByRole('checkbox').first()]) {
      await field.focus()
      await visitor.page.keyboard.press('Enter')
    }
    await globex.check()
    expect(sent).toEqual([])
    await visitor.press('Allow')
    expect(await visitor.arrivesAtApp()).toMatchObject({ code: expect.any(String) })
  })

  it('cancels without choosing an organisation', async () => {
    await signInForConsent('bob')
    await visitor.press('Cancel')
    expect(await visitor.arrivesAtApp()).toMatchObject({ error: 'access_denied' })
  })

  it('RFC 6749 §3.3: leaves out the optional scope that was unticked', async () => {
    const { challenge, verifier } = newPkce()
    const scope = 'contacts:read contacts:write'
    await signInForConsent('ada', { scope, code_challenge: challenge })
    const box = visitor.page.getByRole('checkbox', { name: /Add and change contacts/ })
    expect(await box.isChecked()).toBe(true)
    await box.uncheck()
    await visitor.press('Allow')
    const { code = '' } = await visitor.arrivesAtApp()
    const { body } = await stage.app.redeem(code, verifier)
    expect(body.scope).toBe('contacts:read')
  })

  it('goes on as somebody else after "Not you?"', async () => {
    await signInForConsent('ada')
    await visitor.press('Not you?')
    await visitor.page.getByText('Your other accounts stay signed in.').waitFor()
    await visitor.signIn('eve')
    await visitor.sees(/^Allow Ledgerly/)
    expect(await visitor.page.locator('form.account').textContent()).toContain('Eve Example')
    await visitor.press('Allow')
    expect(await visitor.arrivesAtApp()).toMatchObject({ code: expect.any(String) })
  })

  it('chooses between two accounts that are signed in', async () => {
    await signInForConsent('ada')
    await visitor.press('Not you?')
    await visitor.signIn('eve')
    await visitor.sees(/^Allow Ledgerly/)

    await openRequest({ prompt: 'select_account consent' })
    await visitor.sees('Choose an account')
    await visitor.page.getByRole('button', { name: /Ada Example/ }).click()
    await visitor.sees(/^Allow Ledgerly/)
    expect(await visitor.page.locator('form.account').textContent()).toContain('Ada Example')
  })

  it('adds an account from the account chooser', async () => {
    await signInForConsent('ada')
    await openRequest({ prompt: 'select_account consent' })
    await visitor.press('Use another account')
    await visitor.sees('Sign in')
    await visitor.signIn('eve')
    await visitor.sees(/^Allow Ledgerly/)
    expect(await visitor.page.locator('form.account').textContent()).toContain('Eve Example')
  })

  it('OAuth 2.0 Multiple Response Types §2.1: brings the answer in the fragment', async () => {
    await signInForConsent('ada', { response_mode: 'fragment', state: 'kept' })
    await visitor.press('Allow')
    expect(await visitor.arrivesAtApp()).toEqual({ method: 'GET' })
    const fragment = new URLSearchParams(new URL(visitor.page.url()).hash.slice(1))
    expect(Object.fromEntries(fragment)).toEqual({
      code: expect.stringMatching(/^ost_ac_/),
      state: 'kept',
      iss: stage.server.issuer,
    })
  })

  it('OAuth 2.0 Form Post Response Mode §2: posts the answer, by a button without scripts', async () => {
    await signInForConsent('ada', { response_mode: 'form_post', state: 'kept' })
    await visitor.press('Allow')
    if (!javaScriptEnabled) await visitor.press('Continue')
    expect(await visitor.arrivesAtApp()).toEqual({
      method: 'POST',
      code: expect.stringMatching(/^ost_ac_/),
      state: 'kept',
      iss: stage.server.issuer,
    })
  })

  it('comes back to an app whose callback redirects on', async () => {
    await signInForConsent('ada', { redirect_uri: `${stage.site.origin}/moving` })
    await visitor.press('Allow')
    expect(await visitor.arrivesAtApp()).toMatchObject({ code: expect.any(String) })
  })

  it('RFC 8252 §7.1: is sent to the private scheme of an app on the device', async () => {
    const redirectUri = 'com.example.ledgerly:/callback'
    await signInForConsent('ada', { redirect_uri: redirectUri })
    const answered = visitor.page.waitForResponse(/\/authorize\/consent$/)
    await visitor.press('Allow')
    expect(leadsTo(await (await answered).text())).toContain(`${redirectUri}?code=`)
  })

  it('starts again, for the same app, from a page that was open for too long', async () => {
    await openRequest({ state: 'kept' })
    stage.server.clock.advance(3601)
    await visitor.signIn('ada')
    await visitor.page.getByRole('status').getByText('we started again').waitFor()
    await visitor.signIn('ada')
    await visitor.sees(/^Allow Ledgerly/)
    await visitor.press('Allow')
    expect(await visitor.arrivesAtApp()).toMatchObject({ code: expect.any(String), state: 'kept' })
  })

  it('takes one answer: back and "Allow" after a refusal says so', async () => {
    await signInForConsent('ada', { scope: 'contacts:read invoices:delete' })
    await visitor.press('Cancel')
    await visitor.arrivesAtApp()
    await visitor.page.goBack()
    await visitor.sees(/^Allow Ledgerly/)
    await visitor.press('Allow')
    await visitor.sees('You have already answered')
  })

  it('signs out, after asking, and then has to sign in again', async () => {
    await signInForConsent('ada')
    await visitor.open(`${stage.server.issuer}/sign-out`)
    await visitor.sees('Sign out of Example CRM?')
    await visitor.page.getByText('ada', { exact: true }).waitFor()
    await visitor.press('Sign out')
    await visitor.sees('You are signed out')
    await openRequest()
    await visitor.sees('Sign in')
  })

  it('OIDC RP-Initiated Logout §3: returns to the app after signing out', async () => {
    await signInForConsent('ada')
    const query = new URLSearchParams({
      client_id: stage.app.client.id,
      post_logout_redirect_uri: `${stage.site.origin}/goodbye`,
      state: 'out',
    })
    await visitor.open(`${stage.server.issuer}/sign-out?${query}`)
    await visitor.press('Sign out')
    await visitor.sees('goodbye')
    expect(new URL(visitor.page.url()).search).toBe('?state=out')
  })
})
