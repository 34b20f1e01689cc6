// The demo as a newcomer meets it: what it prints works as pasted, and a second start keeps everything.

import { type ChildProcess, execFile } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DemoFile, DemoTenant } from '../../src/cli/demo/demo-file.ts'
import { TestBrowser } from '../support/browser.ts'
import { type CliFolder, createCliFolder, firstLine } from '../support/cli.ts'
import { findFreePort } from '../support/free-port.ts'

const API = fileURLToPath(new URL('../../../../examples/crm-api/src/plugin.ts', import.meta.url))
const shell = promisify(execFile)

let cli: CliFolder
let running: ChildProcess | undefined

interface Ready {
  readonly issuer: string
  readonly api: string | null
  readonly places: { readonly account: string; readonly developers?: string }
  readonly demoFile: string
  readonly curl: readonly string[]
  readonly pages: { readonly url: string; readonly exchange: string }
  readonly development: boolean
  readonly signIn: { readonly username: string; readonly password: string }
}

async function startDemo(port: number, args = ['--api', API]): Promise<Ready> {
  running = cli.spawn(['dev', '--json', ...args], { PORT: String(port) })
  return JSON.parse(await firstLine(running))
}

async function stopDemo(): Promise<number | null> {
  const child = running
  running = undefined
  if (!child) return null
  child.kill('SIGINT')
  if (child.exitCode === null) await once(child, 'exit')
  return child.exitCode
}

/** Of the files in a folder, each mode once. */
function modesOf(folder: string): number[] {
  return [...new Set(readdirSync(folder).map((file) => statSync(join(folder, file)).mode & 0o777))]
}

function readDemo(): DemoTenant {
  const file: DemoFile = JSON.parse(readFileSync(join(cli.path, 'data', 'demo.json'), 'utf8'))
  const [tenant] = file.tenants
  if (!tenant) throw new Error('demo.json has no tenant')
  return tenant
}

async function paste(command: string | undefined): Promise<Record<string, unknown>> {
  const { stdout } = await shell('sh', ['-c', command ?? 'false'])
  return JSON.parse(stdout)
}

/** Signs in, allows, and pastes the command for the code at the end. */
async function walkThePages({ pages, signIn }: Ready): Promise<Record<string, unknown>> {
  const browser = new TestBrowser()
  const form = await browser.openAndFollow(pages.url)
  const { username, password } = signIn
  const consent = await browser.submitAndFollow(form, { username, password })
  const { location } = await browser.submit(consent, { decision: 'allow' })
  const code = new URL(location ?? '').searchParams.get('code') ?? ''
  return paste(pages.exchange.replace('CODE', code))
}

interface Credentials {
  readonly client_id: string
  readonly client_secret?: string | undefined
}

function post(url: string, { client_id, client_secret }: Credentials, form: object) {
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64')
  return fetch(url, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ ...form }),
  })
}

function machineOf(tenant: DemoTenant): Credentials {
  const machine = tenant.clients.find(({ grants }) => grants.includes('client_credentials'))
  if (!machine) throw new Error('the demo has no machine client')
  return machine
}

const CLIENT_CREDENTIALS = { grant_type: 'client_credentials' }

describe('the first start', () => {
  let ready: Ready
  let port: number
  beforeAll(async () => {
    cli = await createCliFolder()
    port = await findFreePort()
    ready = await startDemo(port)
  })
  afterAll(async () => {
    await stopDemo()
    await cli.remove()
  })

  it('prints commands that work as pasted: one gets a token, one calls the API', async () => {
    const [getToken, callApi] = ready.curl
    expect(await paste(getToken)).toMatchObject({
      token_type: 'Bearer',
      access_token: expect.stringMatching(/^eyJ/),
    })
    expect(await paste(callApi)).toMatchObject({
      data: expect.arrayContaining([expect.objectContaining({ unit_id: 'hamburg' })]),
    })
  })

  it('names the pages for users and developers, and everybody who can sign in there', async () => {
    const { users } = readDemo()
    const { account, developers = '' } = ready.places
    expect(account).toBe(`${ready.issuer}/account/apps`)
    expect(developers).toBe(`${ready.issuer}/developers`)
    for (const { username, password } of users) {
      for (const url of [account, developers]) {
        const browser = new TestBrowser()
        const form = await browser.openAndFollow(url)
        const page = await browser.submitAndFollow(form, { username, password })
        expect(page.root.querySelector('h1')?.text, url).not.toContain('Sign in')
        expect(page.status).toBe(200)
      }
    }
  })

  it('prints a link to the pages, and the command for the code at their end', async () => {
    expect(await walkThePages(ready)).toMatchObject({
      token_type: 'Bearer',
      refresh_token: expect.any(String),
    })
  })

  it('writes demo.json for its owner only, with everything a client needs', () => {
    expect(ready.demoFile).toBe(join(cli.path, 'data', 'demo.json'))
    expect(modesOf(join(cli.path, 'data'))).toEqual([0o600])
    expect(statSync(join(cli.path, 'data')).mode & 0o777).toBe(0o700)
    const issuer = `http://localhost:${port}`
    expect(readDemo()).toEqual({
      pages: { account: `${issuer}/account/apps`, developers: `${issuer}/developers` },
      name: 'standard',
      contract: 'standard',
      issuer,
      api: `${issuer}/api/v1`,
      endpoints: {
        authorize: `${issuer}/authorize`,
        token: `${issuer}/token`,
        revoke: `${issuer}/revoke`,
        introspect: `${issuer}/introspect`,
        metadata: `${issuer}/.well-known/oauth-authorization-server`,
      },
      users: [
        user('ada', ['northwind']),
        user('ben', ['northwind']),
        user('carla', ['lighthouse', 'northwind']),
      ],
      clients: [
        client('confidential', ['authorization_code', 'refresh_token'], 2),
        client('public', ['authorization_code', 'refresh_token'], 3),
        client('confidential', ['client_credentials'], 0),
      ],
      resource_servers: [
        { client_id: expect.any(String), client_secret: expect.stringMatching(/^ost_cs_/) },
      ],
    })
  })

  it('has endpoints that are the ones the server publishes', async () => {
    const { endpoints } = readDemo()
    expect(await (await fetch(endpoints.metadata)).json()).toMatchObject({
      authorization_endpoint: endpoints.authorize,
      token_endpoint: endpoints.token,
      revocation_endpoint: endpoints.revoke,
      introspection_endpoint: endpoints.introspect,
    })
  })

  it('lets the API introspect the tokens meant for it', async () => {
    const tenant = readDemo()
    const { access_token: token } = await paste(ready.curl[0])
    const [api] = tenant.resource_servers
    if (!api) throw new Error('the demo has no resource server')
    const response = await post(tenant.endpoints.introspect, api, { token })
    expect(await response.json()).toMatchObject({
      active: true,
      aud: [tenant.api],
      org_id: 'northwind',
      unit_id: 'hamburg',
    })
  })

  it('answers under the name and under the address of this machine', async () => {
    for (const host of ['localhost', '127.0.0.1']) {
      expect((await fetch(`http://${host}:${port}/readyz`)).status).toBe(200)
    }
  })

  it('asks for a token at the API, and says where to get one', async () => {
    const response = await fetch(`${ready.api}/contacts`)
    expect(response.status).toBe(401)
    const challenge = response.headers.get('www-authenticate') ?? ''
    const metadata = /resource_metadata="([^"]+)"/.exec(challenge)?.[1]
    const document = await fetch(metadata ?? 'nowhere:').then((answer) => answer.json())
    expect(document).toMatchObject({
      resource: ready.api,
      authorization_servers: [ready.issuer],
    })
  })

  it('ends cleanly on Ctrl-C', async () => {
    expect(await stopDemo()).toBe(0)
  })
})

describe('a later start', () => {
  let port: number
  let before: DemoTenant
  let asItWas: string
  beforeAll(async () => {
    cli = await createCliFolder()
    port = await findFreePort()
    await startDemo(port)
    await stopDemo()
    before = readDemo()
    asItWas = join(cli.path, 'as it was')
    cpSync(join(cli.path, 'data'), asItWas, { recursive: true })
  })
  beforeEach(() => {
    const data = join(cli.path, 'data')
    rmSync(data, { recursive: true })
    cpSync(asItWas, data, { recursive: true })
  })
  afterEach(stopDemo)
  afterAll(() => cli.remove())

  it('keeps everything', async () => {
    const { curl } = await startDemo(port)
    expect(readDemo()).toEqual(before)
    expect(await paste(curl[1])).toHaveProperty('data')
  })

  it('keeps apps and people also on another port', async () => {
    const ready = await startDemo(await findFreePort())
    const { users, clients, issuer } = readDemo()
    expect({ users, clients }).toEqual({ users: before.users, clients: before.clients })
    expect(issuer).not.toBe(before.issuer)
    expect(await paste(ready.curl[1])).toHaveProperty('data')
    expect(await walkThePages(ready)).toHaveProperty('refresh_token')
  })

  it('registers its apps for the scopes that the API has now', async () => {
    const { curl } = await startDemo(port, [])
    expect(await paste(curl[0])).toMatchObject({ scope: 'read write' })
  })

  it.each(['is gone', 'is damaged'])(
    'makes new secrets and passwords when demo.json %s, and ends the old ones',
    async (state) => {
      const path = join(cli.path, 'data', 'demo.json')
      if (state === 'is gone') rmSync(path)
      else writeFileSync(path, '{"tenants": [{"name": "standard", "users": 3}')
      const { curl, signIn } = await startDemo(port)
      const { endpoints, clients, users } = readDemo()
      expect(signIn.password).not.toBe(before.users[0]?.password)
      expect(users.map(({ password }) => password)).not.toContain(before.users[1]?.password)
      expect(clients.map(({ client_id }) => client_id)).toEqual(
        before.clients.map(({ client_id }) => client_id),
      )
      expect(await paste(curl[1])).toHaveProperty('data')
      const old = await post(endpoints.token, machineOf(before), CLIENT_CREDENTIALS)
      expect(old.status).toBe(401)
    },
  )
})

describe('without an API', () => {
  beforeAll(async () => {
    cli = await createCliFolder()
  })
  afterAll(async () => {
    await stopDemo()
    await cli.remove()
  })

  it('gives tokens all the same, on a free port when asked for none', async () => {
    const { curl, api } = await startDemo(0, [])
    expect(api).toBeNull()
    expect(curl).toHaveLength(1)
    expect(await paste(curl[0])).toMatchObject({ scope: 'read write' })
  })

  it('refuses a module that is no API, and exits with 2', async () => {
    const run = await cli.run(['dev', '--api', 'nowhere.ts'])
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nowhere.ts') })
  })

  it('says loudly that it is a development demo', async () => {
    await stopDemo()
    running = cli.spawn(['dev', '--port', '0', '--data', 'elsewhere'])
    const { stdout } = running
    let seen = ''
    for await (const chunk of stdout ?? []) {
      seen += String(chunk)
      if (seen.includes('Ctrl-C')) break
    }
    expect(seen).toMatch(/DEVELOPMENT DEMO/)
    expect(seen).toMatch(/sign in +ada with password \S{23}\n/)
    expect(statSync(join(cli.path, 'elsewhere', 'demo.json')).mode & 0o777).toBe(0o600)
  })
})

function user(username: string, organisations: readonly string[]) {
  return { username, password: expect.stringMatching(/^[a-z2-9-]{23}$/), organisations }
}

function client(type: 'confidential' | 'public', grants: readonly string[], redirects: number) {
  return {
    client_id: expect.any(String),
    ...(type === 'confidential' && { client_secret: expect.stringMatching(/^ost_cs_/) }),
    type,
    redirect_uris: expect.toSatisfy((uris: unknown[]) => uris.length === redirects),
    scopes: expect.arrayContaining(['contacts:read', 'contacts:write']),
    grants,
    note: expect.any(String),
  }
}
