// RFC 6749 §5.1: two vendors' answers have no `scope`. They get one when the app was given another than it asked for, and
// are as printed otherwise.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { updateClient } from '../../src/operations/client-update.ts'
import { registerApp } from '../support/contract-world.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { authorize, codeIn, post } from '../support/vendor-client.ts'
import type { TestClient } from '../support/world.ts'

const CALLBACK = 'https://app.example/callback'
const SENT = encodeURIComponent(CALLBACK)

const AS_PRINTED = {
  'json-api': ['access_token', 'token_type', 'expires_in', 'refresh_token'],
  'financial-cents': ['access_token', 'refresh_token', 'expires_in', 'token_type'],
} as const

describe.each(STORES)('on %s', (kind) => {
  describe.each(Object.entries(AS_PRINTED))('%s', (contract, asPrinted) => {
    let server: TestServer
    let app: TestClient
    beforeAll(async () => {
      server = await startTestServer(kind, { contract })
      app = await registerApp(server.context, {
        name: 'Asks for much',
        type: 'confidential',
        redirectUris: [CALLBACK],
        scopes: ['contacts:read', 'projects:read'],
      })
    })
    afterAll(() => server?.stop())

    const obtainCode = async (scope: string) => {
      const query = `client_id=${app.id}&redirect_uri=${SENT}&response_type=code&scope=${scope}`
      return codeIn(await authorize(`${server.issuer}/oauth/authorize?${query}`))
    }
    const token = (body: string) =>
      post(
        `${server.issuer}/oauth/token`,
        `${body}&client_id=${app.id}&client_secret=${app.secret}`,
      )
    const redeem = (code: string) =>
      token(`grant_type=authorization_code&code=${code}&redirect_uri=${SENT}`)
    const refresh = (refreshToken: string, rest = '') =>
      token(`grant_type=refresh_token&refresh_token=${refreshToken}${rest}`)

    it.each(['', 'contacts:read', 'projects:read+contacts:read'])(
      'is as printed where scope=%s is what is given',
      async (scope) => {
        const first = await redeem(await obtainCode(scope))
        expect(Object.keys(first.body)).toEqual(asPrinted)
        const second = await refresh(
          first.body.refresh_token,
          scope.includes('contacts') ? '&scope=contacts:read' : '',
        )
        expect(Object.keys(second.body)).toEqual(asPrinted)
      },
    )

    it('names the scope where less was given than asked for', async () => {
      const { body } = await redeem(await obtainCode('contacts:read+users:read'))
      expect(Object.keys(body)).toEqual([...asPrinted, 'scope'])
      expect(body.scope).toBe('contacts:read')
    })

    it('names the scope where some was taken from the app since', async () => {
      const change = (scopes: readonly string[]) =>
        updateClient({ clientId: app.id, scopes }, server.context)
      const code = await obtainCode('')
      const { body } = await redeem(await obtainCode(''))
      await change(['projects:read'])
      expect((await redeem(code)).body.scope).toBe('projects:read')
      const refreshed = await refresh(body.refresh_token)
      expect(refreshed.body.scope).toBe('projects:read')
      await change(['contacts:read', 'projects:read'])
      const whole = await refresh(refreshed.body.refresh_token)
      expect(Object.keys(whole.body)).toEqual(asPrinted)
    })
  })
})
