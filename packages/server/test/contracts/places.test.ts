// Where tenants are: several contracts in one process, each at the URLs of its vendor's documentation, on a host of its
// own or below a path.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { sendRequest } from '../support/http-request.ts'
import { kindOf } from '../support/page-kind.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { ask, authorize, codeIn, FORM, post, readJwt } from '../support/vendor-client.ts'
import { API, WEB_APP } from '../support/world.ts'

const DOCUMENTED = 'https://hello.example/_utalic_release/oauth/v2.0'
const CALLBACK = encodeURIComponent(WEB_APP.redirectUri)

describe.each(STORES)('tenants on hosts of their own on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, {
      contract: 'mister-james',
      publicIssuer: 'https://hello.example',
      neighbours: [
        { name: 'other', issuer: 'https://other.example', contract: 'json-api' },
        { name: 'third', issuer: 'https://third.example', contract: 'versioned' },
      ],
    })
  })
  afterAll(() => server?.stop())

  const at = (host: string, path: string) => ask(server.url + path, { headers: { host } })

  it('the documented literal URLs lead a user through and a client to tokens', async () => {
    const { id, secret } = server.apps.webApp
    const query = `response_type=code&client_id=${id}&redirect_uri=${CALLBACK}&scope=read&state=s`
    const browser = new TestBrowser(server.url)
    const location = await authorize(`${DOCUMENTED}/authorize?${query}`, { browser })
    expect(location).toMatch(/^https:\/\/app\.example\/callback\?code=[\w-]+&state=s$/)

    const host = 'hello.example'
    const { pathname } = new URL(`${DOCUMENTED}/token`)
    const body = `grant_type=authorization_code&code=${codeIn(location)}&redirect_uri=${CALLBACK}&client_id=${id}&client_secret=${secret}`
    const answer = await post(server.url + pathname, body, { ...FORM, host })
    expect(answer.status).toBe(200)
    expect(readJwt(answer.body.access_token).claims).toMatchObject({
      iss: 'https://hello.example',
      aud: 'https://hello.example/_utalic_release/api/v1',
    })
  })

  it.each([
    ['hello.example', '/_utalic_release/oauth/v2.0/token'],
    ['other.example', '/oauth/token'],
    ['third.example', '/oauth/token'],
  ])('RFC 8414 §3: %s speaks for itself', async (host, tokenPath) => {
    for (const document of ['oauth-authorization-server', 'openid-configuration']) {
      const { status, body } = await at(host, `/.well-known/${document}`)
      expect([status, body.issuer]).toEqual([200, `https://${host}`])
      expect(body.token_endpoint).toBe(`https://${host}${tokenPath}`)
    }
    expect((await at(host, tokenPath)).status).toBe(405)
    const styles = await at(host, '/assets/brand.css')
    expect([styles.status, styles.headers['content-type']]).toEqual([200, 'text/css'])
    expect((await at(host, '/assets/page.css')).status).toBe(200)
  })

  it('what one tenant serves, its neighbours and unknown hosts do not', async () => {
    const foreign = [
      ['other.example', '/_utalic_release/oauth/v2.0/token'],
      ['third.example', '/_utalic_release/oauth/v2.0/authorize'],
      ['hello.example', '/oauth/token'],
      ['evil.example', '/_utalic_release/oauth/v2.0/token'],
      ['evil.example', '/.well-known/oauth-authorization-server'],
      ['hello.example.evil.example', '/oauth/token'],
    ] as const
    for (const [host, path] of foreign) expect((await at(host, path)).status, host).toBe(404)
    const { id } = server.apps.webApp
    const page = await sendRequest(`${server.url}/oauth/authorize?client_id=${id}`, {
      headers: { host: 'third.example' },
    })
    expect([page.status, page.text.includes('client_unknown')]).toEqual([400, true])
  })
})

describe.each(['mister-james', 'json-api', 'financial-cents', 'versioned'])(
  '%s below a path',
  (contract) => {
    let server: TestServer

    beforeAll(async () => {
      server = await startTestServer('sqlite', { contract, path: '/products/crm' })
    })
    afterAll(() => server?.stop())

    it('RFC 8414 §3.1, OIDC Discovery §4: is described between host and path, and behind the path', async () => {
      const { origin, pathname } = new URL(server.issuer)
      const inBetween = await ask(`${origin}/.well-known/oauth-authorization-server${pathname}`)
      const behind = await ask(`${server.issuer}/.well-known/openid-configuration`)
      expect(inBetween.body.issuer).toBe(server.issuer)
      expect(behind.body).toEqual(inBetween.body)
      expect((await ask(`${origin}/.well-known/oauth-authorization-server`)).status).toBe(404)
    })

    it('the documented paths follow it', async () => {
      const { authorize: page = '', token = '' } = server.paths
      const app = new TestApp(server, server.apps.webApp)
      expect(app.authorizeUrl().startsWith(`${server.issuer}${page}?`)).toBe(true)
      expect(kindOf(await new TestBrowser().open(app.authorizeUrl()))).toBe('sign-in')
      const tokens = await app.obtainTokens()
      expect((await app.refresh(tokens.refresh_token)).status).toBe(200)
      const { origin } = new URL(server.issuer)
      expect((await ask(origin + token)).status).toBe(404)
    })
  },
)

describe('tenants of one host', () => {
  it('are told apart by their paths', async () => {
    const server = await startTestServer('sqlite', {
      publicIssuer: 'https://login.example/a',
      neighbours: [{ name: 'b', issuer: 'https://login.example/b', contract: 'versioned' }],
      tenant: { resourceServers: [{ audience: API, name: 'API' }] },
    })
    try {
      const { origin } = new URL(server.url)
      for (const [name, path] of [
        ['a', '/a/token'],
        ['b', '/b/oauth/token'],
      ]) {
        const { body } = await ask(`${origin}/.well-known/oauth-authorization-server/${name}`)
        expect(body.token_endpoint).toBe(`https://login.example${path}`)
        expect((await ask(origin + path)).status).toBe(405)
      }
      expect((await ask(`${origin}/a/oauth/token`)).status).toBe(404)
    } finally {
      await server.stop()
    }
  })
})
