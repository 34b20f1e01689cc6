// What monitoring is told of a server that has worked: every number that the manual names, none that it does not, and
// nothing about who it was.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { METRICS, type MetricEntry } from '../../src/observability/metric-table.ts'
import { TestBrowser } from '../support/browser.ts'
import { takeDown } from '../support/outage.ts'
import { type Scraped, scrape } from '../support/scrape.ts'
import { collectSecrets, type Secrets } from '../support/secret-collector.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { basic, getAnswer, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, STABLE_APP, WEB_APP } from '../support/world.ts'

const tenant = 'main'

async function work(server: TestServer): Promise<void> {
  const [machine, app] = [new TestApp(server, MACHINE), new TestApp(server, WEB_APP)]
  for (let i = 0; i < 3; i++) await machine.token({ grant_type: 'client_credentials' })
  const authorization = basic(MACHINE.id, 'a-secret-that-is-wrong')
  await machine.post('/token', { grant_type: 'client_credentials' }, { authorization })

  const { access_token, refresh_token } = await app.obtainTokens({ browser: new TestBrowser() })
  await app.refresh(refresh_token)
  await app.refresh(refresh_token)
  await new TestApp(server, API_SERVER).introspect(access_token)
  server.clock.advance(60)
  await app.refresh(refresh_token)
  const stable = new TestApp(server, STABLE_APP)
  const other = await stable.obtainTokens({ browser: new TestBrowser() })
  await stable.refresh(other.refresh_token)

  const page = await new TestBrowser().open(app.authorizeUrl())
  await new TestBrowser().submit(page, { username: 'ada', password: 'wrong, in another browser' })
  const browser = new TestBrowser()
  const signIn = await browser.open(app.authorizeUrl())
  await browser.submit(signIn, { username: 'ada', password: 'a password that is wrong' })
  await getAnswer(`${server.issuer}/nowhere?token=${access_token}`)
  await fetch(`${server.issuer}/token`, { method: 'DELETE' })
}

describe.each(STORES)('metrics on %s', (kind) => {
  let server: TestServer
  let scraped: Scraped
  let secrets: Secrets

  beforeAll(async () => {
    server = await startTestServer(kind, { management: { port: 0 } })
    const collector = collectSecrets()
    try {
      await work(server)
    } finally {
      collector.stop()
    }
    secrets = collector.secrets
    scraped = await scrape(server.managementUrl)
  })
  afterAll(() => server?.stop())

  it('has the metrics of the manual, and no other of ours', () => {
    const ours = scraped.names.filter((name) => name.startsWith('ostiary_'))
    expect(ours.toSorted()).toEqual(Object.keys(METRICS).toSorted())
    expect(scraped.names).toContain('process_resident_memory_bytes')
    expect(scraped.names).toContain('nodejs_eventloop_lag_p99_seconds')
  })

  it('has the labels of the manual, and no others', () => {
    const entries: [string, MetricEntry][] = Object.entries(METRICS)
    for (const [name, { kind: form, labels }] of entries) {
      const parts =
        form === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name]
      for (const sample of scraped.samples.filter((each) => parts.includes(each.name))) {
        const found = Object.keys(sample.labels).filter((label) => label !== 'le')
        expect(found.toSorted(), sample.name).toEqual(Object.keys(labels).toSorted())
      }
    }
  })

  it('counts tokens by grant type and format', () => {
    const issued = (grant_type: string) =>
      scraped.value('ostiary_tokens_issued_total', { tenant, grant_type, format: 'jwt' })
    expect(issued('client_credentials')).toBe(3)
    expect(issued('authorization_code')).toBe(2)
    expect(issued('refresh_token')).toBe(3)
  })

  it('RFC 9700 §4.14: tells a rotated refresh token from one that was retried, and one that was reused', () => {
    for (const outcome of ['rotated', 'retried', 'reused', 'renewed']) {
      expect(scraped.value('ostiary_refreshes_total', { tenant, outcome }), outcome).toBe(1)
    }
  })

  it('counts sign-ins that succeed and that fail', () => {
    const count = (outcome: string) => scraped.value('ostiary_sign_ins_total', { tenant, outcome })
    expect(count('signed_in')).toBe(2)
    expect(count('wrong_credentials')).toBe(1)
  })

  it('counts refusals by the reason that is in the log', () => {
    const refused = (route: string, reason: string) =>
      scraped.value('ostiary_refusals_total', { tenant, route, reason })
    expect(refused('/token', 'client_secret_wrong')).toBe(1)
    expect(refused('/token', 'refresh_token_reused')).toBe(1)
    expect(refused('/authorize/sign-in', 'interaction_of_other_browser')).toBe(1)
  })

  it('counts every answer, also of what is nowhere, and how long it took', () => {
    const answered = (labels: Record<string, string>) =>
      scraped.value('ostiary_http_requests_total', labels)
    const toToken = { tenant, route: '/token' }
    expect(answered({ ...toToken, method: 'POST', status: '200' })).toBe(8)
    expect(answered({ ...toToken, method: 'POST', status: '401' })).toBe(1)
    expect(answered({ ...toToken, method: 'POST', status: '400' })).toBe(1)
    expect(answered({ ...toToken, method: 'DELETE', status: '405' })).toBe(1)
    expect(answered({ tenant: '', route: 'none', method: 'GET', status: '404' })).toBe(1)
    const took = 'ostiary_http_request_duration_seconds'
    expect(scraped.value(`${took}_count`, toToken)).toBe(11)
    expect(scraped.value(`${took}_sum`, toToken)).toBeGreaterThan(0)
    expect(scraped.value('ostiary_http_requests_in_flight')).toBe(0)
  })

  it('measures each method of the store, and how transitions are committed', () => {
    const calls = (call: string) =>
      scraped.value('ostiary_store_call_duration_seconds_count', { call })
    expect(calls('rotateRefreshToken')).toBe(3)
    expect(calls('redeemCode')).toBe(2)
    expect(calls('createSession')).toBe(2)
    const commits = scraped.value('ostiary_store_commits_total') ?? 0
    const transitions = scraped.value('ostiary_store_committed_transitions_total') ?? 0
    if (kind === 'sqlite') expect(commits).toBeGreaterThan(0)
    expect(transitions).toBeGreaterThanOrEqual(commits)
    const connections = scraped.samples.filter(({ name }) => name === 'ostiary_store_connections')
    expect(connections.reduce((sum, { value }) => sum + value, 0)).toBeGreaterThan(0)
  })

  it('tells the age of the signing key', () => {
    const age = scraped.value('ostiary_signing_key_age_seconds', {
      ...{ tenant, api: '', algorithm: 'ES256' },
    })
    expect(age).toBe(60)
  })

  it('B19: names no app, no user, and holds no secret', () => {
    expect(secrets.size).toBeGreaterThan(5)
    for (const [secretKind, values] of secrets) {
      for (const value of values) expect(scraped.text.includes(value), secretKind).toBe(false)
    }
    for (const name of [MACHINE.id, WEB_APP.id, STABLE_APP.id, 'ada', '127.0.0.1']) {
      expect(scraped.text).not.toContain(`"${name}"`)
    }
  })

  it('E15: goes on being told while the store is away, together with that', async () => {
    const bringBack = takeDown(server.store, 'gone')
    await new TestApp(server, MACHINE).token({ grant_type: 'client_credentials' })
    const health = (path: string) => getAnswer(`${server.managementUrl}${path}`)
    expect((await health('/readyz')).status).toBe(503)
    expect((await health('/livez')).status).toBe(200)
    const during = await scrape(server.managementUrl)
    bringBack()
    const unavailable = { tenant, route: '/token', reason: 'store_unavailable' }
    expect(during.value('ostiary_refusals_total', unavailable)).toBe(1)
    expect((await health('/readyz')).status).toBe(200)
  })

  it('is not on the port of the issuer, and nothing of the issuer is on its port', async () => {
    expect((await getAnswer(`${server.issuer}/metrics`)).status).toBe(404)
    expect((await getAnswer(`${server.managementUrl}/jwks`)).status).toBe(404)
  })
})
