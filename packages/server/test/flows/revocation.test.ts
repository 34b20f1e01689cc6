// Revoking tokens: either token ends the grant behind it, and nobody learns about others' tokens (RFC 7009).

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/platform/hash.ts'
import { newId } from '../../src/platform/random.ts'
import type { GrantId } from '../../src/protocol/ids.ts'
import { TestBrowser } from '../support/browser.ts'
import { latestEvents } from '../support/latest-events.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { postForm, readAnswer, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, OTHER_APP, SPA, TENANT, WEB_APP } from '../support/world.ts'

describe.each(STORES)('revocation on %s', (kind) => {
  describe.each(['jwt', 'opaque'])('of %s access tokens', (format) => {
    let server: TestServer
    let app: TestApp

    beforeAll(async () => {
      server = await startTestServer(kind, { policy: { accessToken: { format } } })
      app = new TestApp(server, WEB_APP)
    })
    afterAll(() => server?.stop())

    const isActive = async (token: string, asker = app) =>
      (await asker.introspect(token)).body.active

    it('RFC 7009 §2.1: revoking the refresh token ends the access token too', async () => {
      const { access_token, refresh_token } = await app.obtainTokens()
      const answer = await app.revoke(refresh_token)
      expect(answer.status).toBe(200)
      expect(answer.text).toBe('{}')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await isActive(access_token)).toBe(false)
      expect((await app.refresh(refresh_token)).body.error).toBe('invalid_grant')
    })

    it('RFC 7009 §2.1: revoking the access token ends the refresh token too', async () => {
      const { access_token, refresh_token } = await app.obtainTokens()
      expect((await app.revoke(access_token)).status).toBe(200)
      expect(await isActive(access_token)).toBe(false)
      expect(await isActive(refresh_token)).toBe(false)
      expect((await app.refresh(refresh_token)).body.error).toBe('invalid_grant')
    })

    it('RFC 7009 §2.1: reaches all access tokens of the grant, and no other grant', async () => {
      const first = await app.obtainTokens()
      const second = await app.refresh(first.refresh_token)
      const untouched = await app.obtainTokens()
      await app.revoke(second.body.refresh_token)
      expect(await isActive(first.access_token)).toBe(false)
      expect(await isActive(second.body.access_token)).toBe(false)
      expect(await isActive(untouched.access_token)).toBe(true)
      expect((await app.refresh(untouched.refresh_token)).status).toBe(200)
    })

    it('RFC 7009 §2.1: a spent refresh token still ends its grant', async () => {
      const first = await app.obtainTokens()
      const second = await app.refresh(first.refresh_token)
      await app.revoke(first.refresh_token)
      expect(await isActive(second.body.access_token)).toBe(false)
      expect((await app.refresh(second.body.refresh_token)).status).toBe(400)
    })

    it.each(['access_token', 'refresh_token', 'carrier_pigeon'])(
      'RFC 7009 §2.1: token_type_hint=%s does not hide a token of another type',
      async (hint) => {
        const one = await app.obtainTokens()
        await app.revoke(one.access_token, { token_type_hint: hint })
        expect(await isActive(one.access_token)).toBe(false)
        const other = await app.obtainTokens()
        await app.revoke(other.refresh_token, { token_type_hint: hint })
        expect(await isActive(other.refresh_token)).toBe(false)
      },
    )

    it("RFC 7009 §2.1: another client's tokens are answered alike and stay good", async () => {
      const { access_token, refresh_token } = await app.obtainTokens()
      const other = new TestApp(server, OTHER_APP)
      const own = await other.revoke('ost_rt_nothing')
      for (const token of [access_token, refresh_token]) {
        const answer = await other.revoke(token)
        expect({ status: answer.status, text: answer.text }).toEqual({
          status: own.status,
          text: own.text,
        })
      }
      expect(await isActive(access_token)).toBe(true)
      expect((await app.refresh(refresh_token)).status).toBe(200)
    })

    it('clients F10: leaves what the user allowed, unless the policy says otherwise', async () => {
      const { browser, code, verifier } = await app.obtainCode({ browser: new TestBrowser() })
      const { body } = await app.redeem(code, verifier)
      await app.revoke(body.access_token)
      expect((await browser.open(app.authorizeUrl())).location).toContain('code=')
    })

    it('RFC 7009 §2.2: an unknown, expired or revoked token is answered with 200', async () => {
      const { access_token, refresh_token } = await app.obtainTokens()
      expect((await app.revoke('never seen')).status).toBe(200)
      await app.revoke(refresh_token)
      expect((await app.revoke(refresh_token)).status).toBe(200)
      server.clock.advance(3600)
      expect((await app.revoke(access_token)).status).toBe(200)
    })

    it('RFC 7009 §2.1: a machine revokes one of its tokens and keeps the others', async () => {
      const machine = new TestApp(server, MACHINE)
      const grant = { grant_type: 'client_credentials' }
      const one = (await machine.token(grant)).body.access_token
      const other = (await machine.token(grant)).body.access_token
      expect((await machine.revoke(one)).status).toBe(200)
      expect(await isActive(one, machine)).toBe(false)
      expect(await isActive(other, machine)).toBe(true)
    })

    it('RFC 7009 §2.1: a public client revokes with its client_id alone', async () => {
      const spa = new TestApp(server, SPA)
      const { access_token, refresh_token } = await spa.obtainTokens()
      expect((await spa.revoke(refresh_token)).status).toBe(200)
      expect((await spa.refresh(refresh_token)).body.error).toBe('invalid_grant')
      const api = new TestApp(server, API_SERVER)
      expect(await isActive(access_token, api)).toBe(false)
    })
  })

  describe('requests', () => {
    let server: TestServer
    let app: TestApp

    beforeAll(async () => {
      server = await startTestServer(kind)
      app = new TestApp(server, WEB_APP)
    })
    afterAll(() => server?.stop())

    it('RFC 7009 §2.1: without client authentication nothing is revoked', async () => {
      const { refresh_token } = await app.obtainTokens()
      const fields = { token: refresh_token, client_id: WEB_APP.id }
      const answer = await postForm(`${server.issuer}/revoke`, fields)
      expect(answer.status).toBe(401)
      expect(answer.body.error).toBe('invalid_client')
      expect((await app.refresh(refresh_token)).status).toBe(200)
    })

    it('RFC 7009 §2.2.1: a request without a token is invalid_request', async () => {
      const answer = await app.post('/revoke', {})
      expect(answer.status).toBe(400)
      expect(answer.body.error).toBe('invalid_request')
    })

    it('RFC 7009 §2: only POST is served', async () => {
      const { refresh_token } = await app.obtainTokens()
      const answer = await fetch(`${server.issuer}/revoke?token=${refresh_token}`)
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('POST')
    })

    it('leaves one audit event that names the client and the grant', async () => {
      const { access_token, refresh_token } = await app.obtainTokens()
      await app.revoke(refresh_token)
      await app.revoke(access_token)
      const target = `grant:${decodeJwt(access_token).grant_id}`
      const events = await latestEvents(server.store, TENANT, 20)
      expect(events.filter((event) => event.target === target)).toMatchObject([
        { action: 'grant.revoked', actor: `client:${WEB_APP.id}` },
      ])
    })

    const readFeed = async (after: number) =>
      (await readAnswer(await fetch(`${server.issuer}/revocations?after=${after}`))).body

    it('security M5: a number that was never given out is answered with the last one', async () => {
      await app.revoke((await app.obtainTokens()).refresh_token)
      const feed = await readFeed(0)
      expect(feed.epoch).toMatch(/^[0-9a-f]{32}$/)
      expect(feed.last_sequence).toBeGreaterThan(0)
      expect(await readFeed(feed.last_sequence + 1)).toEqual({ ...feed, revocations: [] })
      expect(await readFeed(999_999_999_999_999)).toEqual({ ...feed, revocations: [] })
      expect(await readFeed(0)).toEqual(feed)
    })

    it('security E19: what has ended already gives the feed nothing more, whoever says it again', async () => {
      const { code, verifier } = await app.obtainCode()
      const spent = (await app.redeem(code, verifier)).body.refresh_token
      const { body } = await app.refresh(spent)
      await app.revoke(body.refresh_token)
      const { last_sequence } = await readFeed(999_999_999)
      for (let time = 0; time < 3; time += 1) {
        for (const token of [spent, body.refresh_token, body.access_token]) {
          expect((await app.revoke(token)).status).toBe(200)
        }
        expect((await app.refresh(spent)).status).toBe(400)
        expect((await app.refresh(body.refresh_token)).status).toBe(400)
        expect((await app.redeem(code, verifier)).status).toBe(400)
      }
      expect((await readFeed(999_999_999)).last_sequence).toBe(last_sequence)
    })

    it('gives a long feed in pages, and no number ahead of the last one', async () => {
      const nowSeconds = server.clock.nowSeconds()
      const ending = { tenant: TENANT, nowSeconds }
      const before = (await readFeed(0)).last_sequence
      const grants = Array.from({ length: 1001 }, () => newId() as GrantId)
      for (const grantId of grants) await server.store.revokeGrant({ ...ending, grantId })
      const first = await readFeed(before)
      expect(first).toMatchObject({ sequence: before + 1000, more: true })
      expect(first.last_sequence).toBe(before + 1001)
      const second = await readFeed(first.sequence)
      expect(second).toMatchObject({ sequence: before + 1001, more: false })
      const ids = [...first.revocations, ...second.revocations].map(({ id }) => id)
      expect(ids.toSorted()).toEqual(grants.map((id) => sha256(`grant:${id}`)).toSorted())
    })

    it('tells APIs at once through the feed of revocations', async () => {
      const before = await readFeed(999_999_999)
      const { access_token, refresh_token } = await app.obtainTokens()
      await app.revoke(refresh_token)
      const { exp = 0 } = decodeJwt(access_token)
      const { revocations, ...state } = await readFeed(before.sequence)
      expect(state).toEqual({
        format: 2,
        epoch: before.epoch,
        sequence: before.sequence + 1,
        last_sequence: before.sequence + 1,
        more: false,
      })
      expect(revocations).toEqual([
        {
          kind: 'grant',
          id: expect.stringMatching(/^[\w-]{43}$/),
          issued_until: server.clock.nowSeconds(),
          expires_at: expect.any(Number),
        },
      ])
      expect(revocations[0].expires_at).toBeGreaterThanOrEqual(exp)
    })
  })
})
