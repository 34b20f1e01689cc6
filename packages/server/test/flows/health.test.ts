// Alive, ready, and what becomes of requests while the database is away: a clear "not now", never a token and never
// a guess.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { BARE_ENVIRONMENT } from '../support/bare-environment.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { interruptDatabase, takeDown } from '../support/outage.ts'
import { createDeployment, startProcess } from '../support/server-process.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { type Answer, basic, getAnswer, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, PASSWORD, WEB_APP } from '../support/world.ts'

const ROOT = new URL('../../../../', import.meta.url)

function expectUnavailable(answer: Answer): void {
  expect(answer.status, answer.text).toBe(503)
  expect(answer.body).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'The service is temporarily unavailable.',
  })
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answer.headers.get('cache-control')).toBe('no-store')
}

describe.each(STORES)('health on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let origin: string

  beforeAll(async () => {
    server = await startTestServer(kind, { path: '/crm' })
    app = new TestApp(server, WEB_APP)
    origin = new URL(server.issuer).origin
  })
  afterAll(() => server?.stop())

  it.each(['/livez', '/readyz'])('%s says ok, at the root whatever the issuer', async (path) => {
    const answer = await getAnswer(origin + path)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ status: 'ok' })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('E15: a code or refresh token is neither spent nor answered while the database is away', async () => {
    const { code, verifier } = await app.obtainCode()
    const { refresh_token } = await app.obtainTokens()
    const restore = await interruptDatabase(server.database)
    const answers = await Promise.all([app.redeem(code, verifier), app.refresh(refresh_token)])
    await restore()
    for (const answer of answers) expectUnavailable(answer)

    expect((await app.redeem(code, verifier)).status).toBe(200)
    expect((await app.refresh(refresh_token)).status).toBe(200)
  })

  describe('while the store is down', () => {
    const secret = 'connect ECONNREFUSED db-7.internal:5432, user ostiary'
    let browser: TestBrowser
    let signInPage: BrowserPage
    let consentPage: BrowserPage
    let tokens: { access_token: string; refresh_token: string }
    let code: { code: string; verifier: string }
    let bringBack: () => void

    beforeAll(async () => {
      browser = new TestBrowser()
      tokens = await app.obtainTokens({ fields: { scope: 'openid contacts:read' } })
      code = await app.obtainCode({ browser })
      signInPage = await browser.open(app.authorizeUrl({ prompt: 'login' }))
      consentPage = await browser.open(app.authorizeUrl({ prompt: 'consent' }))
      bringBack = takeDown(server.store, secret)
    })

    it('/livez stays ok: a restart would not help', async () => {
      expect((await getAnswer(`${origin}/livez`)).status).toBe(200)
    })

    it('/readyz says unavailable, and why only in the log', async () => {
      // What was found out a moment ago is not asked again.
      await expect.poll(async () => (await getAnswer(`${origin}/readyz`)).status).toBe(503)
      const answer = await getAnswer(`${origin}/readyz`)
      expect(answer.body).toEqual({ status: 'unavailable' })
      expect(server.logLines.join('')).toContain('db-7.internal')
    })

    it('E15: no grant gives a token', async () => {
      const machine = new TestApp(server, MACHINE)
      expectUnavailable(await app.redeem(code.code, code.verifier))
      expectUnavailable(await app.refresh(tokens.refresh_token))
      expectUnavailable(await machine.token({ grant_type: 'client_credentials' }))
    })

    it('E15: introspection never says active', async () => {
      const api = new TestApp(server, API_SERVER)
      expectUnavailable(await api.introspect(tokens.access_token))
    })

    it('E15: a revocation is not confirmed', async () => {
      expectUnavailable(await app.revoke(tokens.refresh_token))
    })

    it('E15: userinfo tells nothing', async () => {
      const authorization = `Bearer ${tokens.access_token}`
      expectUnavailable(await getAnswer(`${server.issuer}/userinfo`, { authorization }))
    })

    it('E15: the feed of revocations is not taken for empty', async () => {
      expectUnavailable(await getAnswer(`${server.issuer}/revocations?after=0`))
    })

    it('E15: people get a page that says to come back later', async () => {
      const pages = [
        await browser.open(app.authorizeUrl()),
        await browser.submit(signInPage, { username: 'ada', password: PASSWORD }),
        await browser.submit(consentPage, { decision: 'allow' }),
        await browser.open(`${server.issuer}/sign-out`),
      ]
      for (const page of pages) {
        expect(page.status, page.url).toBe(503)
        expect(page.text).toContain('We are not available right now')
        expect(page.headers.get('retry-after')).toBe('1')
        expect(page.text).not.toContain('db-7.internal')
      }
    })

    it('E15: what needs no store goes on: metadata and keys', async () => {
      const metadata = await getAnswer(`${server.issuer}/.well-known/openid-configuration`)
      expect(metadata.status).toBe(200)
      server.clock.advance(3600)
      const jwks = await getAnswer(`${server.issuer}/jwks`)
      expect(jwks.body.keys).toHaveLength(2)
    })

    it('E15: a wrong secret is not told from a right one', async () => {
      const wrong = await app.post(
        '/token',
        { grant_type: 'client_credentials' },
        { authorization: basic(WEB_APP.id, 'wrong') },
      )
      expectUnavailable(wrong)
    })

    it('once it is back everything goes on where it was', async () => {
      bringBack()
      expect((await getAnswer(`${origin}/readyz`)).status).toBe(200)
      expect((await app.refresh(tokens.refresh_token)).status).toBe(200)
      expect((await browser.open(app.authorizeUrl())).location).toContain('code=')
    })
  })
})

describe('chaos 6: the files of the embedded database', () => {
  it('are missed while it runs: /readyz says unavailable, and why only in the log', async () => {
    const server = await startTestServer('sqlite')
    onTestFinished(() => server.stop())
    const { database } = server
    if (database.kind !== 'sqlite') throw new Error('not embedded')
    const ready = () => getAnswer(`${server.issuer}/readyz`)
    expect((await ready()).status).toBe(200)
    renameSync(database.path, `${database.path}-away`)
    await expect.poll(async () => (await ready()).status).toBe(503)
    expect((await ready()).body).toEqual({ status: 'unavailable' })
    expect(server.logLines.join('')).toContain(`${database.path} was removed while it is open`)
    renameSync(`${database.path}-away`, database.path)
    expect((await ready()).status).toBe(200)
  })

  it('are saved from a server that holds them open, as the guide says', async () => {
    const guide = readFileSync(new URL('docs/guides/monitoring.md', ROOT), 'utf8')
    const [, rescue = ''] = guide.split('## When the database file is in trouble')
    const [, block = ''] = /```sh\n(.*?)```/s.exec(rescue) ?? []
    const deployment = await createDeployment('sqlite')
    const server = await startProcess(deployment)
    onTestFinished(() => deployment.remove())
    onTestFinished(() => server.kill())
    const { folder } = deployment
    await new TestApp(deployment, WEB_APP).obtainTokens()
    for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `ostiary.db${end}`))
    execFileSync('/bin/sh', ['-ec', block], {
      ...{
        cwd: folder,
        env: { ...BARE_ENVIRONMENT, PATH: process.env.PATH, PID: String(server.pid) },
      },
    })
    await server.stop()
    for (const file of readdirSync(join(folder, 'rescue'))) {
      renameSync(join(folder, 'rescue', file), join(folder, file))
    }
    const again = await startProcess(deployment)
    onTestFinished(() => again.kill())
    expect((await new TestApp(deployment, WEB_APP).obtainTokens()).access_token).toBeTruthy()
  })

  it.each(['000', '077'])('are for their owner alone, whatever the umask is: %s', async (umask) => {
    const deployment = await createDeployment('sqlite')
    onTestFinished(() => deployment.remove())
    const data = join(deployment.folder, 'data')
    const main = fileURLToPath(new URL('../../bin/ostiary.js', import.meta.url))
    mkdirSync(data)
    const env = { ...BARE_ENVIRONMENT, OSTIARY_DATABASE_PATH: join(data, 'new.db') }
    const command = `umask ${umask}; exec ${process.execPath} ${main} user list --json`
    execFileSync('/bin/sh', ['-c', command], { cwd: deployment.folder, env })
    expect(readdirSync(data)).toContain('new.db')
    for (const file of readdirSync(data)) {
      expect((statSync(join(data, file)).mode & 0o777).toString(8), file).toBe('600')
    }
  })
})
