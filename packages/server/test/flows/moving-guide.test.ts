// The guide to moving an existing API, as far as it can be tried: its configuration loads, and behind its proxy an app
// that knows nothing of Ostiary finds everything where it was.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { findFreePort } from '../support/free-port.ts'
import { type PathProxy, readLocations, startPathProxy } from '../support/path-proxy.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { ask, authorize, codeIn, post } from '../support/vendor-client.ts'

const guide = readFileSync(
  fileURLToPath(new URL('../../../../docs/guides/moving-an-existing-api.md', import.meta.url)),
  'utf8',
)

/** The one block in this language. */
function blockOf(language: string): string {
  const [block, ...others] = guide.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))
  if (block === undefined || others.length > 0) throw new Error(`not one block of ${language}`)
  return block[1] ?? ''
}

describe('the guide to moving an existing API', () => {
  const value = parse(blockOf('yaml'))
  const locations = readLocations(blockOf('nginx'))
  const [documented] = locations
  const documentedApi = new URL(value.tenants[0].resourceServers[0].audience).pathname
  let server: TestServer
  let proxy: PathProxy
  let host: string

  beforeAll(async () => {
    const port = await findFreePort()
    host = `http://localhost:${port}`
    const audience = host + documentedApi
    const [{ contract, resourceServers }] = value.tenants
    server = await startTestServer('sqlite', {
      contract,
      api: true,
      publicIssuer: host + new URL(value.tenants[0].issuer).pathname,
      trustedProxies: value.server.trustedProxies,
      tenant: {
        resourceServers: [
          { ...resourceServers[0], audience, scopes: [...CONTACTS, ...resourceServers[0].scopes] },
        ],
      },
    })
    const { origin } = new URL(server.url)
    proxy = await startPathProxy(port, locations, { ostiary: origin, product: origin })
  })
  afterAll(async () => {
    await proxy?.close()
    await server?.stop()
  })

  it('has a configuration that loads as it is, with the secrets from the environment', () => {
    const env = {
      OSTIARY_DATABASE_URL: 'postgres://ostiary@db.acme.example/ostiary',
      OSTIARY_MASTER_KEY: 'dXG9XthmkqsJcTA1o91zJmP8Ug8TDwFbQsOACEY7DZ4=',
    }
    const { config } = loadConfig({ value, env })
    expect(config.tenants).toMatchObject([{ name: 'acme', contract: 'mister-james' }])
    expect(config.database.kind).toBe('postgres')
  })

  it('keeps the documented addresses: authorize, token, API, refresh, revoke', async () => {
    const { id, secret, redirectUri } = server.apps.webApp
    const oauth = host + documented?.path
    const credentials = `client_id=${id}&client_secret=${secret}`
    const code = codeIn(
      await authorize(
        `${oauth}authorize?response_type=code&client_id=${id}&redirect_uri=${encodeURIComponent(redirectUri)}&scope=contacts:read`,
      ),
    )
    const tokens = await post(
      `${oauth}token`,
      `grant_type=authorization_code&code=${code}&redirect_uri=${encodeURIComponent(redirectUri)}&${credentials}`,
    )
    expect(tokens.body).toMatchObject({ token_type: 'Bearer', scope: 'contacts:read' })
    const me = await ask(`${host}${documentedApi}/me`, {
      headers: { authorization: `Bearer ${tokens.body.access_token}` },
    })
    expect(me.body).toMatchObject({ client_id: id, scopes: ['contacts:read'] })

    const refreshToken = tokens.body.refresh_token
    const refresh = `grant_type=refresh_token&refresh_token=${refreshToken}&${credentials}`
    expect((await post(`${oauth}token`, refresh)).status).toBe(200)
    expect((await post(`${oauth}revoke`, `token=${refreshToken}&${credentials}`)).status).toBe(200)
    expect((await post(`${oauth}token`, refresh)).body).toMatchObject({ error: 'invalid_grant' })
  })

  it('publishes metadata and keys where a client of the issuer looks for them', async () => {
    const { pathname } = new URL(server.issuer)
    const metadata = await ask(`${host}/.well-known/oauth-authorization-server${pathname}`)
    expect(metadata.body).toMatchObject({ issuer: server.issuer })
    expect((await ask(metadata.body.jwks_uri)).body).toHaveProperty('keys')
    expect((await ask(metadata.body.revocation_feed_endpoint)).status).toBe(200)
  })
})

const CONTACTS = [{ name: 'contacts:read', description: 'see your contacts', access: 'read' }]
