import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { tenantOf } from '../../test/support/tenant.ts'
import { financialCents } from '../contracts/financial-cents.ts'
import { misterJames } from '../contracts/mister-james.ts'
import type { ClientRecord } from '../store/records.ts'
import { allowLegacy, disallowLegacy } from './allowances.ts'
import type { NewClient } from './client-input.ts'
import { type ClientChange, updateClient } from './client-update.ts'
import { createClient, disableClient, listClients } from './clients.ts'

let context: TestContext
beforeEach(async () => {
  context = await createTestContext()
})
afterEach(() => context.store.close())

const WEB_APP: NewClient = {
  name: 'Ledger',
  type: 'confidential',
  redirectUris: ['https://app.example/callback'],
  scopes: ['openid', 'contacts:read', 'contacts:write'],
  defaultScopes: ['contacts:read'],
  requirePkce: false,
}

async function register(changes: Partial<NewClient> = {}): Promise<ClientRecord> {
  return (await createClient({ ...WEB_APP, ...changes }, context)).client
}

const stored = async () => (await Array.fromAsync(listClients(context)))[0]

const refusals = async (change: ClientChange, clientId: string) =>
  (await problemsOf(updateClient({ clientId, ...change }, context))).map(
    ({ field, problem }) => `${field} ${problem}`,
  )

describe('clients F3: an app that is to do without PKCE', () => {
  it('is not told that it may, where the tenant demands it of all', async () => {
    const { id } = await register()
    expect(await refusals({ requirePkce: false }, id)).toEqual([
      'requirePkce cannot be off, since the tenant demands PKCE of all apps: excuse this one with ostiary client allow, without-pkce',
    ])
  })
})

describe('changing an app', () => {
  it.each<ClientChange>([
    { name: 'Ledger Sync' },
    { redirectUris: ['https://app.example/new', 'http://127.0.0.1/callback'] },
    { postLogoutRedirectUris: ['https://app.example/goodbye'] },
    { grantTypes: ['authorization_code'] },
    { scopes: ['contacts:read'] },
    { defaultScopes: [] },
    { requirePkce: true },
    { refreshPolicy: 'stable' },
  ])('replaces what is given, and leaves the rest: %j', async (change) => {
    const client = await register()
    const changed = await updateClient({ clientId: client.id, ...change }, context)
    expect(changed).toEqual({ ...client, ...change })
    expect(await stored()).toEqual(changed)
    expect((await auditTrail(context))[0]).toBe(`test client.updated client:${client.id}`)
  })

  it.each<[ClientChange, RegExp]>([
    [{ name: ' ' }, /^name is empty/],
    [{ redirectUris: [] }, /^redirectUris is empty/],
    [{ redirectUris: ['http://app.example/cb'] }, /is http: use https/],
    [{ grantTypes: ['client_credentials'] }, /^redirectUris is for authorization_code only/],
    [{ grantTypes: ['authorization_code', 'implicit'] }, /"implicit" is not offered: choose/],
    [{ scopes: ['contacts:read', 'x'] }, /"x" is not a scope/],
    [{ scopes: [] }, /^defaultScopes .* not among the scopes/],
    [{ defaultScopes: ['projects:read'] }, /not among the scopes of the app/],
  ])('refuses what could not be registered: %j', async (change, problem) => {
    const client = await register()
    expect(await refusals(change, client.id)).toEqual([expect.stringMatching(problem)])
    expect(await stored()).toEqual(client)
    expect(await auditTrail(context)).toHaveLength(1)
  })

  it('RFC 9700 §2.1.1: leaves a public app its PKCE and its rotation', async () => {
    const { id } = await register({ type: 'public', requirePkce: true })
    expect(await refusals({ requirePkce: false }, id)).toEqual([
      'requirePkce cannot be off for a public app',
    ])
    expect(await refusals({ refreshPolicy: 'stable' }, id)).toHaveLength(1)
  })

  it('refuses a disabled app, and one that does not exist', async () => {
    const { id } = await register()
    await disableClient({ clientId: id }, context)
    expect(await refusals({ name: 'x' }, id)).toEqual([`client "${id}" is disabled`])
    expect(await refusals({ name: 'x' }, 'nobody')).toEqual([
      'client "nobody" does not exist in tenant main',
    ])
  })

  it('does not suffer from what became wrong since, unless it is changed', async () => {
    const { id } = await register()
    const [api, ...others] = context.tenant.resourceServers
    if (!api) throw new Error('the tenant has no API')
    const scopes = api.scopes.filter(({ name }) => name !== 'contacts:write')
    const resourceServers = [{ ...api, scopes }, ...others]
    context = { ...context, tenant: { ...context.tenant, resourceServers } }
    expect(await refusals({ name: 'Ledger Sync' }, id)).toEqual([])
    expect(await refusals({ scopes: ['contacts:read', 'contacts:delete'] }, id)).toHaveLength(1)
  })
})

describe('a legacy allowance', () => {
  const terms = { owner: 'ops', reason: 'old widget' }

  it('is needed for what it allows, also later', async () => {
    context = { ...context, tenant: tenantOf(misterJames) }
    const { id: clientId } = await register({ scopes: ['contacts:read'] })
    const change = { grantTypes: ['authorization_code', 'refresh_token', 'implicit'] }
    expect(await refusals(change, clientId)).toEqual([
      'grantTypes "implicit" needs the legacy allowance of that name',
    ])
    const endsAtSeconds = context.clock.nowSeconds() + 3600
    await allowLegacy({ clientId, allowance: 'implicit', ...terms, endsAtSeconds }, context)
    expect(await context.clock.ahead(3600, () => refusals(change, clientId))).toHaveLength(1)
    expect(await refusals(change, clientId)).toEqual([])
  })

  it('that was taken away is not there for new redirect URIs', async () => {
    context = { ...context, tenant: tenantOf(financialCents) }
    const { id: clientId } = await register({ scopes: ['contacts:read'] })
    const plain = { redirectUris: ['http://app.example/cb'] }
    expect(await refusals(plain, clientId)).toEqual([])
    await disallowLegacy({ clientId, allowance: 'http-redirect-uri' }, context)
    expect(await refusals({ name: 'Ledger Sync' }, clientId)).toEqual([])
    expect(await refusals({ redirectUris: ['http://app.example/other'] }, clientId)).toEqual([
      expect.stringContaining('is http: use https'),
    ])
    expect(await refusals({ redirectUris: ['https://app.example/cb'] }, clientId)).toEqual([])
  })
})
