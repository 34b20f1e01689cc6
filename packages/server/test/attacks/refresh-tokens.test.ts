// Attacks on refresh tokens: reuse, races, forks, upgrades, guessing.

import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { disableClient } from '../../src/operations/clients.ts'
import { changePassword } from '../../src/operations/users.ts'
import { sha256, tokenKey } from '../../src/platform/hash.ts'
import { looksLikeSecret, newSecret } from '../../src/platform/random.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import type { TestBrowser } from '../support/browser.ts'
import { cookieName } from '../support/cookie-name.ts'
import { latestEvents } from '../support/latest-events.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, TestApp } from '../support/test-app.ts'
import { SPA, STABLE_APP, TENANT, userIdOf, WEB_APP } from '../support/world.ts'

const INVALID_GRANT = { status: 400, body: { error: 'invalid_grant' } }
const WINDOW_SECONDS = 30
const DAY_SECONDS = 86_400

describe.each(STORES)('attacks on refresh tokens on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let spa: TestApp
  /** Signed in, with consent given to both apps. */
  let browser: TestBrowser

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
    spa = new TestApp(server, SPA)
    browser = (await app.obtainCode()).browser
    await spa.obtainCode({ browser })
  })
  afterAll(() => server?.stop())

  /** Introspection is for confidential apps, so public ones are asked about with userinfo. */
  async function isAlive(accessToken: string): Promise<boolean> {
    const answer = await fetch(`${server.issuer}/userinfo`, {
      headers: { authorization: `Bearer ${accessToken}` },
    })
    // 403: alive, but without the scope openid.
    expect([401, 403]).toContain(answer.status)
    return answer.status === 403
  }

  async function rotate(from: TestApp, token: string) {
    const answer = await from.refresh(token)
    expect(answer.status, answer.text).toBe(200)
    return answer.body
  }

  const grantOf = async (token: string) =>
    (await server.store.findRefreshToken(TENANT, tokenKey(token)))?.grant

  describe('reuse', () => {
    it.each([
      ['a confidential app', WEB_APP],
      ['a public app', SPA],
    ])('B1: a spent token of %s ends everything that came of it', async (_, client) => {
      const holder = new TestApp(server, client)
      const first = await holder.obtainTokens({ browser })
      const second = await rotate(holder, first.refresh_token)
      const third = await rotate(holder, second.refresh_token)
      server.clock.advance(WINDOW_SECONDS + 1)

      expect(await holder.refresh(first.refresh_token)).toMatchObject(INVALID_GRANT)
      expect(await holder.refresh(third.refresh_token)).toMatchObject(INVALID_GRANT)
      expect(await holder.refresh(second.refresh_token)).toMatchObject(INVALID_GRANT)
      expect(await isAlive(third.access_token)).toBe(false)
      const grant = await grantOf(third.refresh_token)
      expect(grant?.revokedAtSeconds).toBe(server.clock.nowSeconds())
      const events = await latestEvents(server.store, TENANT, 10)
      expect(events).toContainEqual(
        expect.objectContaining({ action: 'refresh_token.reused', target: `grant:${grant?.id}` }),
      )
    })

    it('B1: the last token but one, late, ends them too', async () => {
      const first = await app.obtainTokens({ browser })
      const second = await rotate(app, first.refresh_token)
      server.clock.advance(WINDOW_SECONDS + 1)
      expect(await app.refresh(first.refresh_token)).toMatchObject(INVALID_GRANT)
      expect(await app.refresh(second.refresh_token)).toMatchObject(INVALID_GRANT)
    })
  })

  it.each([
    ['a confidential app', WEB_APP],
    ['a public app', SPA],
  ])(
    'B2: 20 parallel refreshes of %s give one successor (CVE-2026-1035, CVE-2026-53517)',
    async (_, client) => {
      const holder = new TestApp(server, client)
      let { refresh_token: token } = await holder.obtainTokens({ browser })
      for (let round = 0; round < 4; round += 1) {
        const answers = await Promise.all(Array.from({ length: 20 }, () => holder.refresh(token)))
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
        const [successor, ...others] = new Set(answers.map(({ body }) => body.refresh_token))
        expect(others).toEqual([])
        expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
        token = successor
      }
      await rotate(holder, token)
    },
  )

  describe('a lost answer', () => {
    /** Refreshes over a connection that is cut after the rotation is stored and before anything is read. */
    async function refreshAndHangUp(token: string): Promise<void> {
      const { port, hostname } = new URL(server.issuer)
      const body = `grant_type=refresh_token&refresh_token=${token}`
      const socket = connect({ port: Number(port), host: hostname })
      socket.pause()
      socket.write(
        [
          'POST /token HTTP/1.1',
          `Host: ${hostname}:${port}`,
          `Authorization: ${basic(WEB_APP.id, WEB_APP.secret ?? '')}`,
          'Content-Type: application/x-www-form-urlencoded',
          `Content-Length: ${body.length}`,
          '',
          body,
        ].join('\r\n'),
      )
      await expect
        .poll(async () => (await server.store.findRefreshToken(TENANT, tokenKey(token)))?.token)
        .toMatchObject({ rotatedAtSeconds: expect.any(Number) })
      socket.destroy()
    }

    it('B4: the app asks again within the window and gets the answer that was lost', async () => {
      const { refresh_token: token } = await app.obtainTokens({ browser })
      await refreshAndHangUp(token)
      server.clock.advance(WINDOW_SECONDS - 1)
      const answer = await rotate(app, token)
      expect(await isAlive(answer.access_token)).toBe(true)
      await rotate(app, answer.refresh_token)
    })

    it('B4: a copy of the database does not open the answer that waits', async () => {
      const { refresh_token: token } = await app.obtainTokens({ browser })
      await refreshAndHangUp(token)
      const record = await server.store.findRefreshToken(TENANT, tokenKey(token))
      expect(JSON.stringify(record)).not.toMatch(/ost_rt|ost_at|eyJ/)
    })
  })

  describe('upgrades', () => {
    it('B5: less may be asked for, and the next refresh may return to all that was granted', async () => {
      const all = 'contacts:read projects:read'
      const { refresh_token: token } = await app.obtainTokens({ browser, fields: { scope: all } })
      const narrow = await app.refresh(token, { scope: 'projects:read' })
      expect(narrow.body.scope).toBe('projects:read')
      expect((await rotate(app, narrow.body.refresh_token)).scope).toBe(all)
    })

    it('B5: a retry cannot turn into a request for something else', async () => {
      const fields = { scope: 'contacts:read projects:read' }
      const { refresh_token: token } = await app.obtainTokens({ browser, fields })
      const narrow = await app.refresh(token, { scope: 'projects:read' })
      expect(await app.refresh(token)).toMatchObject(INVALID_GRANT)
      const retried = await app.refresh(token, { scope: 'projects:read' })
      expect(retried.text).toBe(narrow.text)
    })
  })

  describe('whose token it is, and for how long', () => {
    const context = () => ({ ...server, actor: 'cli' })
    const ending = () => holderEndingNow(server)

    it('B6: a new password ends it, at once', async () => {
      const tokens = await app.obtainTokens({ user: 'bob', organisation: 'acme' })
      await changePassword({ username: 'bob', password: 'seven green umbrellas' }, context())
      expect(await app.refresh(tokens.refresh_token)).toMatchObject(INVALID_GRANT)
      expect(await isAlive(tokens.access_token)).toBe(false)
    })

    it('B6: disabling the user ends it, at once', async () => {
      const tokens = await app.obtainTokens({ user: 'eve' })
      await server.store.disableUser({ ...ending(), userId: userIdOf('eve') })
      expect(await app.refresh(tokens.refresh_token)).toMatchObject(INVALID_GRANT)
      expect(await isAlive(tokens.access_token)).toBe(false)
    })

    it('B6: withdrawing the consent ends it, and the next time the user is asked again', async () => {
      const tokens = await spa.obtainTokens({ browser })
      await server.store.revokeUserGrants({
        ...ending(),
        userId: userIdOf('ada'),
        clientId: asClientId(SPA.id),
      })
      expect(await spa.refresh(tokens.refresh_token)).toMatchObject(INVALID_GRANT)
      expect(await isAlive(tokens.access_token)).toBe(false)
      const again = await browser.open(spa.authorizeUrl())
      expect(again.root.querySelector('[name=decision]')).not.toBeNull()
      await spa.answerPages(browser, again)
    })

    it('B6: disabling the app ends it, at once', async () => {
      const client = await registerClient(
        server,
        { id: 'short-lived', secret: undefined },
        {
          type: 'public',
          redirectUris: ['https://short-lived.example/cb'],
          grantTypes: ['authorization_code', 'refresh_token'],
          scopes: ['contacts:read'],
        },
      )
      const shortLived = new TestApp(server, client)
      const tokens = await shortLived.obtainTokens({ browser })
      await disableClient({ clientId: client.id }, context())
      expect((await shortLived.refresh(tokens.refresh_token)).status).toBe(401)
      expect(await isAlive(tokens.access_token)).toBe(false)
    })

    it('B6: signing out, and changing the secret of the app, do not end it: integrations go on', async () => {
      const client = await registerClient(
        server,
        { id: 'new-secret', secret: 'new-secret-first' },
        {
          redirectUris: ['https://new-secret.example/cb'],
          grantTypes: ['authorization_code', 'refresh_token'],
          scopes: ['contacts:read'],
        },
      )
      const changing = new TestApp(server, client)
      const { browser: visitor } = await changing.obtainCode()
      const { refresh_token: token } = await changing.obtainTokens({ browser: visitor })
      const question = await visitor.open(`${server.issuer}/sign-out`)
      await visitor.submit(question, {})
      const successor = await rotate(changing, token)

      const found = await server.store.findClient(TENANT, asClientId(client.id))
      const old = found?.secrets[0]
      if (!old) throw new Error('the app has no secret')
      const secret = newSecret('ost_cs')
      await server.store.addClientSecret({ ...old, id: 'next', hash: sha256(secret) })
      await server.store.revokeClientSecret(old)
      expect((await changing.refresh(successor.refresh_token)).status).toBe(401)
      const renewed = new TestApp(server, { ...client, secret })
      await rotate(renewed, successor.refresh_token)
    })
  })

  it.each([
    ['rotated', WEB_APP],
    ['stable', STABLE_APP],
  ])('B7: a %s token used every day ends after 180 days', async (_, client) => {
    const holder = new TestApp(server, client)
    let { refresh_token: token } = await holder.obtainTokens()
    for (let day = 1; day < 180; day += 1) {
      server.clock.advance(DAY_SECONDS)
      token = (await rotate(holder, token)).refresh_token
    }
    server.clock.advance(DAY_SECONDS)
    expect(await holder.refresh(token)).toMatchObject(INVALID_GRANT)
  })

  it('B7: a token that nobody uses ends after 30 days', async () => {
    const { refresh_token: token } = await app.obtainTokens()
    server.clock.advance(30 * DAY_SECONDS)
    expect(await app.refresh(token)).toMatchObject(INVALID_GRANT)
  })

  it('B8: what goes out carries 256 random bits', async () => {
    const { browser: visitor, code, verifier } = await app.obtainCode()
    const { body } = await app.redeem(code, verifier)
    expect(looksLikeSecret('ost_ac', code)).toBe(true)
    expect(looksLikeSecret('ost_rt', body.refresh_token)).toBe(true)
    const session = visitor.cookies.get(cookieName(server.issuer, 'session')) ?? ''
    expect(looksLikeSecret('ost_ss', session)).toBe(true)
    for (const secret of [code, body.refresh_token, session]) {
      expect(randomBytesOf(secret)).toHaveLength(32)
    }
  })
})

/** What stands before the checksum, behind the prefix and the time, where there is one. */
function randomBytesOf(secret: string): Buffer {
  return Buffer.from(secret.slice(/^ost_(?:ac|rt)/.test(secret) ? 15 : 7, -6), 'base64url')
}

describe('the source of secrets', () => {
  const SAMPLES = 10_000

  it('B8: gives 10 000 different ones, in which every bit is as often 0 as 1', () => {
    const secrets = Array.from({ length: SAMPLES }, () => newSecret('ost_rt'))
    expect(new Set(secrets).size).toBe(SAMPLES)
    const ones = new Array<number>(256).fill(0)
    for (const secret of secrets) {
      const bytes = randomBytesOf(secret)
      for (let bit = 0; bit < 256; bit += 1) {
        ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1)
      }
    }
    // Six standard deviations of a fair coin: 256 fair ones leave that range once in two million runs.
    const tolerance = 6 * Math.sqrt(SAMPLES / 4)
    for (const count of ones) expect(Math.abs(count - SAMPLES / 2)).toBeLessThan(tolerance)
  })
})
