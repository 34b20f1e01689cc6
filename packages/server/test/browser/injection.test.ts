// D10 of the attack table: whatever an app, a link, a user or a configuration says is shown as the text it is.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asUserId } from '../../src/protocol/ids.ts'
import { ADDRESSES, MARKUP } from '../support/injections.ts'
import { registerClient } from '../support/register-client.ts'
import { startSite } from '../support/site.ts'
import { type Stage, startStage } from '../support/stage.ts'
import { type Fields, TestApp } from '../support/test-app.ts'
import type { Visitor } from '../support/visitor.ts'
import { PASSWORD, TENANT } from '../support/world.ts'

/** Scopes whose texts are markup: the configuration is trusted, but its author may not think of HTML. */
const SCOPES = MARKUP.map((markup, index) => ({
  name: `scope-${index}`,
  description: markup,
  group: markup,
  access: 'read',
  optional: index % 2 === 0,
}))

/** Links that lead neither on this page nor to a page of ours nor to a web page nor to a mail. */
const NO_PLACE =
  'a[href]:not([href^="#"], [href="/account/apps"], [href^="https://"], [href^="mailto:"])'

let stage: Stage
let visitor: Visitor

beforeAll(async () => {
  stage = await startStage({
    displayName: MARKUP[2],
    resourceServers: [{ audience: 'https://api.example/v1', name: MARKUP[0], scopes: SCOPES }],
  })
})
afterAll(() => stage?.stop())
beforeEach(async () => {
  visitor = await stage.welcome()
})
afterEach(() => visitor.leave())

function link(fields: Fields = {}): string {
  return stage.app.authorizeUrl({ scope: 'openid', ...fields })
}

/** Nothing ran, nothing was blocked from running, nothing got in, nothing was asked of elsewhere. */
async function expectInnocent(): Promise<void> {
  expect(await visitor.page.locator('[intruder]').count()).toBe(0)
  expect(await visitor.page.locator(NO_PLACE).count()).toBe(0)
  expect(visitor.alarms).toEqual([])
  const origins = new Set(visitor.requests.map((url) => new URL(url).origin))
  expect([...origins]).toEqual([stage.server.issuer])
}

describe('D10: what a link says stays text', () => {
  it.each(MARKUP)('%s', async (text) => {
    const shown: Fields[] = [
      { login_hint: text, state: text, nonce: text, ui_locales: text },
      { client_id: text },
      { redirect_uri: text },
      { redirect_uri: `${stage.app.client.redirectUri}?${text}` },
    ]
    for (const fields of shown) {
      await visitor.open(link(fields))
      await visitor.page.locator('main').waitFor()
      await expectInnocent()
    }
    await visitor.open(link({ login_hint: text }))
    expect(await visitor.page.locator('#username').inputValue()).toBe(text)
  })

  it('in the form that posts an answer to the app', async () => {
    await visitor.leave()
    visitor = await stage.welcome({ javaScriptEnabled: false })
    for (const text of MARKUP) {
      await visitor.open(
        link({ scope: text, state: text, response_mode: 'form_post', prompt: 'none' }),
      )
      expect(await visitor.page.locator('input[name=state]').inputValue()).toBe(text)
      await expectInnocent()
    }
  })
})

describe('D10: what is stored stays text', () => {
  it.each(MARKUP.map((name, index) => [name, ADDRESSES[index % ADDRESSES.length] ?? '']))(
    'app, publisher, user and organisation %s, with links to %s',
    async (name, address) => {
      const { app, username } = await storeEverywhere(name, address)
      const request = (fields: Fields = {}) =>
        app.authorizeUrl({ scope: SCOPES.map((scope) => scope.name).join(' '), ...fields })

      await visitor.open(request())
      await expectNamed(name)
      await visitor.page.locator('#username').fill(username)
      await visitor.page.locator('#password').fill(PASSWORD)
      await visitor.press('Sign in')
      await visitor.page.getByRole('button', { name: 'Allow' }).waitFor()
      await expectNamed(name)
      expect(await visitor.page.getByRole('radio', { name, exact: true }).count()).toBe(1)

      await visitor.open(request({ prompt: 'select_account' }))
      await expectNamed(name)
      await visitor.open(`${stage.server.issuer}/sign-out`)
      await expectNamed(name)
    },
  )

  async function expectNamed(name: string): Promise<void> {
    await visitor.page.locator('main').getByText(name).first().waitFor()
    await expectInnocent()
  }
})

describe('D10: the corpus', () => {
  it('gets in where text is not escaped, and rings the alarm', async () => {
    const careless = await startSite('localhost', ({ url }) => {
      const text = url.searchParams.get('text')
      return { html: `<title>${text}</title><input value="${text}"><p id='${text}'>${text}` }
    })
    for (const text of MARKUP) {
      await visitor.open(`${careless.origin}/?${new URLSearchParams({ text })}`)
      expect(await visitor.page.locator('[intruder]').count(), text).toBeGreaterThan(0)
    }
    expect(visitor.alarms).toContain('dialog: 1')
    await careless.stop()
  })

  it('would ring the alarm of our pages if it got in and was only blocked', async () => {
    await visitor.open(link())
    await visitor.page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<p style="color:red">')`,
    )
    await expect.poll(() => visitor.alarms.length).toBeGreaterThan(0)
  })
})

let stored = 0

/** One app, one user and two organisations, all called `name`. */
async function storeEverywhere(name: string, address: string) {
  const { store, clock } = stage.server
  stored += 1
  const client = await registerClient(
    stage.server,
    { id: `app-${stored}`, secret: 'app-secret-0123456789' },
    {
      name,
      publisher: name,
      homepage: address,
      privacyUri: address,
      termsUri: address,
      redirectUris: [stage.app.client.redirectUri],
      grantTypes: ['authorization_code'],
      scopes: SCOPES.map((scope) => scope.name),
    },
  )
  const ada = await store.findUserByUsername(TENANT, 'ada')
  if (!ada) throw new Error('the world has no ada')
  const username = `user-${stored}`
  const user = { ...ada, id: asUserId(username), username, name }
  const organisations = [name, 'Acme'].map((each, index) => ({
    tenant: TENANT,
    id: `organisation-${stored}-${index}`,
    name: each,
    createdAtSeconds: clock.nowSeconds(),
  }))
  for (const organisation of organisations) await store.createOrganisation(organisation, [])
  await store.createUser(
    user,
    organisations.map(({ id }) => ({
      tenant: TENANT,
      userId: user.id,
      organisationId: id,
      defaultUnitId: null,
      furtherUnitIds: [],
      role: 'member',
    })),
  )
  return { app: new TestApp(stage.server, client), username }
}
