// Attacks on authorization codes and on PKCE, over HTTP.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import {
  type Answer,
  type Fields,
  getAnswer,
  newPkce,
  postForm,
  TestApp,
} from '../support/test-app.ts'
import { NATIVE_APP, OTHER_APP, SPA, TENANT, type TestClient, WEB_APP } from '../support/world.ts'

const INVALID_GRANT = { status: 400, body: { error: 'invalid_grant' } }

describe.each(STORES)('attacks on codes on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let otherApp: TestApp
  /** Signed in, with consent given: it gets a code without a page. */
  let browser: TestBrowser

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
    otherApp = new TestApp(server, OTHER_APP)
    browser = (await app.obtainCode({ fields: { scope: 'openid contacts:read' } })).browser
  })
  afterAll(() => server?.stop())

  const isActive = async (token: string) => (await app.introspect(token)).body.active

  async function errorOf(fields: Fields, client: TestClient = WEB_APP): Promise<string | null> {
    const { location = '' } = await new TestBrowser().open(
      new TestApp(server, client).authorizeUrl(fields),
    )
    return new URL(location).searchParams.get('error')
  }

  describe('replay', () => {
    it('A1: a code used twice is refused, and what it gave is void everywhere', async () => {
      const { code, verifier } = await app.obtainCode({
        browser,
        fields: { scope: 'openid contacts:read' },
      })
      const first = await app.redeem(code, verifier)
      expect(first.status).toBe(200)
      expect(await isActive(first.body.access_token)).toBe(true)

      expect(await app.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
      expect(await isActive(first.body.access_token)).toBe(false)
      expect(await isActive(first.body.refresh_token)).toBe(false)
      expect(await app.refresh(first.body.refresh_token)).toMatchObject(INVALID_GRANT)
      const userinfo = await getAnswer(`${server.issuer}/userinfo`, {
        authorization: `Bearer ${first.body.access_token}`,
      })
      expect(userinfo.status).toBe(401)
      const events = await server.store.listAuditEvents(TENANT, 5)
      expect(events.map(({ action }) => action)).toContain('authorization_code.replayed')
    })

    it('A1: the replay of a code reaches APIs that verify tokens themselves', async () => {
      const feed = async () => (await getAnswer(`${server.issuer}/revocations?after=0`)).body
      const before = await feed()
      const { code, verifier } = await app.obtainCode({ browser })
      await app.redeem(code, verifier)
      await app.redeem(code, verifier)
      const after = await feed()
      expect(after.revocations).toHaveLength(before.revocations.length + 1)
    })

    it('A2: who only saw a code cannot end the tokens that it gave', async () => {
      const { code, verifier } = await app.obtainCode({ browser })
      const { body } = await app.redeem(code, verifier)

      const replays: [string, Promise<Answer>][] = [
        ['wrong verifier', app.redeem(code, newPkce().verifier)],
        ['no verifier', app.redeem(code, undefined)],
        ['other client', otherApp.redeem(code, verifier, { redirect_uri: WEB_APP.redirectUri })],
        [
          'other redirect URI',
          app.redeem(code, verifier, { redirect_uri: 'https://evil.example' }),
        ],
        ['no redirect URI', app.redeem(code, verifier, { redirect_uri: undefined })],
      ]
      for (const [name, replay] of replays) {
        expect(await replay, name).toMatchObject(INVALID_GRANT)
      }
      const unauthenticated = await postForm(`${server.issuer}/token`, {
        grant_type: 'authorization_code',
        client_id: WEB_APP.id,
        client_secret: 'guessed',
        code,
        code_verifier: verifier,
        redirect_uri: WEB_APP.redirectUri,
      })
      expect(unauthenticated.status).toBe(401)

      expect(await isActive(body.access_token)).toBe(true)
      expect((await app.refresh(body.refresh_token)).status).toBe(200)
    })

    it('A3: of 50 parallel uses of one code exactly one is answered, and then its grant ends', async () => {
      for (let round = 0; round < 3; round += 1) {
        const { code, verifier } = await app.obtainCode({ browser })
        const answers = await Promise.all(
          Array.from({ length: 50 }, () => app.redeem(code, verifier)),
        )
        const [winner, ...others] = answers.toSorted((a, b) => a.status - b.status)
        expect(winner?.status).toBe(200)
        for (const other of others) expect(other).toMatchObject(INVALID_GRANT)
        expect(await isActive(winner?.body.access_token)).toBe(false)
        expect(await app.refresh(winner?.body.refresh_token)).toMatchObject(INVALID_GRANT)
      }
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

  it('A5: a code is for its client and redirect URI, and a failed try does not burn it', async () => {
    const { code, verifier } = await app.obtainCode({ browser })
    const second = { redirect_uri: 'https://app.example/second?kept=1' }
    expect(await otherApp.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
    expect(
      await otherApp.redeem(code, verifier, { redirect_uri: WEB_APP.redirectUri }),
    ).toMatchObject(INVALID_GRANT)
    expect(await app.redeem(code, verifier, second)).toMatchObject(INVALID_GRANT)
    expect((await app.redeem(code, verifier)).status).toBe(200)
  })

  it('A5: DPoP is not offered: no key is announced, and a proof does not turn into a promise', async () => {
    const metadata = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
    expect(metadata.body).not.toHaveProperty('dpop_signing_alg_values_supported')
    const { code, verifier } = await app.obtainCode({
      browser,
      fields: { dpop_jkt: 'a'.repeat(43) },
    })
    const fields = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: WEB_APP.redirectUri,
    }
    const answer = await app.post('/token', fields, { dpop: 'eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AA' })
    expect(answer.body.token_type).toBe('Bearer')
  })

  it('A6: without a code_challenge there is no code, for no kind of client', async () => {
    for (const client of [WEB_APP, SPA, NATIVE_APP]) {
      expect(await errorOf({ code_challenge: undefined }, client)).toBe('invalid_request')
      expect(await errorOf({ code_challenge: '' }, client)).toBe('invalid_request')
      const neither = { code_challenge: undefined, code_challenge_method: undefined }
      expect(await errorOf(neither, client)).toBe('invalid_request')
    }
  })

  describe('PKCE downgrade (CVE-2025-4144, CVE-2023-48228)', () => {
    it('A7: a code with a challenge is not given without its verifier', async () => {
      for (const verifier of [undefined, '']) {
        const { code } = await app.obtainCode({ browser })
        expect(await app.redeem(code, verifier)).toMatchObject(INVALID_GRANT)
      }
    })

    it.each(['plain', 's256', 'S256 ', ' S256', 'S512', 'none', '', undefined])(
      'A7: the challenge method %j is refused',
      async (method) => {
        expect(await errorOf({ code_challenge_method: method })).toBe('invalid_request')
      },
    )

    it('A7: the metadata offers S256 alone', async () => {
      const metadata = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
      expect(metadata.body.code_challenge_methods_supported).toEqual(['S256'])
    })
  })

  describe('verifiers and challenges', () => {
    const random = newPkce().verifier
    const bad = {
      'too short (42)': random.slice(0, 42),
      'too long (129)': random.repeat(3),
      'a plus': `${random.slice(1)}+`,
      'a slash': `${random.slice(1)}/`,
      padding: `${random}=`,
      'a percent sign': `${random.slice(1)}%`,
      NUL: `${random}\0`,
      'an umlaut': `${random}ü`,
      'a line end': `${random}\n`,
    }

    it.each(Object.entries(bad))('A8: a verifier with %s is refused', async (_, verifier) => {
      const challenge = await challengeOf(verifier)
      const { code } = await app.obtainCode({ browser, fields: { code_challenge: challenge } })
      expect((await app.redeem(code, verifier)).status).toBe(400)
    })

    it.each([43, 128])('A8: a verifier of %i characters is accepted', async (length) => {
      const verifier = newPkce().verifier.repeat(3).slice(0, length)
      const challenge = await challengeOf(verifier)
      const { code } = await app.obtainCode({ browser, fields: { code_challenge: challenge } })
      expect((await app.redeem(code, verifier)).status).toBe(200)
    })

    it('A8: every unreserved character may be in a verifier', async () => {
      const verifier = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
      const challenge = await challengeOf(verifier)
      const { code } = await app.obtainCode({ browser, fields: { code_challenge: challenge } })
      expect((await app.redeem(code, verifier)).status).toBe(200)
    })

    it('A8: a challenge that cannot be a SHA-256 is refused', async () => {
      const { challenge } = newPkce()
      for (const wrong of [
        challenge.slice(1),
        `${challenge}A`,
        `${challenge}=`,
        `+${challenge.slice(1)}`,
      ]) {
        expect(await errorOf({ code_challenge: wrong }), wrong).toBe('invalid_request')
      }
    })
  })

  it('A9: one challenge from three browsers is written to the audit trail, once, and nobody is refused', async () => {
    const constant = await registerClient(
      server,
      { id: 'constant-app', secret: 'constant-secret-0123456789' },
      {
        redirectUris: ['https://constant.example/cb'],
        grantTypes: ['authorization_code'],
        scopes: ['contacts:read'],
      },
    )
    const repeated = async () => {
      const events = await server.store.listAuditEvents(TENANT, 1000)
      return events.filter(({ action }) => action === 'pkce_challenge.repeated')
    }
    const constantApp = new TestApp(server, constant)
    const { challenge } = newPkce()
    const open = async (from: TestBrowser) => {
      const page = await from.open(constantApp.authorizeUrl({ code_challenge: challenge }))
      expect(page.status).toBe(200)
    }

    const reloading = new TestBrowser()
    for (let reloads = 0; reloads < 4; reloads += 1) await open(reloading)
    await open(new TestBrowser())
    expect(await repeated()).toEqual([])

    for (let more = 0; more < 3; more += 1) await open(new TestBrowser())
    expect(await repeated()).toMatchObject([
      { action: 'pkce_challenge.repeated', target: 'client:constant-app' },
    ])
  })

  it('A9: fresh challenges leave no trace in the audit trail', async () => {
    for (let users = 0; users < 4; users += 1) {
      await new TestBrowser().open(otherApp.authorizeUrl())
    }
    const events = await server.store.listAuditEvents(TENANT, 1000)
    const about = events.filter(({ target }) => target === `client:${OTHER_APP.id}`)
    expect(about).toEqual([])
  })

  it("A20: a victim's code does not go with the verifier of the attacker's own session", async () => {
    const victim = await app.obtainCode({ browser })
    const attacker = await app.obtainCode({ user: 'eve' })
    expect(await app.redeem(victim.code, attacker.verifier)).toMatchObject(INVALID_GRANT)
    expect(await app.redeem(attacker.code, victim.verifier)).toMatchObject(INVALID_GRANT)
    expect((await app.redeem(victim.code, victim.verifier)).status).toBe(200)
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
    const { location = '' } = await new TestBrowser().open(
      app.authorizeUrl({ code_challenge: undefined }),
    )
    expect(new URL(location).searchParams.get('error')).toBe('invalid_request')
  })

  it('A7: an app that sends a challenge must bring its verifier, required or not', async () => {
    const { code, verifier } = await app.obtainCode()
    expect(await app.redeem(code, undefined)).toMatchObject(INVALID_GRANT)
    expect((await app.redeem(code, verifier)).status).toBe(200)
  })

  it('A6: a public client is asked for PKCE all the same', async () => {
    const { location = '' } = await new TestBrowser().open(
      new TestApp(server, SPA).authorizeUrl(withoutPkce),
    )
    expect(new URL(location).searchParams.get('error')).toBe('invalid_request')
  })
})

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return Buffer.from(digest).toString('base64url')
}
