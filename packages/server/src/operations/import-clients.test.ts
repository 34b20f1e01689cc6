import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import { jsonApi } from '../contracts/json-api.ts'
import { sha256 } from '../platform/hash.ts'
import { asClientId } from '../protocol/ids.ts'
import { disableClient } from './clients.ts'
import { allowancesIn } from './import-client-values.ts'
import { importClients } from './import-clients.ts'
import type { ImportRow } from './import-rows.ts'
import { describeProblem } from './operation.ts'
import { createOrganisation } from './organisations.ts'

let context: TestContext
beforeEach(async () => {
  context = await createTestContext()
})
afterEach(() => context.store.close())

const SECRET = 'the secret of an old app'
const REDIRECT_URI = 'https://ledger.example/cb'
const LEDGER = { id: 'ledger', name: 'Ledger', secret: SECRET, redirect_uris: [REDIRECT_URI] }

const rowsOf = (records: readonly object[]): ImportRow[] =>
  records.map((record, index) => ({ line: index + 1, values: { ...record } }))

const take = (...records: readonly object[]) =>
  importClients(rowsOf(records), { partial: false }, context)

const problemsWith = async (...records: readonly object[]) =>
  (await problemsOf(take(...records))).map(describeProblem)

const find = (id: string) => context.store.findClient(context.tenant.name, asClientId(id))

describe('importing apps', () => {
  it('registers them with the ids and secrets that they have, and says so of each in the audit trail', async () => {
    const report = await take(LEDGER, { id: 'spa', name: 'Spa', redirect_uris: REDIRECT_URI })
    expect(report).toMatchObject({ imported: 2, changed: 0, problems: [] })
    expect(await find('ledger')).toMatchObject({
      client: { type: 'confidential', party: 'third', redirectUris: [REDIRECT_URI] },
      secrets: [{ name: 'imported', hash: sha256(SECRET), hint: ' app', expiresAtSeconds: null }],
    })
    expect(await find('spa')).toMatchObject({ client: { type: 'public' }, secrets: [] })
    expect(await auditTrail(context)).toEqual([
      'test client.imported client:spa',
      'test client.imported client:ledger',
    ])
  })

  it('understands every column', async () => {
    await createOrganisation(
      { name: 'Acme', id: 'acme', units: [{ name: 'Vienna', id: 'vienna' }] },
      context,
    )
    await take({
      ...LEDGER,
      type: 'confidential',
      redirect_uris: `${REDIRECT_URI}  https://ledger.example/two`,
      post_logout_redirect_uris: ['https://ledger.example/bye'],
      grants: 'authorization_code refresh_token',
      scopes: 'openid contacts:read',
      default_scopes: ['contacts:read'],
      default_audience: 'https://api.example/v1',
      first_party: 'true',
      require_pkce: false,
      refresh_policy: 'stable',
      organisation: 'acme',
      unit: 'vienna',
      publisher: 'Ledger Ltd',
      homepage: 'https://ledger.example/',
      privacy_uri: 'https://ledger.example/privacy',
      terms_uri: 'https://ledger.example/terms',
    })
    expect((await find('ledger'))?.client).toMatchObject({
      name: 'Ledger',
      redirectUris: [REDIRECT_URI, 'https://ledger.example/two'],
      postLogoutRedirectUris: ['https://ledger.example/bye'],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'contacts:read'],
      defaultScopes: ['contacts:read'],
      defaultAudience: 'https://api.example/v1',
      party: 'first',
      requirePkce: false,
      refreshPolicy: 'stable',
      organisationId: 'acme',
      unitId: 'vienna',
      publisher: 'Ledger Ltd',
      homepage: 'https://ledger.example/',
      privacyUri: 'https://ledger.example/privacy',
      termsUri: 'https://ledger.example/terms',
    })
  })

  const hash = sha256(SECRET)
  const hex = Buffer.from(hash, 'base64url').toString('hex')
  it.each([hash, `${hash}=`, `sha256:${hash}`, hex, hex.toUpperCase(), `sha256:${hex}`])(
    'takes %s for the hash of the secret, without a hint of it',
    async (text) => {
      await take({ ...LEDGER, secret: null, secret_hash: text })
      expect((await find('ledger'))?.secrets).toMatchObject([{ hash, hint: '' }])
    },
  )

  it('keeps no hint of a secret that is short', async () => {
    await take({ ...LEDGER, secret: 'tiny' })
    expect((await find('ledger'))?.secrets).toMatchObject([{ hash: sha256('tiny'), hint: '' }])
  })
})

describe('what is wrong with an app', () => {
  it.each([
    [{ id: null }, 'id is missing'],
    [{ id: 'a%20b' }, /^id "a%20b" cannot be used: it holds %20, which HTTP Basic also reads/],
    [{ name: '' }, 'name is empty: give a name'],
    [{ name: 5 }, 'name is not text'],
    [{ name: 'nul \0' }, 'name is not text'],
    [{ type: 'native' }, 'type is neither confidential nor public'],
    [{ type: 'public' }, 'secret is not for a public app: leave it out'],
    [{ secret: '', type: 'confidential' }, /^secret is missing: a confidential app has one/],
    [{ secret_hash: 'x' }, 'secret is given beside secret_hash: give one of the two'],
    [{ secret: 'gehei\u00dfnis' }, /^secret has characters other than printable ASCII/],
    [{ secret: 'x'.repeat(513) }, 'secret has more than 512 characters'],
    [{ secret: '', secret_hash: 'abc' }, /^secret_hash is not SHA-256: give 64 hexadecimal/],
    [{ redirect_uris: ['http://ledger.example/'] }, /^redirect_uris "http:.* use https/],
    [{ redirect_uris: ['myapp://cb'] }, /^redirect_uris "myapp:.*"private-scheme"$/],
    [{ redirect_uris: [5] }, 'redirect_uris is not a list of texts'],
    [{ grants: ['authorization_code'], redirect_uris: [] }, /^redirect_uris is empty/],
    [{ grants: 'authorization_code magic' }, /^grants "magic" is not offered/],
    [{ scopes: 'openid nothing' }, /^scopes "nothing" is not a scope of tenant/],
    [{ default_scopes: 'openid' }, /^default_scopes "openid" is not among the scopes/],
    [{ first_party: 'yes' }, 'first_party is neither true nor false'],
    [{ refresh_policy: 'never' }, 'refresh_policy is neither rotate nor stable'],
    [{ organisation: 'nowhere' }, 'organisation "nowhere" does not exist'],
    [{ unit: 'vienna' }, 'unit needs the organisation that the unit is part of'],
    [{ homepage: 'ledger' }, 'homepage "ledger" is not an https address'],
    [{ colour: 'red' }, /^colour is not known: use id, name, type, secret,/],
    [{ allowances: 'implicit' }, 'allowances is not a list of objects in JSON'],
  ])('%j: is said on its line', async (change, problem) => {
    const problems = await problemsWith(LEDGER, { ...LEDGER, id: 'other', ...change })
    expect(problems).toHaveLength(1)
    expect(problems[0]?.replace('line 2: ', '')).toMatch(problem)
    expect(problems[0]).toMatch(/^line 2: /)
  })

  it('never repeats a secret', async () => {
    const problems = await problemsWith(
      { ...LEDGER, secret: `${SECRET}\u00e9`, secret_hash: SECRET, type: SECRET },
      { ...LEDGER, secret_hash: `${SECRET}!`, secret: null, scopes: 5 },
    )
    expect(problems.length).toBeGreaterThan(3)
    expect(problems.join()).not.toContain(SECRET)
  })
})

describe('field report 37, 38: what apps in the field have', () => {
  const terms = { owner: 'Ada', reason: 'app of 2019', until: '2031-06-30' }
  const many = Array.from({ length: 300 }, (_, at) => `https://c${at}.example/cb`)
  const redirect_uris = ['myapp://cb', 'claude://', ...many]

  it('is taken by allowance, and by nothing else', async () => {
    expect(await problemsWith({ ...LEDGER, redirect_uris })).toHaveLength(3)
    const allowances = ['private-scheme', 'many-redirect-uris'].map((name) => ({ name, ...terms }))
    await take({ ...LEDGER, redirect_uris, allowances })
    expect((await find('ledger'))?.client).toMatchObject({
      redirectUris: redirect_uris,
      allowances: allowances.map(({ name }) => expect.objectContaining({ name })),
    })
    const rows = [
      { line: 1, values: { ...LEDGER, allowances } },
      { line: 2, values: LEDGER },
    ]
    expect(allowancesIn(rows)).toEqual(['private-scheme', 'many-redirect-uris'])
  })
})

describe('legacy allowances', () => {
  const PASSWORD = { name: 'password', owner: 'Ada', reason: 'app of 2019', until: '2031-06-30' }
  const OLD = { ...LEDGER, grants: 'password refresh_token', redirect_uris: [], first_party: true }
  beforeEach(() => {
    context = { ...context, tenant: { ...MAIN_TENANT, contract: 'json-api', rules: jsonApi.rules } }
  })

  it.each([[[PASSWORD]], [JSON.stringify([PASSWORD])]])(
    'are taken along: %j',
    async (allowances) => {
      await take({ ...OLD, allowances })
      const { name, owner, reason, until } = PASSWORD
      const endsAtSeconds = Date.parse(until) / 1000
      expect((await find('ledger'))?.client.allowances).toContainEqual({
        ...{ name, owner, reason },
        endsAtSeconds,
      })
    },
  )

  it.each([
    [
      { name: 'implicit' },
      /^allowances name "implicit" is no legacy allowance of contract json-api/,
    ],
    [{ owner: '' }, /^allowances owner is missing/],
    [{ reason: 5 }, 'allowances reason is not text'],
    [{ until: '2031-13-30' }, 'allowances until is not a day such as 2027-06-30'],
    [{ until: '30 June 2031' }, 'allowances until is not a day such as 2027-06-30'],
    [{ until: '2020-01-01' }, 'allowances until is in the past'],
    [{ ends: '2031-06-30' }, /^allowances ends is not known: use name, owner, reason, until/],
  ])('%j: is said on its line', async (change, problem) => {
    const others = {
      ...OLD,
      allowances: [PASSWORD, { ...PASSWORD, name: 'long-access-token', ...change }],
    }
    const problems = await problemsWith(others)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.replace('line 1: ', '')).toMatch(problem)
  })
})

describe('a file with bad lines', () => {
  const broken = { line: 3, problem: 'is not a JSON object' }
  const records = rowsOf([LEDGER, { ...LEDGER, id: 'second', colour: 'red' }])
  const rows = [...records, broken, { line: 4, values: { ...LEDGER, name: 'Twin' } }]

  it('is refused with the problems of all of them, in order, and nothing of it is taken', async () => {
    const problems = await problemsOf(importClients(rows, { partial: false }, context))
    expect(problems.map(describeProblem)).toEqual([
      expect.stringMatching(/^line 2: colour is not known/),
      'line 3: record is not a JSON object',
      'line 4: id "ledger" is on line 1 already',
    ])
    expect(await context.store.listClients(context.tenant.name)).toEqual([])
    expect(await auditTrail(context)).toEqual([])
  })

  it('gives what is good of it when that was asked for, and the problems of the rest', async () => {
    const report = await importClients(rows, { partial: true }, context)
    expect(report.imported).toBe(1)
    expect(report.problems.map(({ line }) => line)).toEqual([2, 3, 4])
    expect(await find('ledger')).toMatchObject({ client: { name: 'Ledger' } })
    expect(await find('second')).toBeNull()
    expect(await auditTrail(context)).toEqual(['test client.imported client:ledger'])
  })

  it('says which apps are there already, disabled ones too', async () => {
    await take(LEDGER)
    await disableClient({ clientId: 'ledger' }, context)
    expect(await problemsWith({ ...LEDGER, id: 'new' }, LEDGER)).toEqual([
      'line 2: id "ledger" exists already',
    ])
    expect(await find('new')).toBeNull()
  })

  it('takes none when an app of it is created between the check and the store', async () => {
    const { store } = context
    const racing: TestContext = {
      ...context,
      store: {
        ...store,
        async importClients(clients) {
          const [, last] = clients
          if (last) await store.createClient(last.client, null)
          return store.importClients(clients)
        },
      },
    }
    const rows = rowsOf([LEDGER, { ...LEDGER, id: 'contested' }])
    expect(await problemsOf(importClients(rows, { partial: true }, racing))).toMatchObject([
      { line: 2, problem: expect.stringMatching(/^is taken/) },
    ])
    expect(await find('ledger')).toBeNull()
  })

  it('is refused when there is nothing in it', async () => {
    expect(await problemsWith()).toEqual(['file holds no records'])
  })
})

describe('field-reports 8: ids that apps have', () => {
  it.each([
    ['mail@acme.example'],
    ['12345+abc/d='],
    ['com.example.app'],
    ['Ledger of Acme'],
    ['{8a1c-77}'],
    ['100%'],
    ['~!*()$&,;?'],
  ])('%s is taken as it is', async (id) => {
    await take({ ...LEDGER, id })
    expect((await find(id))?.client.id).toBe(id)
  })

  it('a colon is for apps that have no secret to send by HTTP Basic', async () => {
    const id = 'urn:acme:board'
    await take({ id, name: 'Board', redirect_uris: [REDIRECT_URI] })
    expect(await find(id)).not.toBeNull()
    expect(await problemsWith({ ...LEDGER, id: 'urn:acme:ledger' })).toEqual([
      expect.stringMatching(/^line 1: id "urn:acme:ledger" cannot be used: it holds a colon/),
    ])
  })

  it.each([
    ['mail%40acme.example', /holds %40, which HTTP Basic also reads as "@"/],
    ['a%C3', /holds %C3, which HTTP Basic also reads as a part of a character/],
    ['a+b c', /holds a plus and a space/],
    [' a', /printable ASCII, or a space at an end/],
    ['a ', /printable ASCII, or a space at an end/],
    ['müller', /printable ASCII/],
    ['a\tb', /printable ASCII/],
    ['x'.repeat(256), /more than 255 characters/],
  ])('%s would be ambiguous, or nobody can send it', async (id, problem) => {
    expect(await problemsWith({ ...LEDGER, id })).toEqual([expect.stringMatching(problem)])
  })

  it('two ids that HTTP Basic does not tell from each other are not both taken', async () => {
    const [spaced, plus] = [
      { ...LEDGER, id: 'a b' },
      { ...LEDGER, id: 'a+b' },
    ]
    expect(await problemsWith(spaced, plus)).toEqual([
      'line 2: id, with each + as a space, "a b" is on line 1 already',
    ])
    const because = /^line 1: id "\S+( \S+)?" cannot be used: HTTP Basic does not tell it from/
    await take(spaced)
    expect(await problemsWith(plus)).toEqual([expect.stringMatching(because)])
    await take({ ...LEDGER, id: 'c+d' })
    expect(await problemsWith({ ...LEDGER, id: 'c d' })).toEqual([expect.stringMatching(because)])
  })
})

describe('a dry run', () => {
  const dryRun = (records: readonly object[], update = false) =>
    importClients(rowsOf(records), { partial: false, dryRun: true, update }, context)

  it('says what would be created and by which defaults, and what is wrong, and writes nothing', async () => {
    const report = await dryRun([LEDGER, { ...LEDGER, id: 'second', name: '' }])
    expect(report).toMatchObject({
      imported: 1,
      steps: [
        {
          ...{ line: 1, id: 'ledger', outcome: 'created' },
          defaults: {
            type: 'confidential',
            grants: 'authorization_code refresh_token',
            default_scopes: 'all of its scopes',
            first_party: 'false',
            require_pkce: 'as the tenant has it',
            refresh_policy: 'rotate',
            id_token_signed_response_alg: 'RS256',
            id_token_profile: 'true',
          },
        },
      ],
      problems: [{ line: 2, field: 'name' }],
    })
    expect(await find('ledger')).toBeNull()
    expect(await auditTrail(context)).toEqual([])
  })

  it('tells the defaults that the app then has', async () => {
    const [step] = (await dryRun([LEDGER])).steps
    await take(LEDGER)
    const client = (await find('ledger'))?.client
    expect(step?.defaults).toMatchObject({
      type: client?.type,
      grants: client?.grantTypes.join(' '),
      refresh_policy: client?.refreshPolicy,
      id_token_signed_response_alg: client?.idTokenAlgorithm,
      id_token_profile: String(client?.idTokenProfile),
    })
  })

  it('says what would change, and changes nothing', async () => {
    await take(LEDGER)
    const before = await find('ledger')
    const report = await dryRun([{ ...LEDGER, name: 'Ledger 2' }], true)
    expect(report).toMatchObject({
      ...{ imported: 0, changed: 1 },
      steps: [{ outcome: 'changed', columns: ['name'] }],
    })
    expect(await find('ledger')).toEqual(before)
  })
})

describe('an update', () => {
  const update = (...records: readonly object[]) =>
    importClients(rowsOf(records), { partial: false, update: true }, context)

  it('changes what a row says otherwise, leaves the rest, and adds what is new', async () => {
    await take({ ...LEDGER, publisher: 'Acme', scopes: 'openid contacts:read' })
    context.clock.advance(60)
    const change = { id: 'ledger', name: 'Ledger 2', scopes: ['openid'], secret: 'another secret' }
    const report = await update(change, { ...LEDGER, id: 'new' })
    expect(report).toMatchObject({ imported: 1, changed: 1, unchanged: 0, problems: [] })
    expect(report.steps[0]?.columns).toEqual(['name', 'scopes', 'secret'])
    expect(await find('ledger')).toMatchObject({
      client: {
        ...{ name: 'Ledger 2', scopes: ['openid'], publisher: 'Acme' },
        redirectUris: [REDIRECT_URI],
      },
    })
    const secrets = (await find('ledger'))?.secrets.map(({ name, hash }) => `${name} ${hash}`)
    expect(secrets?.toSorted()).toEqual(
      [`imported ${sha256(SECRET)}`, `imported 2 ${sha256('another secret')}`].toSorted(),
    )
    const dates = (await find('ledger'))?.secrets
      .map((secret) => secret.createdAtSeconds)
      .toSorted()
    const now = context.clock.nowSeconds()
    expect(dates).toEqual([now - 60, now])
    expect(await auditTrail(context)).toEqual([
      'test client.updated client:ledger',
      'test client_secret.added client:ledger',
      'test client.imported client:new',
      'test client.imported client:ledger',
    ])
  })

  it('changes nothing when the same file is imported once more', async () => {
    const rows = [
      {
        ...LEDGER,
        first_party: true,
        organisation: null,
        default_scopes: 'openid',
        scopes: 'openid',
      },
      { id: 'board', name: 'Board', redirect_uris: [REDIRECT_URI] },
    ]
    await update(...rows)
    const before = await auditTrail(context)
    expect(await update(...rows)).toMatchObject({ imported: 0, changed: 0, unchanged: 2 })
    expect(await auditTrail(context)).toEqual(before)
  })

  it.each([
    [{ type: 'public', secret: null }, /^line 1: type cannot be changed/],
    [{ redirect_uris: ['http://ledger.example/'] }, /^line 1: redirect_uris "http:/],
    [{ name: ' ' }, /^line 1: name is empty/],
    [{ scopes: 'nothing' }, /^line 1: scopes "nothing" is not a scope/],
    [{ organisation: 'nowhere' }, /^line 1: organisation "nowhere" does not exist/],
    [{ refresh_policy: 'never' }, /^line 1: refresh_policy is neither/],
  ])('%j: is said on its line, and nothing is changed', async (change, problem) => {
    await take(LEDGER)
    const before = await find('ledger')
    const problems = await problemsOf(update({ ...LEDGER, ...change }, { ...LEDGER, id: 'new' }))
    expect(problems.map(describeProblem)).toEqual([expect.stringMatching(problem)])
    expect(await find('ledger')).toEqual(before)
    expect(await find('new')).toBeNull()
  })

  it('says which row it could not change because of somebody else, and has done all others', async () => {
    const rows = ['one', 'two', 'three'].map((id) => ({ ...LEDGER, id, name: id }))
    await take(...rows)
    const { store } = context
    const updateClient = store.updateClient.bind(store)
    // Somebody else is faster, between the check and the change.
    const outdated: typeof updateClient = (before, after, event) =>
      before.id === 'two' ? Promise.resolve('outdated') : updateClient(before, after, event)
    Object.assign(store, { updateClient: outdated })
    const report = await update(...rows.map((row) => ({ ...row, name: `${row.name} changed` })))
    expect(report).toMatchObject({ imported: 0, changed: 2, unchanged: 0 })
    expect(report.steps.map(({ id }) => id)).toEqual(['one', 'three'])
    expect(report.problems.map(describeProblem)).toEqual([expect.stringMatching(/^line 2: /)])
    expect((await find('three'))?.client.name).toBe('three changed')
  })

  it('empties nothing by a cell of blanks', async () => {
    await take({ ...LEDGER, scopes: 'openid' })
    expect(await update({ ...LEDGER, scopes: '  ' })).toMatchObject({ changed: 0, unchanged: 1 })
    expect((await find('ledger'))?.client.scopes).toEqual(['openid'])
  })

  it('leaves a disabled app as it is', async () => {
    await take(LEDGER)
    await disableClient({ clientId: 'ledger' }, context)
    const problems = await problemsOf(update({ ...LEDGER, name: 'Back' }))
    expect(problems.map(describeProblem)).toEqual([
      'line 1: id "ledger" is disabled: it cannot be changed',
    ])
  })
})
