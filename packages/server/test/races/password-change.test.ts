// A password that is changed at the worst moment: after it was found right, and before anything was made of that.

import { argon2Sync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changePassword, disableUser, toUserRecords } from '../../src/operations/users.ts'
import { TestBrowser } from '../support/browser.ts'
import { registerDesktopApp } from '../support/contract-world.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { FORM, post } from '../support/vendor-client.ts'
import { PASSWORD, type TestClient } from '../support/world.ts'

const NEW_PASSWORD = 'quite another long password'

/** Of `PASSWORD`, with parameters of former times: it is made anew when it was found right. */
const OUTDATED = formatPhc({ memory: 256, passes: 2 })

function formatPhc({ memory, passes }: { memory: number; passes: number }): string {
  const nonce = Buffer.from('a salt of 16 byt')
  const tag = argon2Sync('argon2id', {
    message: PASSWORD,
    nonce,
    memory,
    passes,
    parallelism: 1,
    tagLength: 32,
  })
  const encode = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=1$${encode(nonce)}$${encode(tag)}`
}

describe.each(STORES)('a change in the middle of a sign-in on %s', (kind) => {
  let server: TestServer
  let app: TestClient
  let users = 0

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'json-api' })
    app = await registerDesktopApp(server.context)
  })
  afterAll(() => server?.stop())

  async function createUser(): Promise<string> {
    users += 1
    const username = `user-${users}`
    const input = { username, name: 'User', passwordHash: OUTDATED }
    const { user, memberships } = toUserRecords(input, server.context)
    await server.store.createUser(user, memberships)
    return username
  }

  /** Lets it happen in between the next time that the store is asked to do this. */
  function before(method: 'settleTry' | 'updatePasswordHash', happen: () => Promise<void>): void {
    const original = server.store[method]
    Object.assign(server.store, {
      async [method](...input: unknown[]) {
        Object.assign(server.store, { [method]: original })
        await happen()
        return Reflect.apply(original, server.store, input)
      },
    })
  }

  const askForTokens = (username: string, password: string) => {
    const fields = { grant_type: 'password', username, password }
    const all = { client_id: app.id, client_secret: app.secret ?? '', ...fields }
    return post(`${server.issuer}/oauth/token`, new URLSearchParams(all).toString(), FORM)
  }

  const changes = [
    [
      'the password is changed',
      (username: string) => changePassword({ username, password: NEW_PASSWORD }, server.context),
    ],
    ['the user is disabled', (username: string) => disableUser({ username }, server.context)],
  ] as const
  const moments = [
    ['after the check', 'settleTry'],
    ['while its hash is made anew', 'updatePasswordHash'],
  ] as const

  describe.each(changes)('%s', (change, happen) => {
    it.each(moments)('B6: %s, and a password grant gets nothing', async (_, method) => {
      const username = await createUser()
      before(method, () => happen(username))
      const { status, body } = await askForTokens(username, PASSWORD)
      expect([status, body.error]).toEqual([400, 'invalid_grant'])
      expect((await askForTokens(username, PASSWORD)).status).toBe(400)
      const hasNewOne = change === 'the password is changed'
      expect((await askForTokens(username, NEW_PASSWORD)).status).toBe(hasNewOne ? 200 : 400)
    })

    it.each(moments)('B6: %s, and a sign-in leads to no session', async (_, method) => {
      const username = await createUser()
      const web = new TestApp(server, server.apps.webApp)
      const browser = new TestBrowser()
      const page = await browser.open(web.authorizeUrl())
      before(method, () => happen(username))
      const after = await browser.submitAndFollow(page, { username, password: PASSWORD })
      expect(['error', 'sign-in']).toContain(kindOf(after))
      const silent = await browser.open(web.authorizeUrl({ prompt: 'none' }))
      expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('login_required')
    })
  })
})
