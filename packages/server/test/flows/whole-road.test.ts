// The whole road on the demo: an app gets a token, calls the API, refreshes, is revoked, and survives a restart.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DemoTenant } from '../../src/cli/demo/demo-file.ts'
import { TestBrowser } from '../support/browser.ts'
import { type DemoProcess, startDemo } from '../support/demo-process.ts'
import { findFreePort } from '../support/free-port.ts'
import { readAnswer, TestApp, type TokenSet } from '../support/test-app.ts'

describe('the whole road', () => {
  let folder: string
  let demo: DemoProcess

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-demo-'))
    demo = await startDemo(folder, await findFreePort())
  })
  afterAll(async () => {
    await demo?.stop()
    await rm(folder, { recursive: true })
  })

  function tenant(): DemoTenant {
    const [only] = demo.tenants
    if (!only) throw new Error('demo.json names no tenant')
    return only
  }

  function appOf(id: string): TestApp {
    const client = tenant().clients.find(({ client_id }) => client_id === id)
    if (!client) throw new Error(`demo.json names no ${id}`)
    const [redirectUri = ''] = client.redirect_uris
    return new TestApp(tenant(), { id, secret: client.client_secret, redirectUri })
  }

  async function connect(id: string, username: string, scope: string): Promise<TokenSet> {
    const user = tenant().users.find((candidate) => candidate.username === username)
    const organisation = user?.organisations[0] ?? ''
    const browser = new TestBrowser()
    const app = appOf(id)
    return app.obtainTokens({
      browser,
      organisation,
      password: user?.password,
      user: username,
      fields: { scope },
    })
  }

  function callApi(path: string, token: string) {
    return fetch(tenant().api + path, { headers: { authorization: `Bearer ${token}` } }).then(
      readAnswer,
    )
  }

  it('is ready in less than ten seconds', () => {
    expect(demo.readyAfterMs).toBeLessThan(10_000)
  })

  it('takes an app all the way: sign-in, consent, tokens, API, refresh, revoke', async () => {
    const tokens = await connect('demo-web', 'ben', 'contacts:read')
    const me = await callApi('/me', tokens.access_token)
    expect(me.status).toBe(200)
    expect((await callApi('/contacts', tokens.access_token)).status).toBe(200)
    const refused = await callApi('/users', tokens.access_token)
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope')
    const refreshed = await appOf('demo-web').refresh(tokens.refresh_token)
    expect((await callApi('/contacts', refreshed.body.access_token)).status).toBe(200)
  })

  it('gives an app that names no scope all that it is registered for', async () => {
    const tokens = await connect('demo-web', 'ben', '')
    for (const name of ['clients', 'contacts', 'users', 'templates', 'projects']) {
      expect((await callApi(`/${name}`, tokens.access_token)).status, name).toBe(200)
    }
  })

  it('shows an organisation its own rows only', async () => {
    const [northwind, lighthouse] = await Promise.all([
      connect('demo-spa', 'ben', 'contacts:read'),
      connect('demo-spa', 'carla', 'contacts:read'),
    ])
    const [ours, theirs] = await Promise.all([
      callApi('/contacts', northwind.access_token),
      callApi('/contacts', lighthouse.access_token),
    ])
    const idsOf = (answer: { text: string }) =>
      [...answer.text.matchAll(/"id":(\d+)/g)].map(([, id]) => id)
    expect(idsOf(ours).length).toBeGreaterThan(0)
    expect(idsOf(ours).filter((id) => idsOf(theirs).includes(id))).toEqual([])
    expect((await callApi(`/contacts/${idsOf(theirs)[0]}`, northwind.access_token)).status).toBe(
      404,
    )
  })

  it('refuses a revoked JWT at the API within 5 seconds, by the feed alone', async () => {
    const tokens = await connect('demo-web', 'ben', 'contacts:read')
    expect((await callApi('/contacts', tokens.access_token)).status).toBe(200)
    await appOf('demo-web').revoke(tokens.refresh_token)
    const revokedAt = performance.now()
    while ((await callApi('/contacts', tokens.access_token)).status === 200) {
      expect(performance.now() - revokedAt).toBeLessThan(5000)
      await delay(50)
    }
    const refused = await callApi('/contacts', tokens.access_token)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('invalid_token')
  })

  it('keeps every token over a restart', async () => {
    const { clients, users } = tenant()
    const port = new URL(tenant().issuer).port
    const tokens = await connect('demo-web', 'ben', 'contacts:read')
    expect(await demo.stop()).toBe(0)
    demo = await startDemo(folder, Number(port))
    expect(tenant().clients).toEqual(clients)
    expect(tenant().users).toEqual(users)
    const [api] = tenant().resource_servers
    const resourceServer = new TestApp(tenant(), {
      id: api?.client_id ?? '',
      secret: api?.client_secret,
      redirectUri: '',
    })
    expect((await resourceServer.introspect(tokens.access_token)).body.active).toBe(true)
    expect((await appOf('demo-web').refresh(tokens.refresh_token)).status).toBe(200)
  })
})
