// What the log of a busy server tells, and that no secret that crossed the wire is in it, whatever went wrong.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccountHolder } from '../support/account-holder.ts'
import { TestBrowser } from '../support/browser.ts'
import { takeDown } from '../support/outage.ts'
import { collectSecrets, type Secrets } from '../support/secret-collector.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, getAnswer, postForm, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, SPA, WEB_APP } from '../support/world.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const TYPED_PASSWORD = 'my password typed where the name belongs'

/** The life of an app that does everything right. */
async function behaveWell(server: TestServer): Promise<void> {
  for (const client of [WEB_APP, SPA]) {
    const app = new TestApp(server, client)
    const browser = new TestBrowser()
    const tokens = await app.obtainTokens({ browser, fields: { scope: 'openid profile' } })
    const { body } = await app.refresh(tokens.refresh_token)
    await app.refresh(tokens.refresh_token)
    await getAnswer(`${server.issuer}/userinfo`, { authorization: `Bearer ${body.access_token}` })
    await new TestApp(server, API_SERVER).introspect(body.access_token)
    await app.revoke(body.access_token)
    const hint = new URLSearchParams({ id_token_hint: body.id_token })
    await browser.submit(await browser.open(`${server.issuer}/sign-out?${hint}`), {})
  }
  await new TestApp(server, MACHINE).token({ grant_type: 'client_credentials' })
}

/** Everything that is refused at the token endpoint and its neighbours, each time with a secret in hand. */
async function misbehave(server: TestServer): Promise<void> {
  const app = new TestApp(server, WEB_APP)
  const { code, verifier } = await app.obtainCode()
  await app.redeem(code, `${verifier}-wrong`)
  await app.redeem('ost_ac_a-code-that-nobody-issued', verifier)
  const { body } = await app.redeem(code, verifier)
  await app.redeem(code, verifier)
  const { refresh_token } = await app.obtainTokens()
  await app.refresh(refresh_token)
  server.clock.advance(60)
  await app.refresh(refresh_token)

  const client = { client_id: WEB_APP.id, client_secret: 'a-secret-that-is-not-right' }
  await postForm(`${server.issuer}/token`, client)
  const authorization = basic(WEB_APP.id, 'another-wrong-secret')
  await postForm(`${server.issuer}/token`, client, { authorization })
  // What belongs into a body, in the URL: of the wrong method, of no route, and beside a body.
  const query = new URLSearchParams({ ...client, code, token: body.access_token })
  for (const path of ['/token', '/nowhere', '/userinfo', '/authorize']) {
    await getAnswer(`${server.issuer}${path}?${query}`)
    await postForm(`${server.issuer}${path}?${query}`, client)
  }
  await fetch(`${server.issuer}/token`, {
    method: 'POST',
    body: JSON.stringify({ refresh_token }),
    headers: { 'content-type': 'application/json' },
  })
  await getAnswer(`${server.issuer}/userinfo`, { authorization: `Bearer ${refresh_token}` })
}

/** People who mistype, and pages that are opened by somebody else. */
async function mistype(server: TestServer): Promise<void> {
  const app = new TestApp(server, WEB_APP)
  const browser = new TestBrowser()
  const page = await browser.open(app.authorizeUrl({ state: 'a state that is long enough' }))
  await browser.submit(page, { username: 'ada', password: 'a password that is wrong' })
  for (let count = 0; count < 11; count += 1) {
    await browser.submit(page, { username: TYPED_PASSWORD, password: 'and another one' })
  }
  await new TestBrowser().submit(page, { username: 'ada', password: 'in another browser' })
  await browser.submit(page, { interaction: 'a state that was made up' })
}

/** A database whose errors quote what they were given. */
async function breakDown(server: TestServer): Promise<void> {
  const app = new TestApp(server, WEB_APP)
  const { refresh_token } = await app.obtainTokens()
  const bringBack = takeDown(server.store, `insert failed: (main, ${refresh_token})`)
  await app.refresh(refresh_token)
  await getAnswer(`${new URL(server.issuer).origin}/readyz`)
  bringBack()
}

describe.each(STORES)('logging on %s', (kind) => {
  let server: TestServer
  let secrets: Secrets
  let lines: readonly string[]

  beforeAll(async () => {
    server = await startTestServer(kind)
    const collector = collectSecrets()
    try {
      await behaveWell(server)
      await misbehave(server)
      await mistype(server)
      await breakDown(server)
    } finally {
      collector.stop()
    }
    secrets = collector.secrets
    lines = [...server.logLines]
  })
  afterAll(() => server?.stop())

  it('B19: secrets of every kind crossed the wire', () => {
    expect([...secrets.keys()].toSorted()).toEqual([
      'access_token',
      'authorization',
      'client_secret',
      'code',
      'code_verifier',
      'cookie',
      'id_token',
      'id_token_hint',
      'interaction',
      'password',
      'refresh_token',
      'state',
      'token',
    ])
  })

  it('B19: none of them is in the log, nor any of its parts', () => {
    const log = lines.join('')
    for (const [secretKind, values] of secrets) {
      for (const value of values) {
        // A JWT without its signature is still worth stealing.
        const parts = value.startsWith('eyJ') ? value.split('.') : [value]
        for (const part of parts.filter(({ length }) => length > 0)) {
          expect(log.includes(part), `${secretKind} ${part}`).toBe(false)
          expect(log.includes(encodeURIComponent(part)), `${secretKind} ${part}`).toBe(false)
        }
      }
    }
    expect(log).not.toContain(TYPED_PASSWORD)
  })

  it('every line is one JSON object with time, level and message', () => {
    for (const line of lines) {
      expect(line).toMatch(/^[^\n]*\n$/)
      expect(JSON.parse(line)).toMatchObject({
        time: expect.any(String),
        level: expect.stringMatching(/^(debug|info|warn|error)$/),
        msg: expect.any(String),
      })
    }
  })

  it('a refusal is found by the request id of its answer, with its private reason', async () => {
    const answer = await new TestApp(server, WEB_APP).refresh('ost_rt_nothing')
    const id = answer.headers.get('x-request-id')
    const logged = server.logLines.map((line) => JSON.parse(line))
    expect(logged.filter(({ reqId }) => reqId === id)).toMatchObject([
      { level: 'info', reason: 'refresh_token_unknown', msg: 'request refused' },
      { level: 'debug', method: 'POST', route: '/token', status: 400, msg: 'request answered' },
    ])
  })

  it('a refusal that a caller brought about says why in words, without a stack trace', async () => {
    const { issuer } = server
    const ada = await AccountHolder.signedIn(server, 'ada')
    await ada.open('/developers/app?app=nobodys')
    await postForm(`${issuer}/token`, {}, { authorization: 'Basic !' })
    await postForm(`${issuer}/token`, {}, { authorization: `Basic ${btoa('%:%')}` })
    await fetch(`${issuer}/token`, { method: 'POST', body: '%E0%A4%A', headers: FORM })
    await fetch(`${issuer}/token`, { method: 'POST', body: 'a=b'.repeat(99_999), headers: FORM })
    const refused = server.logLines
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === 'request refused')
    expect(refused).toContainEqual(
      expect.objectContaining({
        level: 'info',
        reason: 'not_found',
        because: 'client "nobodys" is no app of yours',
      }),
    )
    expect(refused.filter(({ because }) => because !== undefined).length).toBeGreaterThan(1)
    expect(refused.filter((line) => /\bat \S+:\d+:\d+/.test(JSON.stringify(line)))).toEqual([])
  })

  it('security L6: a refusal and a failed sign-in say where, whose and for which app', async () => {
    const app = new TestApp(server, WEB_APP)
    await app.refresh('ost_rt_nothing')
    await app.token({ grant_type: 'authorization_code', code: 'x', client_id: WEB_APP.id })
    const browser = new TestBrowser()
    const page = await browser.open(app.authorizeUrl())
    await browser.submit(page, { username: 'nobody', password: TYPED_PASSWORD })
    const logged = server.logLines.map((line) => JSON.parse(line))
    const who = { tenant: 'main', address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) }
    expect(logged.findLast(({ msg }) => msg === 'request refused')).toMatchObject({
      ...who,
      ...{ route: '/token', client: WEB_APP.id },
    })
    const failed = logged.findLast(({ msg }) => msg === 'a check of credentials failed')
    expect(failed).toMatchObject(who)
  })

  it('operating 12: a proxy that nobody trusts is noticed, once', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7' }
    for (let asked = 0; asked < 3; asked += 1) await fetch(`${server.issuer}/jwks`, { headers })
    const told = server.logLines.filter((line) => line.includes('server.trustedProxies'))
    expect(told).toHaveLength(1)
    expect(JSON.parse(told[0] ?? '')).toMatchObject({ level: 'warn', from: expect.any(String) })
  })

  it('what people should look at stands out: reuse, lock-out, a database that is away', () => {
    const warnings = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn')
    const messages = warnings.map(({ msg }) => msg)
    expect(messages).toContain('refresh token reused: grant ended')
    expect(messages).toContain('an account takes fewer tries for a while')
    expect(messages).toContain('not ready')
    const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error')
    expect(errors.map(({ msg, reason }) => `${msg}: ${reason}`)).toEqual([
      'request failed: store_unavailable',
    ])
  })
})
