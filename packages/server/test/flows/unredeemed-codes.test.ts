// Codes that nobody has redeemed yet: they cost a row each, and are worth nothing once what they stand for has ended.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changePassword, disableUser } from '../../src/operations/users.ts'
import { asUserId } from '../../src/protocol/ids.ts'
import { AccountHolder } from '../support/account-holder.ts'
import { TestBrowser } from '../support/browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { TENANT, WEB_APP } from '../support/world.ts'

const BOB = asUserId('user-bob')
const INVALID_GRANT = { status: 400, body: { error: 'invalid_grant' } }

describe.each(STORES)('a code that waits for its redemption on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  it('security H8: silent authorizations leave neither grants nor lines of the feed behind', async () => {
    const { browser } = await app.obtainCode({ user: 'bob', organisation: 'acme' })
    const grantsOf = async () => (await server.store.listUserGrants(TENANT, BOB)).length
    const before = await grantsOf()
    for (let i = 0; i < 20; i++) {
      const { location = '' } = await browser.open(app.authorizeUrl({ prompt: 'none' }))
      expect(new URL(location).searchParams.has('code')).toBe(true)
    }
    expect(await grantsOf()).toBe(before)
    const { code, verifier } = await app.obtainCode({ browser })
    expect((await app.redeem(code, verifier)).status).toBe(200)
    expect(await grantsOf()).toBe(before + 1)
  })

  it('is worth nothing once the user has removed the app', async () => {
    const ada = await AccountHolder.signedIn(server, 'ada')
    const { code, verifier } = await app.obtainCode({ user: 'ada', browser: new TestBrowser() })
    const asked = await ada.open('/account/apps/remove?app=web-app&organisation=acme')
    await ada.send(asked, '/apps/remove')
    expect(await app.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
  })

  it('is worth nothing once the user has signed out', async () => {
    const { code, verifier, browser } = await app.obtainCode({ user: 'ada' })
    const asked = await browser.open(`${server.issuer}/sign-out`)
    await browser.submitAndFollow(asked, {})
    expect(await app.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
  })

  it('is worth nothing once the password was changed, and a new sign-in gets a good one', async () => {
    const { code, verifier } = await app.obtainCode({ user: 'eve' })
    const password = 'quite another long password'
    await changePassword({ username: 'eve', password }, server.context)
    expect(await app.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
    server.clock.advance(1)
    const again = await app.obtainCode({ user: 'eve', password })
    expect((await app.redeem(again.code, again.verifier)).status).toBe(200)
  })

  it('is worth nothing once the user is disabled', async () => {
    const { code, verifier } = await app.obtainCode({ user: 'bob', organisation: 'acme' })
    await disableUser({ username: 'bob' }, server.context)
    expect(await app.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
  })
})
