// What the server issues with each contract, the SDK takes; and what the server ends, the SDK refuses.

import { type ContractName, createGuard, type Guard, type GuardOptions } from '@ostiary/resource'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/platform/hash.ts'
import { newId, newRevocationTag } from '../../src/platform/random.ts'
import { asClientId, asGrantId } from '../../src/protocol/ids.ts'
import { defaultAudience } from '../../src/protocol/tenant.ts'
import type { UserRecord } from '../../src/store/records.ts'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { readAnswer, TestApp } from '../support/test-app.ts'
import { OTHER_API, TENANT } from '../support/world.ts'

const SCOPES = ['contacts:read', 'contacts:write', 'projects:read']

/** The contracts whose tokens come from an authorization code. */
const BY_CODE = [
  'standard',
  'mister-james',
  'json-api',
  'financial-cents',
  'versioned',
] as const satisfies readonly ContractName[]

/** Told by its form where that is possible, and by the issuer where it is not. */
const WHY_NOT_REFRESH_TOKEN = {
  standard: 'token_malformed',
  'mister-james': 'token_malformed',
  'json-api': 'token_inactive',
  'financial-cents': 'token_opaque',
  versioned: 'token_malformed',
} as const satisfies Record<(typeof BY_CODE)[number], string>

/** `standard` has the world of the other tests, the others that of their contract. */
function start(kind: (typeof STORES)[number], contract: ContractName): Promise<TestServer> {
  return startTestServer(kind, contract === 'standard' ? {} : { contract })
}

function guardOf(server: TestServer, options: Partial<GuardOptions> = {}): Guard {
  const { id, secret } = server.apps.apiServer
  return createGuard({
    issuer: server.issuer,
    audience: defaultAudience(server.tenant),
    contract: server.tenant.contract as ContractName,
    scopes: SCOPES,
    introspection: { clientId: id, clientSecret: secret ?? '' },
    ...options,
  })
}

/** The token as the SDK sees it, or why it was refused. */
async function ask(guard: Guard, token: string, requirements = {}) {
  const credentials = { authorization: `Bearer ${token}` }
  const verdict = await guard.authorize(credentials, requirements, undefined)
  return verdict.ok ? verdict.token : verdict.error.reason
}

async function findUser({ store }: TestServer, username: string): Promise<UserRecord> {
  const user = await store.findUserByUsername(TENANT, username)
  if (!user) throw new Error(`there is no user ${username}`)
  return user
}

describe.each(STORES)('on %s', (kind) => {
  describe.each(BY_CODE)('%s', (contract) => {
    let server: TestServer
    let guard: Guard
    let app: TestApp

    beforeAll(async () => {
      server = await start(kind, contract)
      guard = guardOf(server)
      app = new TestApp(server, server.apps.webApp)
    })
    afterAll(async () => {
      await guard?.close()
      await server?.stop()
    })

    it('a token says the same to the SDK as to the issuer', async () => {
      const { access_token } = await app.obtainTokens({
        fields: { scope: 'contacts:read projects:read' },
      })
      const token = await ask(guard, access_token, { scopes: ['contacts:read'] })
      const { id } = await findUser(server, 'ada')
      expect(token).toMatchObject({
        userId: id,
        clientId: app.client.id,
        scopes: new Set(['contacts:read', 'projects:read']),
        audience: [defaultAudience(server.tenant)],
        expiresAtSeconds:
          server.clock.nowSeconds() + server.tenant.policy.accessToken.lifetimeSeconds,
      })
      const told = await ask(guard, access_token, { introspect: true })
      expect(told).toMatchObject({ userId: id, grantId: (token as { grantId: string }).grantId })
      if (contract !== 'financial-cents') {
        expect(token).toMatchObject({ organisationId: 'acme', unitId: 'acme-north' })
      }
    })

    it('a token that was revoked is refused, and another one is not', async () => {
      const revoked = await app.obtainTokens()
      const other = await app.obtainTokens()
      expect(await ask(guard, revoked.access_token)).toBeTypeOf('object')
      expect((await app.revoke(revoked.refresh_token)).status).toBe(200)
      await guard.catchUp()
      expect(await ask(guard, revoked.access_token)).toBe('token_revoked')
      expect(await ask(guard, other.access_token)).toBeTypeOf('object')
    })

    it('B12: a refresh token is no access token', async () => {
      const { refresh_token } = await app.obtainTokens()
      expect(await ask(guard, refresh_token)).toBe(WHY_NOT_REFRESH_TOKEN[contract])
    })
  })

  // Where tokens name no API, a tenant has one only.
  it.each(BY_CODE.filter((contract) => contract !== 'financial-cents'))(
    'B13: a token of %s is for its own API, not for another one of the tenant',
    async (contract) => {
      const server = await start(kind, contract)
      const other = guardOf(server, { audience: OTHER_API })
      try {
        const { access_token } = await new TestApp(server, server.apps.webApp).obtainTokens()
        expect(await ask(other, access_token)).toBe('audience_mismatch')
      } finally {
        await other.close()
        await server.stop()
      }
    },
  )

  describe('crm-com', () => {
    const KEY = 'A7'.repeat(16)
    let server: TestServer
    let guard: Guard
    let user: UserRecord

    beforeAll(async () => {
      server = await start(kind, 'crm-com')
      guard = guardOf(server)
      user = await findUser(server, 'ada')
      await addKey(server, KEY)
      await addCode(server, user, 'code-of-ada-0123456789')
    })
    afterAll(async () => {
      await guard?.close()
      await server?.stop()
    })

    async function exchange(): Promise<string> {
      const answer = await readAnswer(
        await fetch(server.issuer + server.paths.applicationKeyToken, {
          method: 'POST',
          headers: {
            authorization: `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({
            access_token_identifier: { authentication_code: 'code-of-ada-0123456789' },
          }),
        }),
      )
      expect(answer.status, answer.text).toBe(200)
      return answer.body.data.token
    }

    it('a token is for one consumer, and opens all that the API lists', async () => {
      const token = await ask(guard, await exchange(), { scopes: SCOPES })
      expect(token).toMatchObject({
        userId: user.id,
        clientId: undefined,
        scopes: new Set(SCOPES),
        organisationId: 'acme',
        unitId: 'acme-north',
        expiresAtSeconds: server.clock.nowSeconds() + 7200,
      })
    })

    it('a token that was revoked is refused, and another one is not', async () => {
      const [revoked, other] = [await exchange(), await exchange()]
      expect(await ask(guard, revoked)).toBeTypeOf('object')
      const { jti } = decodeJwt(revoked)
      const nowSeconds = server.clock.nowSeconds()
      await server.store.revokeGrant({
        tenant: TENANT,
        grantId: asGrantId(String(jti).toLowerCase()),
        nowSeconds,
      })
      await guard.catchUp()
      expect(await ask(guard, revoked)).toBe('token_revoked')
      expect(await ask(guard, other)).toBeTypeOf('object')
    })

    it('the tokens of a suspended key are refused, though they do not name it', async () => {
      const token = await exchange()
      expect(await ask(guard, token)).toBeTypeOf('object')
      const ending = { ...holderEndingNow(server), id: asClientId('key-1') }
      await server.store.suspendApplicationKey(ending)
      await guard.catchUp()
      expect(await ask(guard, token)).toBe('token_revoked')
    })
  })
})

async function addKey({ store, clock }: TestServer, key: string): Promise<void> {
  await store.createApplicationKey({
    tenant: TENANT,
    id: asClientId('key-1'),
    tag: newRevocationTag(),
    organisationId: 'acme',
    name: 'shop',
    hash: sha256(key),
    hint: key.slice(-4),
    scopes: [],
    createdAtSeconds: clock.nowSeconds(),
    expiresAtSeconds: null,
    suspendedAtSeconds: null,
    lastUsedAtSeconds: null,
  })
}

async function addCode({ store, clock }: TestServer, user: UserRecord, code: string) {
  await store.createAccessIdentifier({
    tenant: TENANT,
    id: newId().toUpperCase(),
    userId: user.id,
    kind: 'authentication_code',
    hash: sha256(code),
    hint: code.slice(-4),
    passCodeHash: null,
    trustedIssuerId: null,
    createdAtSeconds: clock.nowSeconds(),
    lastUsedAtSeconds: null,
  })
}
