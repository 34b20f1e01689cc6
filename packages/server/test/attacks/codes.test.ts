// Attacks on authorization codes and on PKCE, over HTTP.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { latestEvents } from '../support/latest-events.ts'
import { registerClient } from '../support/register-client.ts'
import { signedInBrowser } from '../support/signed-in-browser.ts'
import {
  type SecondNode,
  STORES,
  startTestServer,
  type TestServer,
} from '../support/start-server.ts'
import { type Fields, getAnswer, newPkce, TestApp } from '../support/test-app.ts'
import { OTHER_APP, SPA, TENANT, WEB_APP } from '../support/world.ts'

const ORGANISATIONS: Record<string, string> = { ada: 'acme', bob: 'acme', eve: 'globex' }
const INVALID_GRANT = { status: 400, body: { error: 'invalid_grant' } }

describe.each(STORES)('attacks on codes on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  /** Signed in, with consent given: it gets a code without a page. */
  let browser: TestBrowser

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
    browser = (await app.obtainCode({ fields: { scope: 'openid contacts:read' } })).browser
  })
  afterAll(() => server?.stop())

  const isActive = async (token: string) => (await app.introspect(token)).body.active

  describe('replay', () => {
    it('A1: a code used twice is refused, and what it gave is void everywhere', async () => {
      const { code, verifier } = await app.obtainCode({
        browser,
        fields: { scope: 'openid contacts:read' },
      })
      const first = await app.redeem(code, verifier)
      expect(first.status).toBe(200)
      expect(await isActive(first.body.access_token)).toBe(true)

      server.clock.advance(10)
      expect(await app.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
      expect(await isActive(first.body.access_token)).toBe(false)
      expect(await isActive(first.body.refresh_token)).toBe(false)
      expect(await app.refresh(first.body.refresh_token)).toMatchObject(INVALID_GRANT)
      const userinfo = await getAnswer(`${server.issuer}/userinfo`, {
        authorization: `Bearer ${first.body.access_token}`,
      })
      expect(userinfo.status).toBe(401)
      const events = await latestEvents(server.store, TENANT, 5)
      expect(events.map(({ action }) => action)).toContain('authorization_code.replayed')
    })

    it('field report 11: an app that sends its code twice within seconds is refused, and loses nothing', async () => {
      const { code, verifier } = await app.obtainCode({ browser })
      const first = await app.redeem(code, verifier)
      server.clock.advance(9)
      expect(await app.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
      expect(await isActive(first.body.access_token)).toBe(true)
      expect((await app.refresh(first.body.refresh_token)).status).toBe(200)
    })

    it('A2: who has not all that the app has changes nothing, late or soon', async () => {
      const { code, verifier } = await app.obtainCode({ browser })
      const first = await app.redeem(code, verifier)
      server.clock.advance(11)
      expect(await app.redeem(code, newPkce().verifier)).toMatchObject(INVALID_GRANT)
      // Another app that has got hold of code and verifier.
      const other = new TestApp(server, { ...OTHER_APP, redirectUri: app.client.redirectUri })
      expect(await other.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
      expect(await isActive(first.body.access_token)).toBe(true)
    })

    it('A1: the replay of a code reaches APIs that verify tokens themselves', async () => {
      const feed = async () => (await getAnswer(`${server.issuer}/revocations?after=0`)).body
      const before = await feed()
      const { code, verifier } = await app.obtainCode({ browser })
      await app.redeem(code, verifier)
      server.clock.advance(10)
      await app.redeem(code, verifier)
      const after = await feed()
      expect(after.revocations).toHaveLength(before.revocations.length + 1)
    })
  })

  it('A4: a code lives for 60 seconds and no longer', async () => {
    const timely = await app.obtainCode({ browser })
    server.clock.advance(59)
    expect((await app.redeem(timely.code, timely.verifier)).status).toBe(200)

    for (const seconds of [60, 61]) {
      const late = await app.obtainCode({ browser })
      server.clock.advance(seconds)
      expect(await app.redeem(late.code, late.verifier)).toMatchObject(INVALID_GRANT)
    }
  })

  it('A8: a challenge that cannot be a SHA-256 is refused', async () => {
    const { challenge } = newPkce()
    for (const wrong of [`${challenge}A`, `${challenge}=`, challenge.slice(1)]) {
      const fields = { code_challenge: wrong }
      const browser = await signedInBrowser(server)
      const { location = '' } = await browser.open(app.authorizeUrl(fields))
      expect(new URL(location).searchParams.get('error'), wrong).toBe('invalid_request')
    }
  })

  describe('security H8, A25: an app gets so many codes in a minute for a user, whoever asks', () => {
    const LIMIT = 5
    let limited: TestServer
    let node: SecondNode
    let web: TestApp
    let there: TestApp
    let ada: TestBrowser

    beforeEach(async () => {
      limited = await startTestServer(kind, { policy: { code: { perMinute: LIMIT } } })
      node = await limited.startSecondNode()
      web = new TestApp(limited, WEB_APP)
      there = new TestApp({ issuer: node.url }, WEB_APP)
      ada = (await web.obtainCode({ user: 'ada' })).browser
      // For longer than the window of that first code.
      limited.clock.advance(61)
    })
    afterEach(async () => {
      await node.close()
      await limited.stop()
    })

    const told = (location = '') => {
      const { searchParams } = new URL(location)
      return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : location)
    }
    const ask = async (from: TestBrowser, app: TestApp, fields: Fields = {}) =>
      told((await from.open(app.authorizeUrl(fields))).location)
    /** By the page, as a program would that presses its button. */
    const press = async (from: TestBrowser, app: TestApp) => {
      const first = await from.open(app.authorizeUrl({ prompt: 'consent' }))
      return told((await app.answerPages(from, first)).location)
    }

    it('in silence, at one node as at the other', async () => {
      const other = new TestApp(limited, OTHER_APP)
      const bob = (await web.obtainCode({ user: 'bob', organisation: 'acme' })).browser
      await other.obtainCode({ browser: ada })
      for (const app of [web, there, web, there, web]) {
        expect(await ask(ada, app, { prompt: 'none' })).toBe('code')
      }
      for (const app of [web, there]) {
        expect(await ask(ada, app, { prompt: 'none' })).toBe('temporarily_unavailable')
        expect(await ask(ada, app)).toBe('temporarily_unavailable')
      }
      expect(await ask(ada, other)).toBe('code')
      expect(await ask(bob, web)).toBe('code')
      limited.clock.advance(60)
      expect(await ask(ada, web, { prompt: 'none' })).toBe('code')
    })

    it('by a program that presses the button of the page', async () => {
      for (let codes = 0; codes < LIMIT; codes += 1) expect(await press(ada, web)).toBe('code')
      expect(await press(ada, there)).toBe('temporarily_unavailable')
      expect(await ask(ada, web)).toBe('temporarily_unavailable')
      limited.clock.advance(60)
      expect(await press(ada, web)).toBe('code')
    })

    it('however many ask for the last one at once', async () => {
      const tries = Array.from({ length: 4 * LIMIT }, (_, at) => ask(ada, at % 2 ? web : there))
      const answers = await Promise.all(tries)
      expect(answers.filter((answer) => answer === 'code')).toHaveLength(LIMIT)
    })
  })

  describe('one challenge for every user', () => {
    let constantApp: TestApp
    const { challenge } = newPkce()

    beforeAll(async () => {
      const constant = await registerClient(
        server,
        { id: 'constant-app', secret: 'constant-secret-0123456789' },
        {
          redirectUris: ['https://constant.example/cb'],
          grantTypes: ['authorization_code'],
          scopes: ['contacts:read'],
        },
      )
      constantApp = new TestApp(server, constant)
    })

    const repeated = async () => {
      const events = await latestEvents(server.store, TENANT, 1000)
      return events.filter(({ action }) => action === 'pkce_challenge.repeated')
    }
    const open = (from: TestBrowser) =>
      from.open(constantApp.authorizeUrl({ code_challenge: challenge }))

    it('security L5, A9, E19: strangers write no event in the name of an app, and one user none either', async () => {
      for (let strangers = 0; strangers < 5; strangers += 1) {
        expect((await open(new TestBrowser())).status).toBe(200)
      }
      for (let reloads = 0; reloads < 4; reloads += 1) await open(browser)
      expect(await repeated()).toEqual([])
    })

    it('A9: from three users it is written to the audit trail, once, and nobody is refused', async () => {
      for (const user of ['ada', 'bob', 'eve', 'ada', 'bob', 'eve']) {
        const fields = { code_challenge: challenge, scope: 'contacts:read' }
        const { code } = await constantApp.obtainCode({
          user,
          organisation: ORGANISATIONS[user],
          fields,
        })
        expect(code).not.toBe('')
      }
      expect(await repeated()).toMatchObject([{ actor: 'system', target: 'client:constant-app' }])
    })
  })

  it('A9: fresh challenges leave no trace in the audit trail', async () => {
    for (let users = 0; users < 4; users += 1) {
      await new TestBrowser().open(new TestApp(server, OTHER_APP).authorizeUrl())
    }
    const events = await latestEvents(server.store, TENANT, 1000)
    const about = events.filter(({ target }) => target === `client:${OTHER_APP.id}`)
    expect(about).toEqual([])
  })
})

describe.each(STORES)('a tenant where PKCE is required of public clients only, on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind, { policy: { pkce: { requiredFor: 'public' } } })
    const client = await registerClient(
      server,
      { id: 'legacy-app', secret: 'legacy-secret-0123456789' },
      {
        redirectUris: ['https://legacy.example/cb'],
        grantTypes: ['authorization_code'],
        scopes: ['contacts:read'],
        requirePkce: false,
      },
    )
    app = new TestApp(server, client)
  })
  afterAll(() => server?.stop())

  const withoutPkce = { code_challenge: undefined, code_challenge_method: undefined }

  it('A7: a verifier for a code that had no challenge is refused', async () => {
    const { code } = await app.obtainCode({ fields: withoutPkce })
    expect(await app.redeem(code, newPkce().verifier)).toMatchObject(INVALID_GRANT)
    expect((await app.redeem(code, undefined)).status).toBe(200)
  })

  it('A7: a challenge that was stripped from the request is noticed by its method', async () => {
    const browser = await signedInBrowser(server)
    const { location = '' } = await browser.open(app.authorizeUrl({ code_challenge: undefined }))
    expect(new URL(location).searchParams.get('error')).toBe('invalid_request')
  })

  it('A7: an app that sends a challenge must bring its verifier, required or not', async () => {
    const { code, verifier } = await app.obtainCode()
    expect(await app.redeem(code, undefined)).toMatchObject(INVALID_GRANT)
    expect((await app.redeem(code, verifier)).status).toBe(200)
  })

  it('A6: a public client is asked for PKCE all the same', async () => {
    const browser = await signedInBrowser(server)
    const { location = '' } = await browser.open(new TestApp(server, SPA).authorizeUrl(withoutPkce))
    expect(new URL(location).searchParams.get('error')).toBe('invalid_request')
  })
})
