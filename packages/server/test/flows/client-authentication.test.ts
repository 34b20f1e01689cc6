// How an app proves who it is: HTTP Basic, secret in the body, several secrets at a time (RFC 6749 §2.3).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asClientId } from '../../src/protocol/ids.ts'
import type { ClientRecord, ClientSecretRecord } from '../../src/store/records.ts'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { registerClient } from '../support/register-client.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, basic, type Fields, postForm, TestApp } from '../support/test-app.ts'
import { clientRecord, MACHINE, SPA, secretRecord, TENANT, WEB_APP } from '../support/world.ts'

const MACHINE_GRANT = {
  grantTypes: ['client_credentials'],
  scopes: ['contacts:read'],
  defaultScopes: ['contacts:read'],
}

describe.each(STORES)('client authentication on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  function askForToken(fields: Fields, authorization?: string): Promise<Answer> {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    const all = { grant_type: 'client_credentials', ...fields }
    return postForm(`${server.issuer}/token`, all, headers)
  }

  async function statusOf(id: string, secret: string): Promise<number> {
    return (await askForToken({}, basic(id, secret))).status
  }

  describe('methods', () => {
    it('RFC 6749 §2.3.1: takes the secret by HTTP Basic', async () => {
      const answer = await askForToken({}, basic(MACHINE.id, MACHINE.secret ?? ''))
      expect(answer.status).toBe(200)
    })

    it('RFC 6749 §2.3.1: takes the secret in the body', async () => {
      const answer = await askForToken({ client_id: MACHINE.id, client_secret: MACHINE.secret })
      expect(answer.status).toBe(200)
    })

    it('RFC 6749 §2.3.1: takes client_id beside Basic when both name the same client', async () => {
      const authorization = basic(MACHINE.id, MACHINE.secret ?? '')
      expect((await askForToken({ client_id: MACHINE.id }, authorization)).status).toBe(200)
      const other = await askForToken({ client_id: WEB_APP.id }, authorization)
      expect(other.status).toBe(401)
      expect(other.body.error).toBe('invalid_client')
    })

    it('RFC 7235 §2.1: the name of the scheme may be in capitals', async () => {
      const authorization = basic(MACHINE.id, MACHINE.secret ?? '').replace('Basic', 'BASIC')
      expect((await askForToken({}, authorization)).status).toBe(200)
    })

    it.each([
      ['nothing at all', {}, undefined],
      ['an id without a secret', { client_id: MACHINE.id }, undefined],
      ['a wrong secret', { client_id: MACHINE.id, client_secret: 'wrong' }, undefined],
      ['a wrong secret by Basic', {}, basic(MACHINE.id, 'wrong')],
      ['an unknown client', {}, basic('nobody', 'wrong')],
      ['a Basic header without a colon', {}, `Basic ${btoa('machine')}`],
      ['a Basic header that is not base64', {}, 'Basic %%%'],
      ['another scheme', {}, 'Bearer machine-secret-0123456789'],
    ])('RFC 6749 §5.2: refuses %s with 401 and a challenge', async (_, fields, authorization) => {
      const answer = await askForToken(fields, authorization)
      expect(answer.status, answer.text).toBe(401)
      expect(answer.body.error).toBe('invalid_client')
      expect(answer.headers.get('www-authenticate')).toBe(`Basic realm="${server.issuer}"`)
      expect(answer.headers.get('cache-control')).toBe('no-store')
    })

    it.each(['/token', '/revoke', '/introspect'])(
      'RFC 6749 §3.2.1: a confidential client authenticates at %s',
      async (path) => {
        const fields = { token: 'any', grant_type: 'client_credentials', client_id: MACHINE.id }
        const answer = await postForm(server.issuer + path, fields)
        expect(answer.status).toBe(401)
        expect(answer.body.error).toBe('invalid_client')
      },
    )

    it('RFC 6749 §2.3.1: a public client names itself, and must not send a secret', async () => {
      const spa = new TestApp(server, SPA)
      const { refresh_token } = await spa.obtainTokens()
      const fields = { grant_type: 'refresh_token', refresh_token }
      const withSecret = await askForToken({
        ...fields,
        client_id: SPA.id,
        client_secret: 'made-up',
      })
      expect(withSecret.status).toBe(401)
      expect((await askForToken({ ...fields, client_id: SPA.id })).status).toBe(200)
    })
  })

  describe('form-encoding inside Basic', () => {
    const id = 'app:1+2 %/ü'
    const secret = 'a:b%41+c d&e=ü'
    /** As URLSearchParams writes it: a space is a plus. */
    const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)

    beforeAll(() => registerClient(server, { id, secret }, MACHINE_GRANT))

    it('RFC 6749 §2.3.1: decodes colon, per cent, plus and letters of other alphabets', async () => {
      expect(await statusOf(id, secret)).toBe(200)
    })

    it('RFC 6749 §2.3.1: reads a plus as a space', async () => {
      const text = `${formEncoded(id)}:${formEncoded(secret)}`
      expect(text).toContain('+')
      const answer = await askForToken({}, `Basic ${btoa(text)}`)
      expect(answer.status).toBe(200)
    })

    it('RFC 6749 §2.3.1: takes the same characters in the body', async () => {
      expect((await askForToken({ client_id: id, client_secret: secret })).status).toBe(200)
    })

    it('RFC 6749 §5.2: refuses a broken percent-encoding', async () => {
      const answer = await askForToken({}, `Basic ${btoa('machine:%zz')}`)
      expect(answer.status).toBe(401)
      expect(answer.body.error).toBe('invalid_client')
    })
  })

  describe('several secrets', () => {
    async function register(id: string): Promise<ClientRecord> {
      await registerClient(server, { id, secret: `${id}-first` }, MACHINE_GRANT)
      return clientRecord({ id, secret: undefined, redirectUri: '' }, {}, 0)
    }

    function addSecret(
      client: ClientRecord,
      secret: string,
      fields: Partial<ClientSecretRecord> = {},
    ): Promise<unknown> {
      const record = secretRecord(secret, client, server.clock.nowSeconds())
      return server.store.addClientSecret({ ...record, id: secret, name: secret, ...fields })
    }

    it('lets old and new secret work side by side, until the old one is revoked', async () => {
      const client = await register('rolling')
      await addSecret(client, 'rolling-second')
      expect(await statusOf('rolling', 'rolling-first')).toBe(200)
      expect(await statusOf('rolling', 'rolling-second')).toBe(200)

      await server.store.revokeClientSecret({
        tenant: TENANT,
        clientId: client.id,
        id: 'secret-of-rolling',
      })
      expect(await statusOf('rolling', 'rolling-first')).toBe(401)
      expect(await statusOf('rolling', 'rolling-second')).toBe(200)
    })

    it('takes a secret to the last second before its expiry', async () => {
      const client = await register('expiring')
      const expiresAtSeconds = server.clock.nowSeconds() + 100
      await addSecret(client, 'expiring-second', { expiresAtSeconds })
      server.clock.advance(99)
      expect(await statusOf('expiring', 'expiring-second')).toBe(200)
      server.clock.advance(1)
      expect(await statusOf('expiring', 'expiring-second')).toBe(401)
      expect(await statusOf('expiring', 'expiring-first')).toBe(200)
    })

    it('keeps the tokens of an app whose secret is revoked', async () => {
      const fields = { ...MACHINE_GRANT, grantTypes: ['authorization_code', 'refresh_token'] }
      const client = await registerClient(
        server,
        { id: 'leaky', secret: 'leaky-first' },
        { ...fields, redirectUris: ['https://leaky.example/callback'] },
      )
      const { refresh_token } = await new TestApp(server, client).obtainTokens()
      await addSecret(clientRecord(client, {}, 0), 'leaky-second')
      await server.store.revokeClientSecret({
        tenant: TENANT,
        clientId: asClientId('leaky'),
        id: 'secret-of-leaky',
      })
      const later = new TestApp(server, { ...client, secret: 'leaky-second' })
      expect((await later.refresh(refresh_token)).status).toBe(200)
    })

    it('records when each secret was last used, to the minute', async () => {
      const client = await register('watched')
      await addSecret(client, 'watched-second')
      const lastUsed = async (id: string) => {
        const found = await server.store.findClient(TENANT, client.id)
        return found?.secrets.find((secret) => secret.id === id)?.lastUsedAtSeconds
      }
      const firstUse = server.clock.nowSeconds()
      await statusOf('watched', 'watched-second')
      await expect.poll(() => lastUsed('watched-second')).toBe(firstUse)
      expect(await lastUsed('secret-of-watched')).toBeNull()

      server.clock.advance(59)
      await statusOf('watched', 'watched-second')
      server.clock.advance(1)
      await statusOf('watched', 'watched-second')
      await expect.poll(() => lastUsed('watched-second')).toBe(firstUse + 60)
    })
  })

  it('refuses a disabled app, whatever its secret', async () => {
    await registerClient(server, { id: 'gone', secret: 'gone-secret' }, MACHINE_GRANT)
    expect(await statusOf('gone', 'gone-secret')).toBe(200)
    await server.store.disableClient({ ...holderEndingNow(server), id: asClientId('gone') })
    expect(await statusOf('gone', 'gone-secret')).toBe(401)
  })
})
