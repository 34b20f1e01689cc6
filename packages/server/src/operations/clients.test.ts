import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { tenantOf } from '../../test/support/tenant.ts'
import { API } from '../../test/support/world.ts'
import type { Contract } from '../contracts/contract.ts'
import { crmCom } from '../contracts/crm-com.ts'
import { financialCents } from '../contracts/financial-cents.ts'
import { jsonApi } from '../contracts/json-api.ts'
import { misterJames } from '../contracts/mister-james.ts'
import { standard } from '../contracts/standard.ts'
import { versioned } from '../contracts/versioned.ts'
import { sha256 } from '../platform/hash.ts'
import { looksLikeSecret } from '../platform/random.ts'
import { asClientId } from '../protocol/ids.ts'
import { listScopes } from '../protocol/tenant.ts'
import type { NewClient } from './client-input.ts'
import { createClient, disableClient, listClients, showClient } from './clients.ts'
import { createOrganisation } from './organisations.ts'

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
}
const PUBLIC_APP: NewClient = { ...WEB_APP, type: 'public' }

const ALL_GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'password',
  'implicit',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]

const refusals = async (input: NewClient) =>
  (await problemsOf(createClient(input, context))).map(
    ({ field, problem }) => `${field} ${problem}`,
  )

describe('registering an app', () => {
  it('stores the secret as a hash only, and gives it out once', async () => {
    const { client, secret } = await createClient(WEB_APP, context)
    expect(looksLikeSecret('ost_cs', secret ?? '')).toBe(true)
    const stored = await context.store.findClient(context.tenant.name, client.id)
    expect(stored?.secrets).toMatchObject([{ hash: sha256(secret ?? ''), hint: secret?.slice(-4) }])
    expect(JSON.stringify(stored)).not.toContain(secret)
    expect(await auditTrail(context)).toEqual([`test client.created client:${client.id}`])
  })

  it('lets an app with redirect URIs use codes, with PKCE and rotation', async () => {
    const { client } = await createClient(WEB_APP, context)
    expect(client).toMatchObject({
      grantTypes: ['authorization_code', 'refresh_token'],
      // What the tenant demands of all is not written at the app.
      requirePkce: false,
      refreshPolicy: 'rotate',
      party: 'third',
    })
  })

  it('lets an app without redirect URIs act for itself', async () => {
    const { client } = await createClient({ name: 'Export', type: 'confidential' }, context)
    expect(client.grantTypes).toEqual(['client_credentials'])
  })

  it('gives the credentials of an API no grant', async () => {
    const input: NewClient = { name: 'API', type: 'confidential', resourceServer: API }
    expect((await createClient(input, context)).client.grantTypes).toEqual([])
  })

  it('gives a public app no secret', async () => {
    const { client, secret } = await createClient(PUBLIC_APP, context)
    expect(secret).toBeNull()
    expect((await showClient({ clientId: client.id }, context)).secrets).toEqual([])
  })

  it('takes the id that an app in the field uses already, once', async () => {
    const input = { ...WEB_APP, id: 'legacy-app.1' }
    expect((await createClient(input, context)).client.id).toBe('legacy-app.1')
    expect(await refusals(input)).toEqual(['id "legacy-app.1" is taken: choose another'])
  })

  it('binds it to an organisation and a unit that exist', async () => {
    const units = [{ id: 'vienna', name: 'Vienna' }]
    await createOrganisation({ id: 'acme', name: 'Acme', units }, context)
    const owned = (organisationId?: string, unitId?: string) =>
      refusals({ ...WEB_APP, organisationId, unitId })
    expect(await owned('acme', 'vienna')).toEqual([])
    expect(await owned('acme', 'graz')).toEqual(['unitId "graz" is not a unit of "acme"'])
    expect(await owned('globex')).toEqual(['organisationId "globex" does not exist'])
    expect(await owned(undefined, 'vienna')).toEqual([expect.stringMatching(/^unitId needs/)])
  })
})

describe('what cannot be registered', () => {
  it.each<[Partial<NewClient>, RegExp]>([
    [{ name: ' ' }, /^name is empty/],
    [{ name: 'x'.repeat(101) }, /^name has more than 100/],
    [{ name: 'Ledger\u202Etxt' }, /^name holds invisible characters/],
    [{ id: 'a%20b' }, /^id "a%20b" cannot be used/],
    [{ redirectUris: ['http://app.example/cb'] }, /is http: use https/],
    [{ redirectUris: ['https://app.example/cb#x'] }, /has a fragment/],
    [{ redirectUris: ['javascript:alert(1)'] }, /scheme that is not allowed/],
    [{ redirectUris: ['/callback'] }, /is not an absolute URI/],
    [{ redirectUris: ['https://a.example', 'https://a.example'] }, /is given twice/],
    [{ redirectUris: [], grantTypes: ['authorization_code'] }, /^redirectUris is empty/],
    [{ grantTypes: ['client_credentials'] }, /^redirectUris is for authorization_code only/],
    [
      { redirectUris: [], grantTypes: ['password'] },
      /"password" is not offered: choose among authorization_code,/,
    ],
    [{ redirectUris: [], grantTypes: ['refresh_token'] }, /refresh_token needs authorization_code/],
    [{ postLogoutRedirectUris: ['http://x.example'] }, /^postLogoutRedirectUris .* is http/],
    [{ scopes: ['contacts:delete'], defaultScopes: [] }, /"contacts:delete" is not a scope/],
    [{ defaultScopes: ['projects:read'] }, /^defaultScopes .* not among the scopes of the app/],
    [{ defaultAudience: 'https://no.example' }, /^defaultAudience .* choose among https:\/\/api\./],
    [
      { redirectUris: [], resourceServer: 'https://no.example' },
      /^resourceServer .* is not an API/,
    ],
    [{ homepage: 'http://app.example' }, /^homepage .* is not an https address/],
  ])('an app with %j', async (changes, problem) => {
    expect(await refusals({ ...WEB_APP, ...changes })).toEqual([expect.stringMatching(problem)])
    expect(await Array.fromAsync(listClients(context))).toEqual([])
    expect(await auditTrail(context)).toEqual([])
  })

  it.each<[Partial<NewClient>, RegExp]>([
    [{ requirePkce: false }, /^requirePkce cannot be off/],
    [{ refreshPolicy: 'stable' }, /^refreshPolicy must be rotate/],
    [{ resourceServer: API, grantTypes: ['authorization_code'] }, /^resourceServer needs/],
    [
      { grantTypes: ['authorization_code', 'client_credentials'] },
      /"client_credentials" is not for public apps/,
    ],
  ])('RFC 9700 §2.1.1: a public app with %j', async (changes, problem) => {
    expect(await refusals({ ...PUBLIC_APP, ...changes })).toEqual([expect.stringMatching(problem)])
  })

  it('is told all at once', async () => {
    const input = { ...WEB_APP, name: '', redirectUris: ['x'], scopes: ['y'], defaultScopes: [] }
    expect(await refusals(input)).toHaveLength(3)
  })
})

describe('by the contract of the tenant', () => {
  const at = (contract: Contract) => {
    context = { ...context, tenant: tenantOf(contract) }
  }
  const PLAIN: NewClient = { ...WEB_APP, scopes: ['contacts:read'] }
  const terms = () => ({ owner: 'ops', reason: 'x', endsAtSeconds: context.clock.nowSeconds() + 9 })

  it.each<[Contract, readonly string[]]>([
    [standard, ['authorization_code', 'refresh_token', 'client_credentials']],
    [misterJames, ['authorization_code', 'refresh_token', 'implicit']],
    [jsonApi, ['authorization_code', 'refresh_token', 'password']],
    [financialCents, ['authorization_code', 'refresh_token']],
    [versioned, ['authorization_code', 'refresh_token']],
  ])('an app of $name has its grant types and no others', async (contract, offered) => {
    at(contract)
    for (const name of ['urn:x:other', ...ALL_GRANT_TYPES]) {
      const grantTypes = [name]
      const problems = await refusals({ ...PLAIN, grantTypes, redirectUris: [] })
      const refused = `grantTypes "${name}" is not offered: choose among ${offered.join(', ')}`
      expect(problems.includes(refused)).toBe(!offered.includes(name))
    }
  })

  it('an app of crm-com has no grant types at all', async () => {
    at(crmCom)
    expect(await refusals({ name: 'Till', type: 'confidential' })).toEqual([
      'grantTypes "client_credentials" is not offered: contract crm-com has none',
    ])
    expect(await refusals({ name: 'Till', type: 'confidential', grantTypes: [] })).toEqual([])
  })

  it('RFC 9700 §2.1.2: the implicit grant needs its allowance, and a redirect URI', async () => {
    at(misterJames)
    const widget: NewClient = { ...PLAIN, grantTypes: ['implicit'] }
    const allowances = [{ name: 'implicit', ...terms() }] as const
    expect(await refusals(widget)).toEqual([
      'grantTypes "implicit" needs the legacy allowance of that name',
    ])
    expect(await refusals({ ...widget, allowances, redirectUris: [] })).toEqual([
      expect.stringMatching(/^redirectUris is empty/),
    ])
    expect(await refusals({ ...widget, allowances })).toEqual([])
  })

  it('RFC 9700 §2.4: the password grant needs its allowance, and an app of our own', async () => {
    at(jsonApi)
    const grantTypes = ['password', 'refresh_token']
    const desktop: NewClient = { ...PLAIN, grantTypes, redirectUris: [], party: 'first' }
    const allowances = [{ name: 'password', ...terms() }] as const
    expect(await refusals(desktop)).toEqual([
      'grantTypes "password" needs the legacy allowance of that name',
    ])
    expect(await refusals({ ...desktop, allowances, party: 'third' })).toEqual([
      'grantTypes "password" is for first-party apps only',
    ])
    expect(await refusals({ ...desktop, allowances })).toEqual([])
  })

  it.each<[Contract, string | undefined, string | undefined]>([
    [standard, undefined, 'is http: use https'],
    [misterJames, undefined, 'is http: use https'],
    [versioned, undefined, 'is http: use https'],
    [jsonApi, 'is not https', 'is http: use https'],
    [financialCents, undefined, undefined],
  ])(
    'RFC 9700 §2.6: an app of $name has redirect URIs without TLS only as its contract says',
    async (contract, loopback, elsewhere) => {
      at(contract)
      const problemsWith = (uri: string) => refusals({ ...PLAIN, redirectUris: [uri] })
      const expected = (problem: string | undefined) =>
        problem === undefined ? [] : [expect.stringContaining(problem)]
      expect(await problemsWith('https://app.example/cb')).toEqual([])
      expect(await problemsWith('http://127.0.0.1/cb')).toEqual(expected(loopback))
      expect(await problemsWith('http://app.example/cb')).toEqual(expected(elsewhere))
      expect(await problemsWith('http://ada@app.example/cb')).toHaveLength(1)
    },
  )

  it.each<[Contract, boolean, boolean]>([
    [standard, true, true],
    [misterJames, true, true],
    [financialCents, true, true],
    [versioned, true, true],
    [jsonApi, false, true],
    [crmCom, false, false],
  ])(
    'field report 37, 38: an app of $name is brought along with what it has',
    async (contract, scheme, many) => {
      at(contract)
      const declared = Object.keys(contract.rules.allowances)
      expect(declared.includes('private-scheme')).toBe(scheme)
      expect(declared.includes('many-redirect-uris')).toBe(many)
    },
  )

  it('field report 37: a scheme without a domain needs its allowance, also to go to after signing out', async () => {
    const redirectUris = ['myapp://cb', 'claude://']
    const app = { ...WEB_APP, redirectUris, postLogoutRedirectUris: ['myapp://bye'] }
    expect(await refusals(app)).toHaveLength(3)
    expect((await refusals(app))[0]).toMatch(/^redirectUris "myapp:.* allowance "private-scheme"$/)
    const allowances = [{ name: 'private-scheme', ...terms() }] as const
    expect(await refusals({ ...app, allowances })).toEqual([])
    expect(await refusals({ ...app, allowances, redirectUris: ['javascript://a/%0A'] })).toEqual([
      expect.stringMatching(/^redirectUris "javascript:.*not allowed/),
    ])
  })

  it('field report 38: more than fifty redirect URIs need their allowance, and 500 are the most', async () => {
    const app = (length: number) => {
      const redirectUris = Array.from({ length }, (_, index) => `https://c${index}.example/cb`)
      return { ...WEB_APP, redirectUris }
    }
    const allowances = [{ name: 'many-redirect-uris', ...terms() }] as const
    expect(await refusals(app(50))).toEqual([])
    expect(await refusals(app(51))).toEqual([
      'redirectUris has 51 entries, and may have 50: an app in the field that needs more has the legacy allowance "many-redirect-uris"',
    ])
    expect(await refusals({ ...app(500), allowances })).toEqual([])
    expect(await refusals({ ...app(501), allowances })).toEqual([
      'redirectUris has 501 entries, and may have 500',
    ])
    const [long = '', ...rest] = app(500).redirectUris
    const redirectUris = [long, ...rest.map((uri) => uri.padEnd(300, 'x'))]
    expect(await refusals({ ...WEB_APP, redirectUris, allowances })).toEqual([
      'redirectUris has more than 102400 characters in all its entries together',
    ])
  })

  it('an app has identity scopes only where there is OpenID Connect', async () => {
    at(misterJames)
    expect(await refusals({ ...WEB_APP, scopes: ['openid'], defaultScopes: [] })).toEqual([
      expect.stringContaining('"openid" is not a scope'),
    ])
  })

  it.each<[Contract, RegExp]>([
    [standard, /^[0-9a-f]{32}$/],
    [versioned, /^[0-9a-f]{80}$/],
  ])('an app of $name gets an id in the form of its contract', async (contract, form) => {
    at(contract)
    expect((await createClient(PLAIN, context)).client.id).toMatch(form)
  })

  it('RFC 7636 §4: an app with a secret may do without PKCE where the contract says so', async () => {
    at(misterJames)
    expect((await createClient(PLAIN, context)).client.requirePkce).toBe(false)
    const spa: NewClient = { ...PLAIN, type: 'public' }
    expect((await createClient(spa, context)).client.requirePkce).toBe(true)
  })
})

describe('an app that is there', () => {
  it('is shown without the hashes of its secrets', async () => {
    const { client, secret } = await createClient(WEB_APP, context)
    const view = await showClient({ clientId: client.id }, context)
    expect(view.client).toEqual(client)
    expect(view.secrets).toHaveLength(1)
    expect(JSON.stringify(view)).not.toContain(sha256(secret ?? ''))
  })

  const BARE = {
    name: 'Bare',
    type: 'confidential',
    redirectUris: ['https://bare.example/cb'],
  } as const

  it('whose registration names no scopes may ask its users for all, and gets none where nobody is asked', async () => {
    const scopesOf = async (input: Partial<NewClient>) =>
      (await createClient({ ...BARE, ...input }, context)).client.scopes
    const all = listScopes(context.tenant)
    expect(all.length).toBeGreaterThan(1)
    expect(await scopesOf({})).toEqual(all)
    expect(await scopesOf({ type: 'public' })).toEqual(all)
    expect(await scopesOf({ scopes: [] })).toEqual([])
    expect(await scopesOf({ party: 'first' })).toEqual([])
    expect(await scopesOf({ grantTypes: ['client_credentials'], redirectUris: [] })).toEqual([])
    const both = ['authorization_code', 'client_credentials']
    expect(await scopesOf({ grantTypes: both })).toEqual([])
  })

  it('is disabled with all its grants, and says so', async () => {
    const { client } = await createClient(WEB_APP, context)
    await disableClient({ clientId: client.id }, context)
    const { store, tenant, clock } = context
    const found = await store.findClient(tenant.name, asClientId(client.id))
    expect(found?.client.disabledAtSeconds).toBe(clock.nowSeconds())
    const feed = { tenant: tenant.name, afterSequence: 0, nowSeconds: clock.nowSeconds(), limit: 9 }
    expect((await store.readFeed(feed)).lines).toMatchObject([
      { kind: 'client', subject: client.tag },
    ])
    expect(await auditTrail(context)).toContain(`test client.disabled client:${client.id}`)
  })

  it('house L1: is disabled once, and the second time refused without an event', async () => {
    const { client } = await createClient(WEB_APP, context)
    await disableClient({ clientId: client.id }, context)
    const trail = await auditTrail(context)
    await expect(disableClient({ clientId: client.id }, context)).rejects.toThrow(
      `client "${client.id}" is disabled already`,
    )
    expect(await auditTrail(context)).toEqual(trail)
  })

  it('that does not exist is refused by name', async () => {
    const message = 'client "nobody" does not exist in tenant main'
    await expect(showClient({ clientId: 'nobody' }, context)).rejects.toThrow(message)
    await expect(disableClient({ clientId: 'nobody' }, context)).rejects.toThrow(message)
  })
})
