// Our own pages in a real Chromium: everything works without JavaScript, which only adds comfort; and whatever
// people called their apps is shown as the text it is (D10 of the attack table).

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/platform/hash.ts'
import { asClientId, asUserId } from '../../src/protocol/ids.ts'
import { MARKUP } from '../support/injections.ts'
import { registerClient } from '../support/register-client.ts'
import { type Stage, startStage } from '../support/stage.ts'
import { TestApp } from '../support/test-app.ts'
import type { Visitor } from '../support/visitor.ts'
import { TENANT } from '../support/world.ts'

let stage: Stage
let visitor: Visitor

beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())
afterEach(() => visitor.leave())

const open = (path: string) => visitor.open(`${stage.server.issuer}${path}`)

/** Through the sign-in page to Settings › API, and through the form there. */
async function register(name: string): Promise<void> {
  await open('/developers')
  await visitor.sees('Sign in')
  await visitor.signIn('ada')
  await visitor.page.getByRole('link', { name: 'Register an app' }).click()
  await visitor.page.getByLabel('Name of the app').fill(name)
  await visitor.page.getByLabel('Runs on a server').check()
  await visitor.page.getByLabel('Redirect URIs').fill(`${stage.site.origin}/callback`)
  await visitor.press('Register')
  await visitor.sees(name)
}

describe('without JavaScript', () => {
  beforeEach(async () => {
    visitor = await stage.welcome({ javaScriptEnabled: false })
  })

  it('an app is registered, changed, given another secret, and deleted', async () => {
    const { page } = visitor
    await register('Without scripts')
    expect(await page.locator('#new-secret').textContent()).toMatch(/^ost_cs_/)
    expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0)
    await page.reload()
    expect(await page.locator('#new-secret').count()).toBe(0)

    await page.getByLabel('Name of the app').fill('Still without')
    await visitor.press('Save')
    await page.getByRole('status').getByText('Saved.').waitFor()
    await page.getByLabel('Name of the secret').fill('2027')
    await page.getByLabel('Last day of the secret').fill('2099-12-31')
    await visitor.press('Add a secret')
    await page.locator('#new-secret').waitFor()
    await page.getByRole('link', { name: 'Revoke first' }).click()
    await visitor.press('Revoke')
    await page.getByRole('status').getByText('The secret is revoked').waitFor()

    await page.getByRole('link', { name: 'Delete the app' }).click()
    await page.getByLabel('To confirm').fill('Still without')
    await visitor.press('Delete')
    await page.getByRole('status').getByText('The app is deleted').waitFor()
    await visitor.sees('Apps for the API')
  })

  it('an app that was allowed is removed', async () => {
    const { page } = visitor
    await visitor.open(stage.app.authorizeUrl())
    await visitor.signIn('ada')
    await visitor.press('Allow')
    await visitor.arrivesAtApp()
    await open('/account/apps')
    await page.getByRole('link', { name: 'Remove Ledgerly' }).click()
    await visitor.press('Remove')
    await page.getByRole('status').getByText('The app is removed').waitFor()
    expect(await page.getByRole('link', { name: 'Remove Ledgerly' }).count()).toBe(0)
  })
})

describe('with JavaScript', () => {
  beforeEach(async () => {
    visitor = await stage.welcome({ permissions: ['clipboard-read', 'clipboard-write'] })
  })

  it('the secret is copied by a button, which says that it did', async () => {
    await register('Copied')
    const secret = await visitor.page.locator('#new-secret').textContent()
    await visitor.press('Copy')
    await visitor.page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await visitor.page.evaluate('navigator.clipboard.readText()')).toBe(secret)
    expect(visitor.alarms).toEqual([])
  })

  it.each(MARKUP)('D10: an app and an organisation called %s stay text', async (name) => {
    const app = await storeApp(name)
    await visitor.open(app.authorizeUrl({ scope: 'openid' }))
    await visitor.signIn('eve')
    await visitor.press('Allow')
    await visitor.arrivesAtApp()
    const query = new URLSearchParams({ app: app.client.id, organisation: 'globex' })
    const pages = [
      '/account/apps',
      `/account/apps/remove?${query}`,
      '/developers',
      `/developers/app?${query}`,
      `/developers/app/delete?${query}`,
    ]
    for (const path of pages) {
      await open(path)
      await visitor.page.locator('main').getByText(name).first().waitFor()
      expect(await visitor.page.locator('[intruder]').count()).toBe(0)
    }
    await open(`/developers/app?${query}&done=${encodeURIComponent(name)}`)
    await open(`/account/sign-in?section=${encodeURIComponent(name)}`)
    expect(await visitor.page.locator('[intruder]').count()).toBe(0)
    expect(visitor.alarms).toEqual([])
  })
})

/** As an import from elsewhere might: the form would refuse some of these names. */
async function storeApp(name: string): Promise<TestApp> {
  const id = `app-${crypto.randomUUID()}`
  const client = await registerClient(
    stage.server,
    { id, secret: 'secret-0123456789' },
    {
      name,
      publisher: name,
      organisationId: 'globex',
      registeredBy: asUserId('user-eve'),
      redirectUris: [`${stage.site.origin}/callback`],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid'],
      defaultScopes: ['openid'],
    },
  )
  const { store, clock } = stage.server
  const found = await store.findClient(TENANT, asClientId(id))
  const [secret] = found?.secrets ?? []
  if (secret) {
    const more = {
      ...secret,
      id: `${id}-2`,
      hash: sha256(`${id}-2`),
      name,
      hint: name,
      createdAtSeconds: clock.nowSeconds(),
    }
    await store.addClientSecret(more)
  }
  return new TestApp(stage.server, client)
}
