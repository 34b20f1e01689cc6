// Signing in with a verified e-mail address: for whoever alone has it, and so that nobody learns whose it is.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changeEmail, createUser } from '../../src/operations/users.ts'
import { TestBrowser } from '../support/browser.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { PASSWORD, userIdOf, WEB_APP } from '../support/world.ts'

const OTHER_PASSWORD = 'another horse battery staple'

describe.each(STORES)('signing in by address on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  async function submit(username: string, password = PASSWORD) {
    const browser = new TestBrowser()
    const page = await browser.openAndFollow(app.authorizeUrl({ scope: 'openid' }))
    return browser.submitAndFollow(page, { username, password })
  }
  const signsIn = async (username: string, password?: string) =>
    kindOf(await submit(username, password)) !== 'sign-in'

  it('clients row 33: a verified address signs in, however it is written, and login_hint fills it in', async () => {
    for (const typed of ['ada@example.com', ' ADA@Example.COM ']) {
      const { code, verifier } = await app.obtainCode({
        ...{ user: typed, browser: new TestBrowser() },
        fields: { scope: 'openid' },
      })
      const { body } = await app.redeem(code, verifier)
      const { sub } = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url').toString())
      expect(sub).toBe(userIdOf('ada'))
    }
    const url = app.authorizeUrl({ login_hint: 'ada@example.com' })
    const browser = new TestBrowser()
    const page = await browser.openAndFollow(url)
    expect(page.root.querySelector('[name=username]')?.getAttribute('value')).toBe(
      'ada@example.com',
    )
    expect(kindOf(await browser.submitAndFollow(page, { password: PASSWORD }))).not.toBe('sign-in')
  })

  it('clients row 33: one that is not verified, or that two have, signs nobody in', async () => {
    const user = { name: 'Gus', password: OTHER_PASSWORD, email: 'bob@example.com' }
    expect(await signsIn('bob@example.com')).toBe(true)
    await createUser({ ...user, username: 'gus' }, server.context)
    expect(await signsIn('bob@example.com')).toBe(true)
    expect(await signsIn('bob@example.com', OTHER_PASSWORD)).toBe(false)
    await changeEmail({ username: 'gus', emailVerified: true }, server.context)
    expect(await signsIn('bob@example.com')).toBe(false)
    expect(await signsIn('bob@example.com', OTHER_PASSWORD)).toBe(false)
    expect(await signsIn('bob')).toBe(true)
  })

  it('clients row 33: whoever has it as a name goes first, and nobody is tried after that', async () => {
    const address = 'hal@example.com'
    const own = { email: address, emailVerified: true }
    const hal = { name: 'Hal', password: OTHER_PASSWORD }
    await createUser({ ...hal, ...own, username: address }, server.context)
    await createUser({ ...hal, ...own, username: 'hal', password: PASSWORD }, server.context)
    expect(await signsIn(address, OTHER_PASSWORD)).toBe(true)
    expect(await signsIn(address, PASSWORD)).toBe(false)
  })

  it('clients row 33: nobody new is called by an address that is not the own, verified one', async () => {
    const eve = { name: 'Eve', password: OTHER_PASSWORD, username: 'victim@example.com' }
    const others = [
      {},
      { email: 'victim@example.com' },
      { email: 'e@e.example', emailVerified: true },
    ]
    for (const fields of others) {
      await expect(createUser({ ...eve, ...fields }, server.context)).rejects.toThrow('@')
    }
  })

  it('clients row 33: another address of a user is not verified until somebody says so', async () => {
    const user = { username: 'eve', email: 'new@example.com' }
    expect(await changeEmail(user, server.context)).toMatchObject({ emailVerified: false })
    expect(await signsIn('new@example.com')).toBe(false)
    await changeEmail({ username: 'eve', emailVerified: true }, server.context)
    expect(await signsIn('new@example.com')).toBe(true)
  })
})

describe.each(STORES)('guessing by address on %s', (kind) => {
  it('clients row 33: a locked name tells nothing about the address, nor an address about being there', async () => {
    const server = await startTestServer(kind)
    try {
      const app = new TestApp(server, WEB_APP)
      const fail = async (username: string) => {
        const browser = new TestBrowser()
        const page = await browser.openAndFollow(app.authorizeUrl())
        const answer = await browser.submitAndFollow(page, { username, password: 'wrong' })
        return answer.text
          .replaceAll(username, '')
          .replace(/name="(?:csrf|interaction)[^>]*>/g, '')
          .replace(/[\w-]{40,}/g, '')
      }
      const [unknown] = [await fail('nobody@example.com')]
      expect(await fail('ada@example.com')).toBe(unknown)
      for (let failure = 0; failure < 9; failure++) await fail('ada')
      server.clock.advance(61)
      expect(await fail('ada@example.com')).toBe(await fail('nobody@example.com'))
    } finally {
      await server.stop()
    }
  })
})
