// A proxy that does not pass requests on as they came: what `ostiary doctor` finds, and what the log says once.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { checkIssuer } from '../../src/cli/doctor/issuer.ts'
import { DOCTOR_PURPOSE, EXAMINATION_HEADER, questionOf } from '../../src/http/examination.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { findFreePort } from '../support/free-port.ts'
import { sendRequest } from '../support/http-request.ts'
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '../support/start-server.ts'

interface Passing {
  path?(path: string): string
  headers?(headers: IncomingHttpHeaders): IncomingHttpHeaders
}

let server: TestServer
afterEach(() => server?.stop())

/** A server whose issuer is the address of a proxy before it. */
async function behindProxy(how: Passing, options: TestServerOptions = {}): Promise<void> {
  const port = await findFreePort()
  server = await startTestServer('sqlite', {
    ...{ path: '/crm', publicIssuer: `http://localhost:${port}/crm` },
    ...options,
  })
  const target = new URL(server.url)
  const proxy = createServer((incoming, outgoing) => {
    const { headers, url = '/' } = incoming
    const passed = request(
      {
        ...{ host: target.hostname, port: target.port, method: incoming.method },
        path: how.path?.(url) ?? url,
        headers: { 'x-forwarded-for': '203.0.113.7', ...(how.headers?.(headers) ?? headers) },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    incoming.pipe(passed)
  }).listen(port, 'localhost')
  await once(proxy, 'listening')
  onTestFinished(() => void proxy.close())
}

const examiner = () => new Sealer(server.masterKey).for(DOCTOR_PURPOSE)

async function findings(): Promise<readonly string[]> {
  const found = await checkIssuer(server.tenant, { clock: server.clock, examiner: examiner() })
  return found
    .filter(({ subject }) => subject.startsWith('Proxy'))
    .map(({ ok, detail, fix }) => `${ok ? 'ok' : 'WRONG'} ${detail}${fix ? ` → ${fix}` : ''}`)
}

const TRUSTED = { trustedProxies: ['127.0.0.1', '::1'] }
const complaints = () => server.logLines.filter((line) => line.includes('where the issuer says'))

describe('operating 12 and 18: doctor', () => {
  it('is content with a proxy that is trusted and passes all on as it came', async () => {
    await behindProxy({}, TRUSTED)
    expect(await findings()).toEqual(['ok requests arrive as the issuer says'])
    expect(complaints()).toEqual([])
  })

  it('finds one that is not trusted', async () => {
    await behindProxy({})
    const found = await findings()
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(
      /^WRONG passes requests on from (127\.0\.0\.1|::1), .* server\.trustedProxies/,
    )
  })

  it.each<[string, Passing, RegExp]>([
    ['host', { headers: (all) => ({ ...all, host: 'upstream' }) }, /host upstream, and the issuer/],
    [
      'path',
      { path: (path) => path.replace('/crm', '') },
      /passes \/crm\/\.well-known\S+ on as \/\./,
    ],
    [
      'protocol',
      { headers: (all) => ({ ...all, 'x-forwarded-proto': 'https' }) },
      /requests come by https, and the issuer by http:/,
    ],
  ])('finds one that passes on another %s', async (_what, how, expected) => {
    await behindProxy(how, TRUSTED)
    const found = await findings()
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(expected)
  })

  it('alone is told: a stranger, an old question and another master key hear nothing', async () => {
    await behindProxy({})
    const now = server.clock.nowSeconds()
    const stranger = new Sealer(Buffer.alloc(32, 7)).for(DOCTOR_PURPOSE)
    const ask = async (question: string) => {
      const headers = { [EXAMINATION_HEADER]: question }
      return (await sendRequest(`${server.url}/jwks`, { headers })).headers[EXAMINATION_HEADER]
    }
    expect(await ask(questionOf(examiner(), now))).toBeDefined()
    expect(await ask(questionOf(examiner(), now - 61))).toBeUndefined()
    expect(await ask(questionOf(stranger, now))).toBeUndefined()
    expect(await ask('x'.repeat(5000))).toBeUndefined()
  })
})

describe('operating 18: the log says once', () => {
  const navigate = { 'sec-fetch-mode': 'navigate' }

  it.each<[string, Passing, object]>([
    [
      'a browser comes by another name',
      { headers: (all) => ({ ...all, host: 'other' }) },
      { host: 'other' },
    ],
    [
      'the path is another',
      { path: (path) => path.replace('/crm', '/x') },
      { path: expect.any(String) },
    ],
    [
      'TLS is not as the issuer says',
      { headers: (all) => ({ ...all, 'x-forwarded-proto': 'https' }) },
      { protocol: 'https' },
    ],
  ])('that %s', async (_what, how, seen) => {
    await behindProxy(how, TRUSTED)
    const url = `${server.issuer}/.well-known/openid-configuration`
    for (let asked = 0; asked < 3; asked += 1) await sendRequest(url, { headers: navigate })
    expect(complaints()).toHaveLength(1)
    expect(JSON.parse(complaints()[0] ?? '')).toMatchObject({
      ...{ level: 'error', tenant: 'main', issuer: server.issuer },
      ...seen,
    })
  })
})
