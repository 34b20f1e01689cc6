// UserInfo: what the scopes of a token let an app know about its user (OIDC Core §5.3).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, postForm, readAnswer, TestApp } from '../support/test-app.ts'
import { MACHINE, TENANT, userIdOf, WEB_APP } from '../support/world.ts'

describe.each(STORES)('userinfo on %s', (kind) => {
  let server: TestServer
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    app = new TestApp(server, WEB_APP)
  })
  afterAll(() => server?.stop())

  async function tokenFor(scope: string, user: 'ada' | 'bob' | 'eve' = 'ada') {
    const tokens = await app.obtainTokens({ user, fields: { scope } })
    return tokens.access_token
  }

  async function get(headers: Record<string, string>, query = ''): Promise<Answer> {
    return readAnswer(await fetch(`${server.issuer}/userinfo${query}`, { headers }))
  }

  const getWith = (token: string) => get({ authorization: `Bearer ${token}` })

  describe('claims', () => {
    it.each([
      ['openid', {}],
      ['openid profile', { name: 'Ada Example', preferred_username: 'ada' }],
      ['openid email', { email: 'ada@example.com', email_verified: true }],
      [
        'openid profile email',
        {
          name: 'Ada Example',
          preferred_username: 'ada',
          email: 'ada@example.com',
          email_verified: true,
        },
      ],
      ['openid contacts:read', {}],
    ])('OIDC Core §5.4: the scope "%s" gives its claims and no others', async (scope, claims) => {
      const { status, headers, body } = await getWith(await tokenFor(scope))
      expect(status).toBe(200)
      expect(headers.get('content-type')).toMatch(/^application\/json/)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(body).toEqual({ sub: userIdOf('ada'), ...claims })
    })

    it('OIDC Core §5.3.2: sub is the one of the ID token', async () => {
      const tokens = await app.obtainTokens({ user: 'eve', fields: { scope: 'openid' } })
      const [, payload = ''] = tokens.id_token?.split('.') ?? []
      const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString())
      expect((await getWith(tokens.access_token)).body.sub).toBe(sub)
      expect(sub).toBe(userIdOf('eve'))
    })

    it('OIDC Core §5.4: a claim that the user has no value for is left out', async () => {
      const id = userIdOf('ada')
      const ada = await server.store.findUser(TENANT, id)
      if (!ada) throw new Error('ada is gone')
      const plain = { ...ada, id: `${id}-2` as typeof id, username: 'plain', email: null }
      await server.store.createUser({ ...plain, locale: 'de' }, [])
      const tokens = await app.obtainTokens({
        user: 'plain' as 'ada',
        fields: { scope: 'openid profile email' },
      })
      expect((await getWith(tokens.access_token)).body).toEqual({
        sub: plain.id,
        name: 'Ada Example',
        preferred_username: 'plain',
        locale: 'de',
      })
    })
  })

  describe('how the token comes', () => {
    it('OIDC Core §5.3.1: by GET or POST in the header, whatever the case of the scheme', async () => {
      const token = await tokenFor('openid')
      expect((await get({ authorization: `bearer ${token}` })).status).toBe(200)
      const posted = await fetch(`${server.issuer}/userinfo`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      })
      expect(posted.status).toBe(200)
    })

    it('RFC 6750 §2.2: in the form body of a POST', async () => {
      const token = await tokenFor('openid')
      const answer = await postForm(`${server.issuer}/userinfo`, { access_token: token })
      expect(answer.body).toEqual({ sub: userIdOf('ada') })
    })

    it('RFC 6750 §2: in two places it is refused, be it the same token', async () => {
      const token = await tokenFor('openid')
      const answer = await postForm(
        `${server.issuer}/userinfo`,
        { access_token: token },
        { authorization: `Bearer ${token}` },
      )
      expect(answer.status).toBe(400)
      expect(answer.body.error).toBe('invalid_request')
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_request"/)
    })

    it('RFC 6750 §2.3: in the query it is not looked at', async () => {
      const token = await tokenFor('openid')
      const answer = await get({}, `?access_token=${token}`)
      expect(answer.status).toBe(401)
      expect(answer.text).toBe('')
    })
  })

  describe('refusals', () => {
    it('RFC 6750 §3.1: without a token there is a challenge and no error code', async () => {
      const answer = await get({})
      expect(answer.status).toBe(401)
      expect(answer.text).toBe('')
      expect(answer.headers.get('www-authenticate')).toBe(`Bearer realm="${server.issuer}"`)
    })

    function expectInvalid(answer: Answer): void {
      expect(answer.status).toBe(401)
      expect(answer.body.error).toBe('invalid_token')
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/)
    }

    it('RFC 6750 §3.1: an invented, expired or revoked token is invalid_token', async () => {
      expectInvalid(await getWith('invented'))
      const revoked = await tokenFor('openid')
      await app.revoke(revoked)
      expectInvalid(await getWith(revoked))
      const old = await tokenFor('openid')
      server.clock.advance(3600)
      expectInvalid(await getWith(old))
    })

    it('OIDC Core §2: an ID token is no access token', async () => {
      const { id_token = '' } = await app.obtainTokens({ fields: { scope: 'openid' } })
      expectInvalid(await getWith(id_token))
    })

    it('RFC 6750 §3.1: a token without openid is insufficient_scope, with the scope', async () => {
      const answer = await getWith(await tokenFor('contacts:read'))
      expect(answer.status).toBe(403)
      expect(answer.body.error).toBe('insufficient_scope')
      const challenge = answer.headers.get('www-authenticate')
      expect(challenge).toMatch(/^Bearer .*error="insufficient_scope".*scope="openid"/)
    })

    it('OIDC Core §5.3: a machine has no user to speak of', async () => {
      const { body } = await new TestApp(server, MACHINE).token({
        grant_type: 'client_credentials',
      })
      expect((await getWith(body.access_token)).status).toBe(403)
    })

    it('OIDC Core §5.3: nothing is told about a user who was disabled', async () => {
      const token = await tokenFor('openid profile', 'eve')
      await server.store.disableUser({ ...holderEndingNow(server), userId: userIdOf('eve') })
      expectInvalid(await getWith(token))
    })
  })
})

describe.each(STORES)('userinfo with opaque tokens on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, { policy: { accessToken: { format: 'opaque' } } })
  })
  afterAll(() => server?.stop())

  it('OIDC Core §5.3: takes them like any other', async () => {
    const app = new TestApp(server, WEB_APP)
    const tokens = await app.obtainTokens({ fields: { scope: 'openid email' } })
    const ask = () =>
      fetch(`${server.issuer}/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      })
    expect((await readAnswer(await ask())).body.email).toBe('ada@example.com')
    await app.revoke(tokens.refresh_token)
    expect((await ask()).status).toBe(401)
  })
})
