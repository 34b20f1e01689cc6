// Clients that npm does not have, by their literal bytes: each signs a person in, and refreshes what it got. Secrets have
// the characters that the two readings of HTTP Basic differ in.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LITERAL_CLIENTS, type LiteralClient } from '../support/literal-clients.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { newPkce, TestApp } from '../support/test-app.ts'
import { authorize, post } from '../support/vendor-client.ts'
import type { TestClient } from '../support/world.ts'

const CLIENTS: readonly (readonly [string, LiteralClient])[] = Object.entries(LITERAL_CLIENTS)

describe.each(STORES)('clients by their bytes on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  it.each(CLIENTS)(
    'clients G1, G3, G11, field 1 to 3, 6: %s signs in and refreshes',
    async (_, client) => {
      const app = await register(client)
      const { verifier, challenge } = newPkce()
      const known = { ...credentialsOf(app), VERIFIER: verifier, CHALLENGE: challenge }
      const query = fill(client.authorize, known)
      const callback = new URL(await authorize(`${server.issuer}/authorize?${query}`))
      const answer = new URLSearchParams(callback.search || callback.hash.slice(1))
      expect(answer.get('state') ?? '').toBe(new URLSearchParams(query).get('state') ?? '')

      const send = (body: string, more: object = {}) =>
        post(`${server.issuer}/token`, fill(body, { ...known, ...more }), headersOf(client, known))
      const first = await send(client.redeem, { CODE: answer.get('code') })
      expect(first.text).toContain('"access_token"')
      const second = await send(client.refresh, { REFRESH: first.body.refresh_token })
      expect(second.text).toContain('"access_token"')
      const { body } = await new TestApp(server, server.apps.apiServer).introspect(
        second.body.access_token,
      )
      expect(body).toMatchObject({ active: true, client_id: app.id })
    },
  )

  function register(client: LiteralClient): Promise<TestClient> {
    const id = `literal-${randomBytes(8).toString('hex')}`
    const endsAtSeconds = server.clock.nowSeconds() + 86_400
    const secret = client.isPublic ? undefined : 'Ab+cd/ef==0123456789%41:x&y'
    return registerClient(
      server,
      { id, secret },
      {
        type: client.isPublic ? 'public' : 'confidential',
        requirePkce: client.isPublic ?? false,
        redirectUris: [client.redirectUri ?? 'https://app.example/callback'],
        grantTypes: ['authorization_code', 'refresh_token'],
        scopes: ['openid', 'profile', 'email', 'contacts:read'],
        ...(client.withoutPkce && {
          allowances: [
            { name: 'without-pkce', owner: 'app team', reason: 'its library', endsAtSeconds },
          ],
        }),
      },
    )
  }
})

type Values = Readonly<Record<string, string | null | undefined>>

function credentialsOf({ id, secret = '', redirectUri }: TestClient): Values {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return {
    ID: id,
    SECRET: encodeURIComponent(secret),
    REDIRECT: encodeURIComponent(redirectUri),
    BASIC: base64(`${id}:${encodeURIComponent(secret)}`),
    RAW_BASIC: base64(`${id}:${secret}`),
    EMPTY_BASIC: base64(`${id}:`),
  }
}

function fill(template: string, values: Values): string {
  return template.replace(/\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined || value === null) throw new Error(`nothing known for {${name}}`)
    return value
  })
}

function headersOf({ headers }: LiteralClient, values: Values): Record<string, string> {
  return Object.fromEntries(
    headers.map((line) => {
      const [name = '', value = ''] = fill(line, values).split(/: (.*)/s)
      return [name, value]
    }),
  )
}
