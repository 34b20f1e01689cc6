// Versions of the API: published by the issuer, served by the sample API, named on authorize requests, and who calls
// which. The rows of the contract `versioned` about X-VERSION; any tenant can have them.

import { join } from 'node:path'
import { type FastifyInstance, fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerApi } from '../../../../examples/crm-api/src/plugin.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { openStore } from '../../src/store/sql/open.ts'
import { type CliFolder, createCliFolder } from '../support/cli.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, basic, getAnswer, newPkce, readAnswer, TestApp } from '../support/test-app.ts'
import {
  API,
  API_SERVER,
  MACHINE,
  OTHER_APP,
  SPA,
  TENANT,
  type TestClient,
  WEB_APP,
} from '../support/world.ts'

const VERSIONS = {
  apiVersions: [
    { version: '1.5.0', state: 'retired', deprecatedAt: '2024-01-01', sunsetAt: '2025-01-01' },
    { version: '1.6.0', state: 'deprecated', deprecatedAt: '2026-06-01', sunsetAt: '2027-06-01' },
    { version: '1.7.0', state: 'current' },
    { version: '1.8.0', state: 'current' },
    { version: '2.0.0-beta', state: 'preview' },
  ],
  defaultApiVersion: '1.7.0',
}
const SUPPORTED = ['2.0.0-beta', '1.8.0', '1.7.0', '1.6.0']
const UNSUPPORTED = {
  error: 'unsupported_version',
  error_description: expect.stringContaining('Supported are 2.0.0-beta, 1.8.0, 1.7.0, 1.6.0.'),
  supported_versions: SUPPORTED,
}

/** The same at the authorization endpoint, where the reader's language may have a say. */
const UNSUPPORTED_IN_ENGLISH = {
  ...UNSUPPORTED,
  error_description: `Name one of the supported versions in the header X-VERSION. (${SUPPORTED.join(', ')})`,
}

const versionHeaders = ({ headers }: Answer) =>
  Object.fromEntries(
    ['x-version', 'x-version-latest', 'x-version-status', 'deprecation', 'sunset'].flatMap(
      (name) => (headers.has(name) ? [[name, headers.get(name)]] : []),
    ),
  )

describe.each(STORES)('API versions on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, { tenant: VERSIONS })
  })
  afterAll(() => server?.stop())

  /** What is stored of the calls of an app, as version -> calls. */
  async function usesOf({ id }: TestClient): Promise<Record<string, number>> {
    const all = { tenant: TENANT, clientId: null, fromDay: '2000-01-01' }
    const uses = await server.store.listVersionUses(all)
    const own = uses.filter(({ clientId }) => clientId === id)
    return Object.fromEntries(own.map(({ version, calls }) => [version, calls]))
  }

  describe('the document of the issuer', () => {
    it('tells every version, the default and the latest, to anybody', async () => {
      const answer = await getAnswer(`${server.issuer}/api-versions`)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('public, max-age=60')
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.body).toEqual({
        default: '1.7.0',
        latest: '1.8.0',
        versions: [
          { version: '2.0.0-beta', state: 'preview' },
          { version: '1.8.0', state: 'current' },
          { version: '1.7.0', state: 'current' },
          {
            version: '1.6.0',
            state: 'deprecated',
            deprecated_at: Date.UTC(2026, 5, 1) / 1000,
            sunset_at: Date.UTC(2027, 5, 1) / 1000,
          },
          {
            version: '1.5.0',
            state: 'retired',
            deprecated_at: Date.UTC(2024, 0, 1) / 1000,
            sunset_at: Date.UTC(2025, 0, 1) / 1000,
          },
        ],
      })
    })

    it('is found through the metadata', async () => {
      const { body } = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
      expect(body).toMatchObject({
        api_versions_endpoint: `${server.issuer}/api-versions`,
        version_usage_endpoint: `${server.issuer}/version-usage`,
      })
    })
  })

  describe('a request to the sample API', () => {
    let api: FastifyInstance
    let address: string
    let token: string

    beforeAll(async () => {
      api = fastify()
      await api.register(registerApi, {
        prefix: '/v1',
        issuer: server.issuer,
        audience: API,
        clientId: API_SERVER.id,
        clientSecret: API_SERVER.secret ?? '',
        databasePath: ':memory:',
        organisations: [{ id: 'acme', units: [{ id: 'acme-north' }] }],
        versions: true,
      })
      address = await api.listen({ port: 0, host: '127.0.0.1' })
      const machine = new TestApp(server, MACHINE)
      const { body } = await machine.token({ grant_type: 'client_credentials' })
      token = body.access_token
    })
    afterAll(() => api?.close())

    const call = (headers: Record<string, string>, path = '/v1/me') =>
      getAnswer(address + path, { authorization: `Bearer ${token}`, ...headers })

    it.each([
      [
        'for an older version works, and says that an update is available and which is the latest',
        '1.7.0',
        { 'x-version-status': 'update-available' },
      ],
      ['for the latest version says that it is stable', '1.8.0', { 'x-version-status': 'stable' }],
      [
        'RFC 9745 §2, RFC 8594 §3: for a deprecated version says until when it works',
        '1.6.0',
        {
          'x-version-status': 'deprecated',
          deprecation: `@${Date.UTC(2026, 5, 1) / 1000}`,
          sunset: 'Tue, 01 Jun 2027 00:00:00 GMT',
        },
      ],
      ['for a preview says so', '2.0.0-beta', { 'x-version-status': 'preview' }],
    ])('%s', async (_what, version, headers) => {
      const answer = await call({ 'x-version': version })
      expect(answer.status).toBe(200)
      expect(answer.body).toMatchObject({ client_id: MACHINE.id, api_version: version })
      expect(versionHeaders(answer)).toEqual({
        'x-version': version,
        'x-version-latest': '1.8.0',
        ...headers,
      })
    })

    it('that names no version gets the default', async () => {
      expect((await call({})).body).toMatchObject({ api_version: '1.7.0' })
    })

    it.each(['1.5.0', '9.9.9', '1.7', '1.8.0, 1.7.0'])(
      'for %s is refused with the versions that are supported',
      async (version) => {
        const answer = await call({ 'x-version': version })
        expect(answer.status).toBe(400)
        expect(answer.body).toEqual(UNSUPPORTED)
        expect(answer.headers.get('x-version-latest')).toBe('1.8.0')
      },
    )

    it('hears how its version stands on refusals too', async () => {
      const stranger = await call({ authorization: '', 'x-version': '1.7.0' })
      expect(stranger.status).toBe(401)
      expect(versionHeaders(stranger)).toMatchObject({ 'x-version-status': 'update-available' })
      expect((await call({}, '/v1/nowhere')).headers.get('x-version')).toBe('1.7.0')
    })

    it('is counted for its app and version, and told when the API stops at the latest', async () => {
      await api.close()
      expect(await usesOf(MACHINE)).toEqual({
        '1.6.0': 1,
        '1.7.0': 2,
        '1.8.0': 1,
        '2.0.0-beta': 1,
      })
    })
  })

  describe('a report of uses', () => {
    const today = () => new Date(server.clock.nowSeconds() * 1000).toISOString().slice(0, 10)
    const daysAgo = (days: number) =>
      new Date((server.clock.nowSeconds() - days * 86_400) * 1000).toISOString().slice(0, 10)

    const use = (given: object = {}) => ({
      client_id: OTHER_APP.id,
      version: '1.8.0',
      day: today(),
      calls: 1,
      ...given,
    })

    async function report(body: unknown, client: TestClient = API_SERVER): Promise<Answer> {
      const { id, secret = '' } = client
      return readAnswer(
        await fetch(`${server.issuer}/version-usage`, {
          method: 'POST',
          headers: { authorization: basic(id, secret), 'content-type': 'application/json' },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      )
    }

    it('counts once, however often and however closely it is sent', async () => {
      const before = (await usesOf(OTHER_APP))['1.8.0'] ?? 0
      const body = { batch: 'batch-1', uses: [use({ calls: 12 }), use({ calls: 3 })] }
      const answers = await Promise.all(Array.from({ length: 10 }, () => report(body)))
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(204))
      expect((await report(body)).status).toBe(204)
      expect((await usesOf(OTHER_APP))['1.8.0']).toBe(before + 15)
      expect((await report({ ...body, batch: 'batch-2' })).status).toBe(204)
      expect((await usesOf(OTHER_APP))['1.8.0']).toBe(before + 30)
    })

    it('counts what it knows: an app or a version that is gone costs the others nothing', async () => {
      const uses = [
        use({ client_id: 'gone', version: '1.6.0' }),
        use({ version: '1.4.0' }),
        use({ version: '1.6.0', day: daysAgo(3) }),
      ]
      expect((await report({ batch: 'batch-3', uses })).status).toBe(204)
      expect(await usesOf({ ...OTHER_APP, id: 'gone' })).toEqual({})
      const known = await usesOf(OTHER_APP)
      expect(known['1.4.0']).toBeUndefined()
      expect(known['1.6.0']).toBe(1)
    })

    it.each([
      ['batch', {}, 'batch'],
      ['batch of another type', { batch: 7 }, 'batch'],
      ['batch that is too long', { batch: 'a'.repeat(65) }, 'batch'],
      ['no list', { batch: 'b', uses: {} }, 'uses'],
      ['no JSON', '{"batch":', 'JSON'],
      ['no object', [], 'batch'],
      ['a member twice', '{"batch":"a","batch":"b","uses":[]}', 'more than once'],
      ['too many uses', { batch: 'b', uses: Array(201).fill({}) }, 'uses'],
    ])('is refused with a malformed body: %s', async (_what, body, named) => {
      const { status, body: refusal } = await report(body)
      expect(status).toBe(400)
      expect(refusal).toMatchObject({
        error: 'invalid_request',
        error_description: expect.stringContaining(named),
      })
    })

    it.each([
      ['client_id', ''],
      ['client_id', 7],
      ['version', undefined],
      ['day', '2026-02-30'],
      ['day', '21.11.2026'],
      ['calls', 0],
      ['calls', 1.5],
      ['calls', '12'],
      ['calls', 1e12],
    ])('is refused as a whole for a use whose %s is %j', async (name, value) => {
      const before = await usesOf(OTHER_APP)
      const uses = [use(), use({ [name]: value })]
      const { status, body } = await report({ batch: `bad-${name}`, uses })
      expect(status).toBe(400)
      expect(body.error_description).toContain(`uses[1].${name}`)
      expect(await usesOf(OTHER_APP)).toEqual(before)
    })

    it('is refused for days so old that they might have been told before', async () => {
      const { status, body } = await report({ batch: 'old', uses: [use({ day: daysAgo(4) })] })
      expect(status).toBe(400)
      expect(body.error_description).toContain('uses[0].day')
    })

    it.each([
      ['an app', WEB_APP, 403, 'access_denied'],
      ['a public app', SPA, 401, 'invalid_client'],
      ['a wrong secret', { ...API_SERVER, secret: 'wrong' }, 401, 'invalid_client'],
    ])('is taken from the API alone, not with %s', async (_who, client, status, error) => {
      const answer = await report({ batch: 'foreign', uses: [use()] }, client)
      expect(answer.status).toBe(status)
      expect(answer.body).toMatchObject({ error })
    })

    it('is taken as JSON alone', async () => {
      const api = new TestApp(server, API_SERVER)
      const answer = await api.post('/version-usage', { batch: 'form', uses: '[]' })
      expect(answer.status).toBe(400)
      expect(answer.body.error_description).toContain('application/json')
    })
  })
})

describe.each(STORES)('an authorize request that names a version, on %s', (kind) => {
  describe.each([
    ['standard', '/authorize'],
    ['versioned', '/oauth/authorize'],
  ])('of contract %s', (contract, path) => {
    let server: TestServer

    beforeAll(async () => {
      server = await startTestServer(kind, { tenant: { ...VERSIONS, contract } })
    })
    afterAll(() => server?.stop())

    const authorize = (headers: Record<string, string>, fields: object = {}) => {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: WEB_APP.id,
        redirect_uri: WEB_APP.redirectUri,
        scope: 'contacts:read',
        state: 'state-1',
        code_challenge: newPkce().challenge,
        code_challenge_method: 'S256',
        ...fields,
      })
      return getAnswer(`${server.issuer}${path}?${query}`, headers)
    }

    it('gets its page, with the state of the version in headers and nothing of it for the user', async () => {
      const answer = await authorize({ 'x-version': '1.6.0' })
      expect(answer.status).toBe(200)
      expect(versionHeaders(answer)).toEqual({
        'x-version': '1.6.0',
        'x-version-latest': '1.8.0',
        'x-version-status': 'deprecated',
        deprecation: `@${Date.UTC(2026, 5, 1) / 1000}`,
        sunset: 'Tue, 01 Jun 2027 00:00:00 GMT',
      })
      expect(answer.headers.get('vary')).toBe('X-VERSION, Accept-Language, Cookie')
      expect(answer.headers.get('content-type')).toContain('text/html')
      expect(answer.text).not.toMatch(/1\.6\.0|1\.8\.0|version/i)
    })

    it('hears it on the answer that goes back to the app too', async () => {
      const answer = await authorize({ 'x-version': '1.7.0' }, { prompt: 'none' })
      expect(answer.status).toBe(303)
      expect(answer.headers.get('location')).toContain('error=login_required')
      expect(versionHeaders(answer)).toMatchObject({ 'x-version-status': 'update-available' })
    })

    it.each(['1.5.0', '9.9.9', ''])(
      'for version %j gets JSON with the versions that are supported',
      async (version) => {
        const answer = await authorize({ 'x-version': version, accept: 'text/html' })
        expect(answer.status).toBe(400)
        expect(answer.body).toEqual(UNSUPPORTED_IN_ENGLISH)
        expect(answer.headers.get('x-version-latest')).toBe('1.8.0')
      },
    )

    it('RFC 9110 §12.5.4: hears of an unknown version in the language that the contract says', async () => {
      const { body } = await authorize({ 'x-version': '9.9.9', 'accept-language': 'tlh, de;q=0.8' })
      expect(body.error_description).toMatch(
        contract === 'versioned' ? /^Geben Sie .* X-VERSION .*1\.8\.0/ : /^Name one .*1\.8\.0/,
      )
      expect(body.supported_versions).toEqual(SUPPORTED)
    })

    const readUses = async () => {
      const all = { tenant: TENANT, clientId: null, fromDay: '2000-01-01' }
      const uses = await server.store.listVersionUses(all)
      return uses.map(({ clientId, version, calls }) => ({ clientId, version, calls }))
    }

    it('security L5: is not counted while nobody has signed in, however often it is sent', async () => {
      const app = { client_id: OTHER_APP.id, redirect_uri: OTHER_APP.redirectUri }
      for (const client_id of [OTHER_APP.id, 'nobody']) {
        await authorize({ 'x-version': '1.8.0' }, { ...app, client_id })
        await authorize({ 'x-version': '1.8.0' }, { ...app, client_id, prompt: 'none' })
      }
      expect(await readUses()).toEqual([])
    })

    it('is counted for the app that gets its answer, unlike one of a browser, which names none', async () => {
      const app = new TestApp(server, OTHER_APP)
      const { browser } = await app.obtainCode()
      await browser.open(app.authorizeUrl())
      for (const version of ['9.9.9', '1.8.0', '1.8.0']) {
        await browser.open(app.authorizeUrl(), { headers: { 'x-version': version } })
      }
      const wanted = [{ clientId: OTHER_APP.id, version: '1.8.0', calls: 2 }]
      await expect.poll(readUses).toEqual(wanted)
    })
  })
})

describe.each(STORES)('a tenant whose API has no versions, on %s', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  it('publishes none, takes no reports, and takes no notice of the header', async () => {
    expect((await getAnswer(`${server.issuer}/api-versions`)).status).toBe(404)
    expect((await fetch(`${server.issuer}/version-usage`, { method: 'POST' })).status).toBe(404)
    const { body } = await getAnswer(`${server.issuer}/.well-known/oauth-authorization-server`)
    expect(Object.keys(body).filter((name) => name.includes('version'))).toEqual([])
    const answer = await getAnswer(new TestApp(server, WEB_APP).authorizeUrl(), {
      'x-version': '9.9.9',
    })
    expect(answer.status).toBe(200)
    expect(versionHeaders(answer)).toEqual({})
  })
})

describe('ostiary api-version usage', () => {
  let cli: CliFolder

  beforeAll(async () => {
    cli = await createCliFolder({
      tenants: [{ name: TENANT, issuer: 'https://login.example', ...VERSIONS }],
    })
    await cli.run(['client', 'create', '--name', 'Ledger', '--id', 'ledger'])
    await cli.run(['client', 'create', '--name', 'Sync', '--id', 'sync'])
  })
  afterAll(() => cli?.remove())

  it('lists which app calls which version', async () => {
    expect((await cli.run(['api-version', 'usage'])).stdout).toContain('nobody has called')
    const day = new Date().toISOString().slice(0, 10)
    const uses = ['ledger', 'sync'].map((id) => ({
      tenant: TENANT,
      clientId: asClientId(id),
      version: '1.6.0',
      day,
      calls: 12,
    }))
    const path = join(cli.path, 'data', 'ostiary.db')
    const store = await openStore({ kind: 'sqlite', path }, { migrate: false })
    await store.recordVersionUses({ uses, batch: null })
    await store.close()

    const listed = await cli.run(['api-version', 'usage'])
    expect(listed.stdout).toMatch(/^CLIENT ID +VERSION +STATE +CALLS +LAST CALLED\nledger +1\.6\.0/)
    expect(listed.stdout.split('\n')[2]).toBe(`sync       1.6.0    deprecated  12     ${day}`)
    expect(await cli.json(['api-version', 'usage', '--client', 'sync', '--days', '7'])).toEqual({
      uses: [{ clientId: 'sync', version: '1.6.0', state: 'deprecated', calls: 12, lastDay: day }],
    })
  })

  it('says what is wrong with what it is asked, and exits with 2', async () => {
    const run = await cli.run(['api-version', 'usage', '--client', 'nobody'])
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nobody') })
    const days = await cli.run(['api-version', 'usage', '--days', 'many'])
    expect(days).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('from 1 to 400') })
  })
})
