// What the vendors' documents print, byte for byte, with an app's own id, secret and URI: sent by an app for which an
// operator has named no more than the commands ask for.

import { afterEach, describe, expect, it } from 'vitest'
import { registerApp } from '../support/contract-world.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { ask, authorize, codeIn, JSON_TYPE, post } from '../support/vendor-client.ts'
import type { TestClient } from '../support/world.ts'

const CALLBACK = 'https://app.example/callback'
const SENT = encodeURIComponent(CALLBACK)
const THINGS = ['clients', 'contacts', 'users', 'templates', 'projects']

describe('the least that a registration names', () => {
  let server: TestServer
  let app: TestClient
  afterEach(() => server?.stop())

  async function start(contract: string) {
    server = await startTestServer('sqlite', { contract, api: true })
    app = await registerApp(server.context, {
      name: 'As printed',
      type: 'confidential',
      redirectUris: [CALLBACK],
    })
  }
  const at = (path: string) => server.issuer + path
  const allow = (query: string) => authorize(`${at('/oauth/authorize')}?${query}`)

  /** Reads and changes every kind of thing that there is. */
  async function expectAllOpen(api: string, token: string) {
    const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` }
    for (const thing of THINGS) {
      const url = at(`${api}/${thing}`)
      expect((await ask(url, { headers })).status, thing).toBe(200)
      const change = { method: 'PATCH', body: '{"name":"Other"}', headers }
      // There may be no row of that id, but nothing forbids it.
      expect([200, 404], thing).toContain((await ask(`${url}/1`, change)).status)
    }
  }

  it('mister-james K "authorize parameters", K "callback": read write opens everything, and nothing is behind code and state', async () => {
    await start('mister-james')
    const base = '/_utalic_release/oauth/v2.0'
    const location = await authorize(
      `${at(`${base}/authorize`)}?response_type=code&client_id=${app.id}&redirect_uri=${SENT}&scope=read%20write&state=xyz`,
    )
    expect(location).toMatch(/^https:\/\/app\.example\/callback\?code=[\w-]+&state=xyz$/)
    const { body } = await post(
      at(`${base}/token`),
      `grant_type=authorization_code&code=${codeIn(location)}&redirect_uri=${SENT}&client_id=${app.id}&client_secret=${app.secret}`,
    )
    expect(body.scope).toBe('read write')
    await expectAllOpen('/_utalic_release/api/v1', body.access_token)
  })

  it('json-api K "empty scope", K "code redirect": everything, and exactly YOUR_REDIRECT_URI?code=…', async () => {
    await start('json-api')
    const location = await allow(
      `client_id=${app.id}&redirect_uri=${SENT}&response_type=code&scope=`,
    )
    expect(location).toMatch(/^https:\/\/app\.example\/callback\?code=[0-9a-f]{64}$/)
    const { body } = await post(
      at('/oauth/token'),
      `{"client_id":"${app.id}","client_secret":"${app.secret}","code":"${codeIn(location)}","grant_type":"authorization_code","redirect_uri":"${CALLBACK}"}`,
      JSON_TYPE,
    )
    await expectAllOpen('/api/v1', body.access_token)
  })

  it('financial-cents K "empty scope", D "an empty body beside the query": all five kinds, reading and writing', async () => {
    await start('financial-cents')
    const credentials = `client_id=${app.id}&client_secret=${app.secret}`
    const bodies = [
      { text: '{}', type: 'application/json' },
      { text: '', type: 'application/json' },
      { text: '', type: 'application/x-www-form-urlencoded' },
    ]
    for (const { text, type } of bodies) {
      const location = await allow(
        `client_id=${app.id}&redirect_uri=${SENT}&response_type=code&scope=&state=s&prompt=consent`,
      )
      const query = `grant_type=authorization_code&${credentials}&redirect_uri=${SENT}&code=${codeIn(location)}`
      const answer = await post(`${at('/oauth/token')}?${query}`, text, { 'content-type': type })
      expect(answer.status, `${type} ${text}`).toBe(200)
      await expectAllOpen('/api/v1', answer.body.access_token)
      const refresh = `grant_type=refresh_token&refresh_token=${answer.body.refresh_token}&${credentials}&scope=`
      const next = await post(`${at('/oauth/token')}?${refresh}`, text, { 'content-type': type })
      await expectAllOpen('/api/v1', next.body.access_token)
    }
  })

  it('versioned D "`scope` left out": everything that the app is registered for', async () => {
    await start('versioned')
    const location = await allow(`response_type=code&client_id=${app.id}&state=xyz`)
    const { body } = await post(
      at('/oauth/token'),
      `grant_type=authorization_code&code=${codeIn(location)}&client_id=${app.id}&client_secret=${app.secret}`,
    )
    await expectAllOpen('/api/v1', body.access_token)
  })
})
