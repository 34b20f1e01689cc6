// The API behind each wire contract, and all of them in one process.

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ContractName } from '@ostiary/resource'
import { createTestIssuer } from '@ostiary/resource/testing'
import { fastify } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ApiOptions, registerApi, registerMetadata } from '../src/plugin.ts'
import { scopesOf } from '../src/scopes.ts'
import { startApi } from './support/start-api.ts'

/** Where each contract documents its API, below the issuer. */
const API_PATHS: Readonly<Record<ContractName, string>> = {
  standard: '/api/v1',
  'mister-james': '/_utalic_release/api/v1',
  'json-api': '/api/v1',
  'crm-com': '/api/v1',
  'financial-cents': '/api/v1',
  versioned: '/api/v1',
}
const CONTRACTS = Object.keys(API_PATHS) as ContractName[]

const ACME = { id: 'acme', units: [{ id: 'north' }, { id: 'south' }], consumers: ['ada', 'bob'] }
const organisationOf = (userId: string) => (userId === 'ada' ? 'acme' : undefined)

function start(contract: ContractName, options: Partial<ApiOptions> = {}) {
  return startApi({ contract, organisations: [ACME], ...options })
}

describe.each(CONTRACTS)('%s', (contract) => {
  test('serves good tokens, and refuses expired, forged and revoked ones', async () => {
    const api = await start(contract, { organisationOf })
    const { mint } = api.issuer
    const minted = { userId: 'ada', organisationId: 'acme', scopes: ['contacts:read', 'read'] }
    const get = async (token: string, { app } = api) => {
      const headers = { authorization: `Bearer ${token}` }
      return (await app.inject({ url: '/api/v1/contacts', headers })).statusCode
    }
    const token = await mint(minted)
    expect(await get(token)).toBe(200)
    expect(await get(await mint.expired(minted))).toBe(401)
    expect(await get(await mint.forged(minted))).toBe(401)

    const revoked = await mint(minted)
    api.issuer.revoke(revoked)
    // An API that starts now reads the feed at its first token, and not only at the next poll.
    const later = await start(contract, { fetch: api.issuer.fetch, organisationOf })
    expect(await get(revoked, later)).toBe(401)
    expect(await get(token, later)).toBe(200)
  })

  test('says what the token is', async () => {
    const api = await start(contract)
    const call = await api.callAs({ userId: 'ada', clientId: 'sync' })
    expect(await call('GET', '/me')).toMatchObject({
      status: 200,
      body: { user_id: 'ada', client_id: contract === 'crm-com' ? null : 'sync' },
    })
  })
})

describe('json-api: a body is application/json and nothing else', () => {
  async function post(contentType: string | undefined, scope = 'clients:write') {
    const api = await start('json-api')
    const token = await api.issuer.mint({ organisationId: 'acme', scopes: [scope] })
    return await api.app.inject({
      method: 'POST',
      url: '/api/v1/clients',
      headers: {
        authorization: `Bearer ${token}`,
        ...(contentType && { 'content-type': contentType }),
      },
      payload: '{"name":"A"}',
    })
  }

  test.each(['application/json', 'Application/JSON'])('%s is right', async (contentType) => {
    expect((await post(contentType)).statusCode).toBe(201)
  })

  test.each([
    'application/json; charset=utf-8',
    'application/json;charset=utf-8',
    'application/json;',
    'application/json; ',
    'application/problem+json',
    'text/json',
    'application/x-www-form-urlencoded',
    undefined,
  ])('415 for %s', async (contentType) => {
    const response = await post(contentType)
    expect(response.statusCode).toBe(415)
    expect(response.headers['content-type']).toContain('application/json')
    expect(response.json()).toMatchObject({ error: 'unsupported_media_type' })
  })

  test('415 comes before the scopes of the token are looked at', async () => {
    const answers = [
      await post('application/json; charset=utf-8', 'clients:read'),
      await post('application/json', 'clients:read'),
    ]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([415, 403])
  })

  test('a request without a body may say what it likes', async () => {
    const api = await start('json-api')
    const token = await api.issuer.mint({ organisationId: 'acme', scopes: ['clients:read'] })
    const response = await api.app.inject({
      url: '/api/v1/clients',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json; charset=utf-8',
      },
    })
    expect(response.statusCode).toBe(200)
  })

  test('other contracts take the parameter', async () => {
    const api = await start('standard')
    const token = await api.issuer.mint({ organisationId: 'acme', scopes: ['clients:write'] })
    const response = await api.app.inject({
      method: 'POST',
      url: '/api/v1/clients',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json; charset=utf-8',
      },
      payload: '{"name":"A"}',
    })
    expect(response.statusCode).toBe(201)
  })
})

describe('financial-cents: the token names no organisation', () => {
  test('the product knows which one its user belongs to', async () => {
    const api = await start('financial-cents', { organisationOf })
    const call = await api.callAs({ userId: 'ada' })
    const created = await call('POST', '/clients', { name: 'Blue Door', unit_id: 'south' })
    expect(created).toMatchObject({ status: 201, body: { unit_id: 'south' } })
  })

  test.each([
    ['a user of no organisation', { userId: 'eve' }],
    ['an app without a user', { userId: null }],
  ])('%s reaches nothing', async (_name, minted) => {
    const api = await start('financial-cents', { organisationOf })
    const call = await api.callAs(minted)
    expect(await call('GET', '/clients')).toMatchObject({
      status: 403,
      body: { error: 'access_denied' },
    })
  })
})

describe('crm-com: a token is for the data of one consumer', () => {
  const page = '/contacts?limit=100'

  test('sees the rows of that consumer, in his unit, and no others', async () => {
    const api = await start('crm-com')
    const ofAda = await api.callAs({ userId: 'ada' })
    const ofAdaInNorth = await api.callAs({ userId: 'ada', unitId: 'north' })
    const ofBob = await api.callAs({ userId: 'bob' })
    const all = (await ofAda('GET', page)).body.data
    expect(all.map(({ unit_id }: { unit_id: string }) => unit_id)).toEqual([
      ...Array(3).fill('north'),
      ...Array(3).fill('south'),
    ])
    expect((await ofAdaInNorth('GET', page)).body.data).toEqual(all.slice(0, 3))
    for (const { id } of all) {
      expect(await ofAda('GET', `/contacts/${id}`)).toMatchObject({ status: 200 })
      expect(await ofBob('GET', `/contacts/${id}`)).toMatchObject({ status: 404 })
    }
  })

  test('a consumer of another organisation sees nothing', async () => {
    const api = await start('crm-com')
    const call = await api.callAs({ userId: 'ada', organisationId: 'globex' })
    expect((await call('GET', page)).body.data).toEqual([])
  })

  test.each([
    ['POST', '/contacts', { name: 'Eva' }],
    ['PATCH', '/contacts/4', { name: 'Eva' }],
    ['DELETE', '/contacts/4', undefined],
  ] as const)('writes nothing: %s %s', async (method, path, body) => {
    const api = await start('crm-com')
    const call = await api.callAs({ userId: 'ada' })
    const before = (await call('GET', page)).body
    const answer = await call(method, path, body)
    expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied' } })
    expect(answer.body.error_description).toContain('read')
    expect((await call('GET', page)).body).toEqual(before)
  })
})

test('a database from before there were consumers goes on, with its rows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crm-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const databasePath = join(folder, 'crm.sqlite')
  const first = await startApi({ databasePath })
  const rows = (await (await first.callAs())('GET', '/clients')).body
  for (const end of ['', '-wal']) {
    expect(
      (await stat(databasePath + end)).mode & 0o077,
      'security L10: nobody else reads it',
    ).toBe(0)
  }
  await first.app.close()
  makeOlder(databasePath)

  const second = await startApi({ databasePath })
  expect((await (await second.callAs())('GET', '/clients')).body).toEqual(rows)
  await second.app.close()
})

function makeOlder(path: string): void {
  const database = new DatabaseSync(path)
  for (const table of ['clients', 'contacts', 'users', 'templates', 'projects']) {
    database.exec(`ALTER TABLE ${table} DROP COLUMN consumer_id`)
  }
  database.exec('PRAGMA user_version = 1')
  database.close()
}

describe('all contracts in one process', () => {
  const origin = 'https://crm.test'

  /** Each under a path of its own, as a server with several tenants has them. */
  async function startAll() {
    const app = fastify()
    onTestFinished(() => app.close())
    const mounts = CONTRACTS.map((contract) => {
      const issuer = createTestIssuer({
        contract,
        issuer: `${origin}/${contract}`,
        audience: `${origin}/${contract}${API_PATHS[contract]}`,
      })
      return { issuer, prefix: new URL(issuer.audience).pathname }
    })
    for (const { issuer, prefix } of mounts) {
      const { introspection, ...resource } = issuer.guardOptions
      await app.register(registerMetadata, resource)
      await app.register(registerApi, {
        ...resource,
        ...introspection,
        prefix,
        databasePath: ':memory:',
        organisations: [ACME],
        organisationOf,
      })
    }
    return { app, mounts }
  }

  test('each takes its own tokens and no others', async () => {
    const { app, mounts } = await startAll()
    for (const { issuer, prefix } of mounts) {
      const minted = { userId: 'ada', organisationId: 'acme', scopes: ['clients:read', 'read'] }
      const headers = { authorization: `Bearer ${await issuer.mint(minted)}` }
      for (const other of mounts) {
        const { statusCode } = await app.inject({ url: `${other.prefix}/clients`, headers })
        expect(statusCode, `${prefix} at ${other.prefix}`).toBe(other.prefix === prefix ? 200 : 401)
      }
    }
  })

  test('RFC 9728 §3: each has its document', async () => {
    const { app, mounts } = await startAll()
    for (const { issuer, prefix } of mounts) {
      const refused = await app.inject(`${prefix}/clients`)
      const challenge = String(refused.headers['www-authenticate'])
      const [, path = ''] = /resource_metadata="https:\/\/crm\.test([^"]+)"/.exec(challenge) ?? []
      expect((await app.inject(path)).json()).toMatchObject({
        resource: issuer.audience,
        authorization_servers: [issuer.issuer],
        scopes_supported: scopesOf(issuer.guardOptions.contract).map(({ name }) => name),
      })
    }
  })
})
