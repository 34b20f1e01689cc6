// The client of the Model Context Protocol's SDK, unpatched: it knows the address of an API alone, and finds all else.

import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { expect, it } from 'vitest'
import { registerApp } from '../support/contract-world.ts'
import { STORES, startTestServer } from '../support/start-server.ts'
import { authorize, codeIn } from '../support/vendor-client.ts'

type Tokens = NonNullable<Awaited<ReturnType<OAuthClientProvider['tokens']>>>

it.each(STORES)(
  'clients G3, field 6: an agent that asks for all that an API announces gets what it may have, on %s',
  async (kind) => {
    const server = await startTestServer(kind, { api: true })
    try {
      const app = await registerApp(server.context, {
        name: 'Agent',
        type: 'public',
        redirectUris: ['http://127.0.0.1/callback'],
        scopes: ['contacts:read', 'projects:read'],
      })
      const [{ audience = '' } = {}] = server.tenant.resourceServers
      const serverUrl = server.url + new URL(audience).pathname
      let tokens: Tokens | undefined
      let verifier = ''
      let asked: URL | undefined
      const provider: OAuthClientProvider = {
        redirectUrl: 'http://127.0.0.1:49152/callback',
        clientMetadata: { redirect_uris: ['http://127.0.0.1:49152/callback'] },
        clientInformation: () => ({ client_id: app.id }),
        tokens: () => tokens,
        saveTokens(given) {
          tokens = given
        },
        redirectToAuthorization(url) {
          asked = url
        },
        saveCodeVerifier(given) {
          verifier = given
        },
        codeVerifier: () => verifier,
      }
      expect(await auth(provider, { serverUrl })).toBe('REDIRECT')
      const authorizationCode = codeIn(await authorize(asked?.href ?? ''))
      expect(await auth(provider, { serverUrl, authorizationCode })).toBe('AUTHORIZED')
      expect(tokens?.scope?.split(' ').sort()).toEqual(['contacts:read', 'projects:read'])
      const callApi = () =>
        fetch(`${serverUrl}/contacts`, {
          headers: { authorization: `Bearer ${tokens?.access_token}` },
        })
      expect((await callApi()).status).toBe(200)

      const { refresh_token: first } = tokens ?? {}
      expect(await auth(provider, { serverUrl })).toBe('AUTHORIZED')
      expect(tokens?.refresh_token).not.toBe(first)
      expect((await callApi()).status).toBe(200)
    } finally {
      await server.stop()
    }
  },
)
