// ID tokens as apps need them: signed with what the app knows, telling what its scopes cover, as hints taken back.

import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { updateClient } from '../../src/operations/client-update.ts'
import { createClient } from '../../src/operations/clients.ts'
import type { IdTokenAlgorithm } from '../../src/protocol/policy.ts'
import { TestBrowser } from '../support/browser.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { userIdOf, WEB_APP } from '../support/world.ts'

const CALLBACK = 'https://new.example/callback'
const SCOPE = 'openid profile email'
const PROFILE = {
  name: 'Ada Example',
  preferred_username: 'ada',
  email: 'ada@example.com',
  email_verified: true,
}

describe.each(STORES)('ID tokens on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  async function register(idTokenAlgorithm?: IdTokenAlgorithm): Promise<TestApp> {
    const input = { name: 'New', type: 'confidential', idTokenAlgorithm } as const
    const scopes = ['openid', 'profile', 'email', 'contacts:read']
    const { client, secret } = await createClient(
      { ...input, redirectUris: [CALLBACK], postLogoutRedirectUris: [CALLBACK], scopes },
      server.context,
    )
    const credentials = { id: client.id, secret: secret ?? '', redirectUri: CALLBACK }
    return new TestApp(server, credentials)
  }

  const verify = (token: string, audience: string, algorithm: IdTokenAlgorithm) =>
    jwtVerify(token, createRemoteJWKSet(new URL(`${server.issuer}/jwks`)), {
      ...{ issuer: server.issuer, audience, algorithms: [algorithm] },
      currentDate: new Date(server.clock.nowSeconds() * 1000),
    })

  it('clients G2: an app that says nothing gets RS256, others what they chose', async () => {
    for (const chosen of [undefined, 'ES256', 'EdDSA'] as const) {
      const app = await register(chosen)
      const tokens = await app.obtainTokens({ fields: { scope: SCOPE } })
      const algorithm = chosen ?? 'RS256'
      const { payload } = await verify(tokens.id_token ?? '', app.client.id, algorithm)
      expect(payload).toMatchObject({ sub: userIdOf('ada'), ...PROFILE })
      expect(decodeProtectedHeader(tokens.access_token).alg).toBe('ES256')
      const { body } = await app.refresh(tokens.refresh_token)
      await verify(body.id_token, app.client.id, algorithm)
    }
    const { body } = await getAnswer(`${server.issuer}/.well-known/openid-configuration`)
    expect(body.id_token_signing_alg_values_supported).toContain('RS256')
  })

  it('clients G2: keys that an app needs first are made while its user signs in', async () => {
    const fresh = await startTestServer(kind)
    try {
      const input = { name: 'First', type: 'confidential', redirectUris: [CALLBACK] } as const
      const { client } = await createClient({ ...input, scopes: ['openid'] }, fresh.context)
      const app = new TestApp(fresh, { id: client.id, secret: '', redirectUri: CALLBACK })
      const algorithms = async () => {
        const { body } = await getAnswer(`${fresh.issuer}/jwks`)
        return new Set(body.keys.map(({ alg }: { alg: string }) => alg))
      }
      expect(await algorithms()).toEqual(new Set(['ES256']))
      await new TestBrowser().openAndFollow(app.authorizeUrl({ scope: 'openid' }))
      const patience = { timeout: 50_000, interval: 100 }
      await expect.poll(algorithms, patience).toEqual(new Set(['ES256', 'RS256']))
    } finally {
      await fresh.stop()
    }
  })

  it('clients G2: another algorithm counts from the next token on', async () => {
    const app = await register('ES256')
    const { refresh_token } = await app.obtainTokens({ fields: { scope: SCOPE } })
    const clientId = app.client.id
    await updateClient({ clientId, idTokenAlgorithm: 'EdDSA' }, server.context)
    const { body } = await app.refresh(refresh_token)
    await verify(body.id_token, clientId, 'EdDSA')
  })

  it('clients G6: the profile can be left out, and the scopes bound it', async () => {
    const app = await register('ES256')
    const obtain = async (scope: string) =>
      decodeJwt((await app.obtainTokens({ fields: { scope } })).id_token ?? '')
    expect(await obtain('openid email')).not.toHaveProperty('name')
    expect(await obtain('openid email')).toMatchObject({ email: PROFILE.email })
    await updateClient({ clientId: app.client.id, idTokenProfile: false }, server.context)
    const told = await obtain(SCOPE)
    for (const name of Object.keys(PROFILE)) expect(told).not.toHaveProperty(name)
  })

  it('clients G2: one signed with RS256 is taken back as a hint', async () => {
    const app = await register()
    const { id_token = '' } = await app.obtainTokens({ fields: { scope: SCOPE } })
    const url = new URL(`${server.issuer}/sign-out`)
    url.searchParams.set('id_token_hint', id_token)
    url.searchParams.set('post_logout_redirect_uri', CALLBACK)
    // Nobody is signed in in this browser, so that it goes on at once.
    expect((await new TestBrowser().open(url.href)).location).toBe(CALLBACK)
  })

  it('clients G2: nodes that need the first RSA key at once share it', async () => {
    const node = await server.startSecondNode()
    try {
      const browser = new TestBrowser()
      const app = await register('RS256')
      const codes = [
        await app.obtainCode({ browser, fields: { scope: SCOPE } }),
        await app.obtainCode({ browser, fields: { scope: SCOPE } }),
      ]
      const nodes = [app, new TestApp({ issuer: node.url }, app.client)]
      const answers = await Promise.all(
        nodes.map((each, index) =>
          each.redeem(codes[index]?.code ?? '', codes[index]?.verifier ?? ''),
        ),
      )
      const kids = answers.map(({ body }) => decodeProtectedHeader(body.id_token).kid)
      expect(new Set(kids).size).toBe(1)
    } finally {
      await node.close()
    }
  })

  it('OIDC Core §3.1.3.6: at_hash binds the access token of the same answer', async () => {
    const app = new TestApp(server, WEB_APP)
    const hashes = await Promise.all(
      [1, 2].map(async () => {
        const { id_token = '' } = await app.obtainTokens({ fields: { scope: 'openid' } })
        return decodeJwt(id_token).at_hash
      }),
    )
    expect(hashes[0]).not.toBe(hashes[1])
  })
})
