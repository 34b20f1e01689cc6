import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { tenantOf } from '../../test/support/tenant.ts'
import type { Contract } from '../contracts/contract.ts'
import { crmCom } from '../contracts/crm-com.ts'
import { financialCents } from '../contracts/financial-cents.ts'
import { jsonApi } from '../contracts/json-api.ts'
import { misterJames } from '../contracts/mister-james.ts'
import { standard } from '../contracts/standard.ts'
import { versioned } from '../contracts/versioned.ts'
import { ALLOWANCE_NAMES, type Allowance } from '../protocol/allowance.ts'
import { dayOf } from '../protocol/day.ts'
import { asClientId } from '../protocol/ids.ts'
import { allowLegacy, disallowLegacy, listLegacyUse } from './allowances.ts'
import type { NewClient } from './client-input.ts'
import { createClient, disableClient, showClient } from './clients.ts'

const DAY = 86_400
const YEAR = 365 * DAY

let context: TestContext
const at = (contract: Contract) => {
  context = { ...context, tenant: tenantOf(contract) }
}
beforeEach(async () => {
  context = await createTestContext()
})
afterEach(() => context.store.close())

const WEB_APP: NewClient = {
  name: 'Ledger',
  type: 'confidential',
  redirectUris: ['https://app.example/callback'],
  scopes: ['contacts:read'],
}

const register = async (changes: Partial<NewClient> = {}) =>
  (await createClient({ ...WEB_APP, ...changes }, context)).client

const inDays = (days: number) => context.clock.nowSeconds() + days * DAY
const terms = (days = 30) => ({ owner: 'ops', reason: 'old widget', endsAtSeconds: inDays(days) })
const problems = async (operation: Promise<unknown>) =>
  (await problemsOf(operation)).map(({ field, problem }) => `${field} ${problem}`)

describe('a new app', () => {
  it.each<[Contract, readonly Allowance[]]>([
    [standard, []],
    [misterJames, []],
    [jsonApi, ['long-access-token']],
    [financialCents, ['query-parameters', 'http-redirect-uri']],
    [versioned, ['pkce-plain']],
  ])('has what the documentation of its contract promises: $name', async (contract, names) => {
    at(contract)
    const { allowances } = await register()
    expect(allowances.map(({ name }) => name)).toEqual(names)
    for (const allowance of allowances) {
      expect(allowance).toMatchObject({ owner: 'test', reason: `contract ${contract.name}` })
      expect(allowance.endsAtSeconds).toBe(inDays(730))
    }
  })

  it('has what it is given, on those terms, and no allowance twice', async () => {
    at(jsonApi)
    const given = { name: 'long-access-token', ...terms(7) } as const
    const { allowances } = await register({ allowances: [given] })
    expect(allowances).toEqual([given])
    expect(await problems(register({ allowances: [given, given] }))).toEqual([
      'allowance "long-access-token" is given twice',
    ])
  })

  it('gets none that its contract does not declare', async () => {
    for (const name of ALLOWANCE_NAMES.filter((each) => !(each in standard.rules.allowances))) {
      expect(await problems(register({ allowances: [{ name, ...terms() }] }))).toContain(
        `allowance "${name}" is no legacy allowance of contract standard: it has without-pkce, private-scheme, many-redirect-uris`,
      )
    }
  })
})

describe('clients G1: an app that is excused from PKCE', () => {
  it('has a secret, or is public where the contract takes such', async () => {
    at(jsonApi)
    const redirectUris = ['https://app.example/callback']
    const give = async (type: 'public' | 'confidential', allowance: string) => {
      const { id: clientId } = await register({ type, redirectUris })
      return allowLegacy({ clientId, allowance, ...terms() }, context)
    }
    expect(await problems(give('public', 'without-pkce'))).toEqual([
      'allowance "without-pkce" is for apps that have a secret',
    ])
    expect(await problems(give('confidential', 'public-without-pkce'))).toEqual([
      'allowance "public-without-pkce" is for apps that have none',
    ])
    const { allowances } = await give('public', 'public-without-pkce')
    expect(allowances.map(({ name }) => name)).toContain('public-without-pkce')
  })
})

describe('giving an app an allowance', () => {
  beforeEach(() => at(misterJames))

  it('stores who answers for it, why, and until when', async () => {
    const { id: clientId } = await register()
    await allowLegacy({ clientId, allowance: 'implicit', ...terms() }, context)
    const { client } = await showClient({ clientId }, context)
    expect(client.allowances).toEqual([{ name: 'implicit', ...terms() }])
    expect((await auditTrail(context))[0]).toBe(`test legacy_allowance.granted client:${clientId}`)
  })

  it('changes the terms of one that it has', async () => {
    const { id: clientId } = await register()
    for (const days of [30, 60]) {
      await allowLegacy({ clientId, allowance: 'implicit', ...terms(days) }, context)
    }
    const { client } = await showClient({ clientId }, context)
    expect(client.allowances).toEqual([{ name: 'implicit', ...terms(60) }])
  })

  it.each<[object, RegExp]>([
    [
      { allowance: 'password' },
      /^allowance "password" is no .* mister-james: it has without-pkce, private-scheme, many-redirect-uris, implicit$/,
    ],
    [{ allowance: '__proto__' }, /^allowance "__proto__" is no legacy allowance/],
    [{ owner: ' ' }, /^owner is missing/],
    [{ reason: '' }, /^reason is missing/],
    [{ owner: 'x'.repeat(201) }, /^owner is longer than 200/],
    [{ endsAtSeconds: 0 }, /^until is in the past$/],
  ])('refuses %j', async (changes, problem) => {
    const { id: clientId } = await register()
    const input = { clientId, allowance: 'implicit', ...terms(), ...changes }
    expect(await problems(allowLegacy(input, context))).toEqual([expect.stringMatching(problem)])
    expect((await showClient({ clientId }, context)).client.allowances).toEqual([])
  })

  it('for no longer than five years, and for a moment at least', async () => {
    const { id: clientId } = await register()
    const give = (endsAtSeconds: number) =>
      problems(allowLegacy({ clientId, allowance: 'implicit', ...terms(), endsAtSeconds }, context))
    const now = context.clock.nowSeconds()
    expect(await give(now)).toEqual(['until is in the past'])
    expect(await give(now + 1)).toEqual([])
    expect(await give(now + 5 * YEAR)).toEqual([])
    expect(await give(now + 5 * YEAR + 1)).toEqual([
      'until is more than five years away: choose an earlier day',
    ])
  })

  it('refuses an app that does not exist, and one that is disabled', async () => {
    const { id: clientId } = await register()
    await disableClient({ clientId }, context)
    const give = (id: string) =>
      problems(allowLegacy({ clientId: id, allowance: 'implicit', ...terms() }, context))
    expect(await give('nobody')).toEqual(['client "nobody" does not exist in tenant main'])
    expect(await give(clientId)).toEqual([`client "${clientId}" is disabled`])
  })
})

it('takes an allowance away, once', async () => {
  at(financialCents)
  const { id: clientId } = await register()
  const take = () => problems(disallowLegacy({ clientId, allowance: 'query-parameters' }, context))
  expect(await take()).toEqual([])
  const { client } = await showClient({ clientId }, context)
  expect(client.allowances.map(({ name }) => name)).toEqual(['http-redirect-uri'])
  expect((await auditTrail(context))[0]).toBe(`test legacy_allowance.removed client:${clientId}`)
  expect(await take()).toEqual([`allowance "query-parameters" is not one that "${clientId}" has`])
})

describe('the list of what is left to do', () => {
  it('says of each allowance of each app how much it was used lately', async () => {
    at(financialCents)
    const { id: clientId, tenant } = await register()
    const today = context.clock.nowSeconds()
    const use = (daysAgo: number, uses: number) => ({
      ...{ tenant, clientId, allowance: 'query-parameters' as const, uses },
      day: dayOf(today - daysAgo * DAY),
    })
    await context.store.addAllowanceUses([use(30, 100), use(29, 5), use(3, 2)])
    const [query, http] = await Array.fromAsync(listLegacyUse(context))
    expect(query).toMatchObject({
      ...{ clientId, clientName: 'Ledger', name: 'query-parameters', owner: 'test' },
      ...{ ended: false, uses: 7, lastUsedDay: dayOf(today - 3 * DAY) },
    })
    expect(http).toMatchObject({ name: 'http-redirect-uri', uses: 0, lastUsedDay: null })
  })

  it('says which have ended, and leaves out apps that are disabled', async () => {
    at(misterJames)
    const [first, second] = [await register(), await register()]
    for (const { id: clientId } of [first, second]) {
      await allowLegacy({ clientId, allowance: 'implicit', ...terms(1) }, context)
    }
    await disableClient({ clientId: second.id }, context)
    const list = () => Array.fromAsync(listLegacyUse(context))
    expect(await list()).toMatchObject([{ clientId: first.id, ended: false }])
    expect(await context.clock.ahead(DAY - 1, list)).toMatchObject([{ ended: false }])
    expect(await context.clock.ahead(DAY, list)).toMatchObject([{ ended: true }])
  })

  it('counts the uses of other apps and other tenants for them alone', async () => {
    at(financialCents)
    const { tenant } = await register()
    const day = dayOf(context.clock.nowSeconds())
    const allowance = 'query-parameters' as const
    await context.store.addAllowanceUses([
      { tenant, clientId: asClientId('somebody'), allowance, day, uses: 9 },
      { tenant: 'other', clientId: asClientId('ledger'), allowance, day, uses: 9 },
    ])
    for (const { uses } of await Array.fromAsync(listLegacyUse(context))) expect(uses).toBe(0)
  })
})

it('an API has no allowances to look after, whatever its contract', async () => {
  at(crmCom)
  const [api] = context.tenant.resourceServers
  const input = { name: 'API', type: 'confidential', resourceServer: api?.audience } as const
  const { client } = await createClient(input, context)
  expect(client.allowances).toEqual([])
})
