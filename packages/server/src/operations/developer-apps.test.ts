import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { misterJames } from '../contracts/mister-james.ts'
import { asUserId } from '../protocol/ids.ts'
import type { UserRecord } from '../store/records.ts'
import { holderEndingNow } from '../tokens/ending.ts'
import { createClient } from './clients.ts'
import { type DeveloperContext, findDeveloperApp } from './developer-access.ts'
import {
  createDeveloperApp,
  deleteDeveloperApp,
  listDeveloperApps,
  updateDeveloperApp,
} from './developer-apps.ts'
import {
  addAppSecret,
  allowImplicit,
  disallowImplicit,
  implicitAllowance,
  revokeAppSecret,
} from './developer-credentials.ts'
import { changeRole } from './memberships.ts'
import { createOrganisation } from './organisations.ts'
import { createUser } from './users.ts'

const DAY = 86_400
const REDIRECT_URI = 'https://app.example/callback'
const MANY = Array.from({ length: 60 }, (_, at) => `https://c${at}.example/cb`)

let context: TestContext
let ada: DeveloperContext
let bob: DeveloperContext
let eve: DeveloperContext
let adaUser: UserRecord

beforeEach(async () => {
  const empty = await createTestContext()
  const { rules, policy, name: contract } = misterJames
  context = { ...empty, tenant: { ...empty.tenant, contract, rules, policy } }
  await createOrganisation({ id: 'acme', name: 'Acme' }, context)
  await createOrganisation({ id: 'globex', name: 'Globex' }, context)
  ada = await member('ada', 'acme')
  bob = await member('bob', 'acme', 'globex')
  eve = await member('eve', 'globex')
  await changeRole({ organisationId: 'acme', username: 'bob', role: 'admin' }, context)
  adaUser = (await context.store.findUser(context.tenant.name, ada.userId)) as UserRecord
})
afterEach(() => context.store.close())

async function member(username: string, ...organisations: string[]): Promise<DeveloperContext> {
  const memberships = organisations.map((organisationId) => ({ organisationId }))
  const password = 'a long and unusual passphrase'
  const { id } = await createUser({ username, name: username, password, memberships }, context)
  return { ...context, userId: asUserId(id), actor: `user:${id}` }
}

const INPUT = {
  name: 'Ledgerly',
  type: 'confidential',
  redirectUris: [REDIRECT_URI],
  organisationId: undefined,
} as const

async function register(by: DeveloperContext = ada): Promise<string> {
  return (await createDeveloperApp(INPUT, by)).client.id
}

/** The codes of what is refused. */
async function codesOf(operation: Promise<unknown>): Promise<readonly string[]> {
  const problems = await operation.then(
    () => [],
    (error) => error.problems,
  )
  return problems.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`)
}

describe('registering', () => {
  it('needs a name, a type and where to come back to; everything else has a safe default', async () => {
    const { client, secret } = await createDeveloperApp({ ...INPUT, name: ' Ledgerly ' }, ada)
    expect(secret).toMatch(/^ost_cs_/)
    expect(client).toMatchObject({
      name: 'Ledgerly',
      party: 'third',
      publisher: null,
      organisationId: 'acme',
      grantTypes: ['authorization_code', 'refresh_token'],
      allowances: [],
      requirePkce: false,
    })
    expect((await auditTrail(context))[0]).toBe(
      `user:${ada.userId} client.created client:${client.id}`,
    )
  })

  it('lets the app ask for every scope, and means all of them when it names none', async () => {
    const { client } = await createDeveloperApp(INPUT, ada)
    expect(client.scopes).toEqual([
      'contacts:read',
      'contacts:write',
      'projects:read',
      'reports:read',
    ])
    expect(client.defaultScopes).toEqual([])
  })

  it('lets it sign its users in where the contract has OpenID Connect', async () => {
    const rules = { ...ada.tenant.rules, openId: true }
    const open = { ...ada, tenant: { ...ada.tenant, rules } }
    const { client } = await createDeveloperApp(INPUT, open)
    expect(client.scopes).toEqual(expect.arrayContaining(['openid', 'profile', 'email']))
  })

  it('gives a public app no secret, and asks it for PKCE', async () => {
    const { client, secret } = await createDeveloperApp({ ...INPUT, type: 'public' }, ada)
    expect(secret).toBeNull()
    expect(client.requirePkce).toBe(true)
  })

  it('says everything that is wrong at once', async () => {
    const wrong = {
      name: '',
      type: undefined,
      redirectUris: ['http://app.example/', 'nonsense', 'nonsense'],
      organisationId: undefined,
    }
    expect(await codesOf(createDeveloperApp(wrong, bob))).toEqual([
      'name empty',
      'redirectUris http_not_loopback',
      'redirectUris not_absolute',
      'redirectUris not_absolute',
      'redirectUris repeated',
      'type not_chosen',
      'organisationId not_chosen',
    ])
    expect(await codesOf(createDeveloperApp({ ...INPUT, redirectUris: [] }, ada))).toEqual([
      'redirectUris empty',
    ])
  })

  it('is for an organisation of the user only', async () => {
    const foreign = { ...INPUT, organisationId: 'globex' }
    expect(await codesOf(createDeveloperApp(foreign, ada))).toEqual(['organisationId not_chosen'])
    expect((await createDeveloperApp(foreign, bob)).client.organisationId).toBe('globex')
  })

  it('ends at a hundred apps of one organisation', async () => {
    for (let n = 0; n < 100; n++) await createDeveloperApp({ ...INPUT, name: `App ${n}` }, ada)
    expect(await codesOf(createDeveloperApp(INPUT, ada))).toEqual(['organisationId too_many'])
    expect(await register(eve)).toBeTruthy()
  })
})

describe('an app is the business of its organisation', () => {
  it('whose members see it, and whose admins change it', async () => {
    const clientId = await register(ada)
    const names = async (by: DeveloperContext) =>
      (await listDeveloperApps(by)).map(({ organisation, apps }) => [organisation.id, apps.length])
    expect(await names(ada)).toEqual([['acme', 1]])
    expect(await names(bob)).toEqual([
      ['acme', 1],
      ['globex', 0],
    ])
    expect(await names(eve)).toEqual([['globex', 0]])
    const change = { clientId, name: 'Renamed', redirectUris: ['https://new.example/cb'] }
    await updateDeveloperApp(change, bob)
    expect((await findDeveloperApp(clientId, ada)).client).toMatchObject({
      name: 'Renamed',
      redirectUris: ['https://new.example/cb'],
    })
    expect((await auditTrail(context))[0]).toBe(
      `user:${bob.userId} client.updated client:${clientId}`,
    )
  })

  it('field report 37, 38: whose admins keep what an operator has allowed, and add nothing to it', async () => {
    const { client } = await createClient(
      {
        ...{ name: 'Old', type: 'public', organisationId: 'acme' },
        redirectUris: ['myapp://cb', ...MANY],
        allowances: (['private-scheme', 'many-redirect-uris'] as const).map((name) => ({
          ...{ name, owner: 'ops', reason: 'in the field' },
          endsAtSeconds: context.clock.nowSeconds() + DAY,
        })),
      },
      context,
    )
    const change = (...redirectUris: readonly string[]) =>
      codesOf(updateDeveloperApp({ clientId: client.id, name: 'Old', redirectUris }, bob))
    expect(await change('other://cb', 'myapp://cb')).toEqual(['redirectUris scheme_not_allowed'])
    expect(await change(REDIRECT_URI, 'myapp://cb', ...MANY)).toEqual(['redirectUris too_many'])
    expect(await change(...MANY, 'myapp://cb')).toEqual([])
    expect(await change(REDIRECT_URI, 'myapp://cb')).toEqual([])
    expect(await change(REDIRECT_URI)).toEqual([])
    expect(await change('myapp://cb')).toEqual(['redirectUris scheme_not_allowed'])
  })

  it('security H5: whose other members change nothing', async () => {
    const clientId = await register(ada)
    const dora = await member('dora', 'acme')
    expect((await findDeveloperApp(clientId, dora)).client.id).toBe(clientId)
    const endsAtSeconds = context.clock.nowSeconds() + DAY
    const attempts = [
      updateDeveloperApp({ ...INPUT, clientId }, dora),
      addAppSecret({ clientId, name: 'x', expiresAtSeconds: undefined }, dora),
      revokeAppSecret({ clientId, secretId: 'x' }, dora),
      allowImplicit({ clientId, reason: 'x', endsAtSeconds }, adaUser, dora),
      disallowImplicit({ clientId }, dora),
      deleteDeveloperApp({ clientId, typedName: 'Ledgerly' }, dora),
    ]
    for (const attempt of attempts) expect(await codesOf(attempt)).toEqual(['client not_allowed'])
  })

  it('security H5: and no more of the one who registered it, once they have left', async () => {
    const clientId = await register(ada)
    const left = { ...ada, store: { ...ada.store, listMemberships: async () => [] } }
    expect(await codesOf(updateDeveloperApp({ ...INPUT, clientId }, left))).toEqual([
      'client unknown',
    ])
  })

  const FOREIGN: Record<string, (clientId: string) => Promise<unknown>> = {
    see: (clientId) => findDeveloperApp(clientId, eve),
    change: (clientId) => updateDeveloperApp({ ...INPUT, clientId, name: 'Mine' }, eve),
    'add a secret to': (clientId) =>
      addAppSecret({ clientId, name: 'x', expiresAtSeconds: undefined }, eve),
    'revoke a secret of': (clientId) => revokeAppSecret({ clientId, secretId: 'x' }, eve),
    'switch the token grant on for': (clientId) =>
      allowImplicit({ clientId, reason: 'x', endsAtSeconds: NEXT_DAY() }, adaUser, eve),
    'switch the token grant off for': (clientId) => disallowImplicit({ clientId }, eve),
    delete: (clientId) => deleteDeveloperApp({ clientId, typedName: 'Ledgerly' }, eve),
  }
  const NEXT_DAY = () => context.clock.nowSeconds() + DAY

  it.each(Object.entries(FOREIGN))('and nobody else can %s it', async (_what, attempt) => {
    const clientId = await register(ada)
    const before = await findDeveloperApp(clientId, ada)
    expect(await codesOf(attempt(clientId))).toEqual(['client unknown'])
    expect(await codesOf(attempt('no-such-app'))).toEqual(['client unknown'])
    expect(await findDeveloperApp(clientId, ada)).toEqual(before)
  })

  it("leaves out the operator's own apps and the credentials of APIs", async () => {
    const own = {
      organisationId: 'acme',
      type: 'confidential',
      redirectUris: [REDIRECT_URI],
    } as const
    await createClient({ ...own, name: 'First', party: 'first' }, context)
    const audience = 'https://api.example/v1'
    const api = { ...own, name: 'API', redirectUris: [], resourceServer: audience }
    const { client } = await createClient(api, context)
    expect((await listDeveloperApps(ada))[0]?.apps).toEqual([])
    expect(await codesOf(findDeveloperApp(client.id, ada))).toEqual(['client unknown'])
  })

  it('does not let an app be changed that the operator has disabled', async () => {
    const clientId = await register(ada)
    const { client } = await findDeveloperApp(clientId, ada)
    await context.store.disableClient({ ...holderEndingNow(context), id: client.id })
    const change = { ...INPUT, clientId, name: 'Renamed' }
    expect(await codesOf(updateDeveloperApp(change, ada))).toEqual(['client unknown'])
    expect((await findDeveloperApp(clientId, ada)).client.name).toBe('Ledgerly')
  })
})

describe('the token grant', () => {
  const allow = (clientId: string, days: number) => {
    const endsAtSeconds = context.clock.nowSeconds() + days * DAY
    return allowImplicit({ clientId, reason: ' until March ', endsAtSeconds }, adaUser, ada)
  }
  const stateOf = async (clientId: string) =>
    implicitAllowance((await findDeveloperApp(clientId, ada)).client)

  it('RFC 9700 §2.1.2: is off until somebody answers for it, and for a year at most', async () => {
    const clientId = await register()
    expect(await stateOf(clientId)).toBeUndefined()
    await allow(clientId, 365)
    expect(await stateOf(clientId)).toEqual({
      name: 'implicit',
      owner: 'ada',
      reason: 'until March',
      endsAtSeconds: context.clock.nowSeconds() + 365 * DAY,
    })
    await disallowImplicit({ clientId }, ada)
    expect(await stateOf(clientId)).toBeUndefined()
    const { client } = await findDeveloperApp(clientId, ada)
    expect(client).toMatchObject({
      allowances: [],
      grantTypes: ['authorization_code', 'refresh_token'],
    })
  })

  it('needs a reason and a day to come, within a year', async () => {
    const clientId = await register()
    const missing = { clientId, reason: '', endsAtSeconds: undefined }
    expect(await codesOf(allowImplicit(missing, adaUser, ada))).toEqual([
      'reason empty',
      'endsAtSeconds no_date',
    ])
    expect(await codesOf(allow(clientId, -1))).toEqual(['endsAtSeconds in_the_past'])
    expect(await codesOf(allow(clientId, 367))).toEqual(['endsAtSeconds too_far_away'])
    expect(await stateOf(clientId)).toBeUndefined()
  })

  it('is not there where the contract does not know it', async () => {
    const clientId = await register()
    const rules = { ...context.tenant.rules, allowances: {} }
    const strict = { ...ada, tenant: { ...ada.tenant, rules } }
    const input = { clientId, reason: 'x', endsAtSeconds: context.clock.nowSeconds() + DAY }
    expect(await codesOf(allowImplicit(input, adaUser, strict))).toEqual(['client unknown'])
  })
})

describe('secrets', () => {
  it('are added and revoked by who may; revoking twice changes nothing', async () => {
    const clientId = await register()
    const input = { clientId, name: '2027', expiresAtSeconds: undefined }
    const { record } = await addAppSecret(input, bob)
    expect((await findDeveloperApp(clientId, ada)).secrets.length).toBe(2)
    await revokeAppSecret({ clientId, secretId: record.id }, ada)
    await revokeAppSecret({ clientId, secretId: record.id }, ada)
    expect((await findDeveloperApp(clientId, ada)).secrets.map(({ name }) => name)).toEqual([
      'first',
    ])
  })
})

describe('deleting', () => {
  it('asks for the name, and then forgets the app', async () => {
    const clientId = await register()
    const typed = (typedName: string) => deleteDeveloperApp({ clientId, typedName }, ada)
    expect(await codesOf(typed('ledgerly'))).toEqual(['typedName different'])
    expect(await problemsOf(typed(' Ledgerly '))).toEqual([])
    expect(await codesOf(typed('Ledgerly'))).toEqual(['client unknown'])
    expect((await auditTrail(context))[0]).toBe(
      `user:${ada.userId} client.deleted client:${clientId}`,
    )
  })
})

it('a change that meets another one is refused, and says so', async () => {
  const clientId = await register()
  const { client } = await findDeveloperApp(clientId, ada)
  const stale: DeveloperContext = {
    ...bob,
    store: {
      ...bob.store,
      findClient: async () => ({ client, secrets: [] }),
    },
  }
  await updateDeveloperApp({ ...INPUT, clientId, name: 'Renamed by ada' }, ada)
  const late = updateDeveloperApp({ ...INPUT, clientId, name: 'Renamed by bob' }, stale)
  expect(await codesOf(late)).toEqual(['client changed_meanwhile'])
  expect((await findDeveloperApp(clientId, ada)).client.name).toBe('Renamed by ada')
})
