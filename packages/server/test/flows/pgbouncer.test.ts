// Behind a PgBouncer that gives each transaction another connection, as Debian has it: what works without prepared
// statements, and who says so when they are left on.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { importClients } from '../../src/operations/import-clients.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { openStore } from '../../src/store/sql/open.ts'
import { ROOT } from '../spec/tidy/repo.ts'
import { TestBrowser } from '../support/browser.ts'
import { createCliFolder } from '../support/cli.ts'
import { findPgBouncer, type PgBouncerOptions, startPgBouncer } from '../support/pgbouncer.ts'
import { createDatabase } from '../support/postgres.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { MACHINE, WEB_APP } from '../support/world.ts'

const program = findPgBouncer()
const MASTER_KEY = randomBytes(32).toString('base64')
const AT_ONCE = 24

let server: TestServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

/** @returns the address through it, and PostgreSQL's own */
async function startBouncer(found: string, options?: PgBouncerOptions) {
  const direct = await createDatabase()
  const bouncer = await startPgBouncer(found, direct, options)
  onTestFinished(() => bouncer.stop())
  return { direct, url: bouncer.url }
}

/** But for the addresses, which are those of a deployment. */
function asInTheGuide(): PgBouncerOptions {
  const guide = readFileSync(join(ROOT, 'docs/guides/several-processes.md'), 'utf8')
  const [, ofDatabase = '', lines = ''] =
    /```ini\n\[databases\]\n.* (connect_query=.*)\n\n\[pgbouncer\]\n(.*?)```/s.exec(guide) ?? []
  const settings = lines
    .trim()
    .split('\n')
    .map((line) => line.split(' = ', 2))
  expect(settings).toHaveLength(2)
  return { ofDatabase, settings: Object.fromEntries(settings) }
}

describe('ruling 16: behind PgBouncer', () => {
  it('without prepared statements, codes, refreshing, revoking and importing work for many at once', async ({
    skip,
  }) => {
    if (program === undefined) return skip('there is no PgBouncer on this machine')
    const { url } = await startBouncer(program, asInTheGuide())
    server = await startTestServer('postgres', { postgresUrl: url, preparedStatements: false })
    const running = server
    const outcomes = await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const app = new TestApp(running, WEB_APP)
        const { refresh_token } = await app.obtainTokens({ browser: new TestBrowser() })
        const { body } = await app.refresh(refresh_token ?? '')
        const machine = new TestApp(running, MACHINE)
        const own = (await machine.token({ grant_type: 'client_credentials' })).body.access_token
        expect((await machine.revoke(own)).status).toBe(200)
        expect((await app.revoke(body.access_token)).status).toBe(200)
        return (await app.refresh(body.refresh_token)).body.error
      }),
    )
    expect(outcomes).toEqual(Array(AT_ONCE).fill('invalid_grant'))
    const rows = Array.from({ length: 300 }, (_, at) => ({
      line: at + 1,
      values: {
        id: `brought-${at}`,
        name: `App ${at}`,
        type: 'public',
        redirect_uris: 'https://a.example/',
      },
    }))
    const report = await importClients(rows, { partial: false }, running.context)
    expect(report).toMatchObject({ imported: 300, problems: [] })
    const client = new pg.Client(url)
    await client.connect()
    onTestFinished(() => client.end())
    expect((await client.query('show statement_timeout')).rows).toEqual([
      { statement_timeout: '1500ms' },
    ])
  })

  it('with prepared statements, trouble is told with the setting that ends it', async ({
    skip,
  }) => {
    if (program === undefined) return skip('there is no PgBouncer on this machine')
    const { direct, url } = await startBouncer(program)
    await (await openStore({ kind: 'postgres', url: direct }, { migrate: true })).close()
    const cli = await createCliFolder({
      database: { url },
      masterKey: MASTER_KEY,
      tenants: [{ name: 'acme', issuer: 'https://127.0.0.1:1' }],
    })
    onTestFinished(() => cli.remove())
    const found = async () => (await cli.run(['doctor'])).stdout
    expect(await found()).toMatch(/prepared statements are lost.*\n.*database\.preparedStatements/)

    const store = await openStore({ kind: 'postgres', url, poolSize: 8 }, { migrate: false })
    onTestFinished(() => store.close())
    const look = () => store.findClient('acme', asClientId(WEB_APP.id)).then(() => '', String)
    const said: string[] = []
    for (let turn = 0; turn < 20; turn += 1) {
      said.push(...(await Promise.all(Array.from({ length: 8 }, look))))
    }
    const troubles = new Set(said.filter((text) => text !== ''))
    expect(troubles.size).toBeGreaterThan(0)
    for (const text of troubles) expect(text).toContain('set database.preparedStatements to false')
  })

  it('that refuses what our connections ask for, doctor names the line of its configuration', async ({
    skip,
  }) => {
    if (program === undefined) return skip('there is no PgBouncer on this machine')
    const { direct, url } = await startBouncer(program, {
      settings: { ignore_startup_parameters: '' },
    })
    await (await openStore({ kind: 'postgres', url: direct }, { migrate: true })).close()
    const cli = await createCliFolder({
      database: { url, preparedStatements: false },
      masterKey: MASTER_KEY,
      tenants: [{ name: 'acme', issuer: 'https://127.0.0.1:1' }],
    })
    onTestFinished(() => cli.remove())
    expect((await cli.run(['doctor'])).stdout).toContain('ignore_startup_parameters')
    const opening = openStore({ kind: 'postgres', url }, { migrate: false })
    await expect(opening).rejects.toThrow('ignore_startup_parameters')
  })
})
