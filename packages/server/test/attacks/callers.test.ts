// One caller, written in 150 ways: what gateways make of an address, and what somebody can do who has a whole network.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../support/browser.ts'
import { basicKey, codeBody, exchange } from '../support/key-exchange.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { ask, FORM } from '../support/vendor-client.ts'
import { PASSWORD, WEB_APP } from '../support/world.ts'

const LIMIT = 5
const OPTIONS = {
  rateLimits: { failedClientAuthenticationsPerMinute: LIMIT, failedSignInsPerMinute: LIMIT },
  trustedProxies: ['127.0.0.1', '::1'],
}

const hex = (number: number) => number.toString(16)

/** 75 spellings of 192.0.2.N. */
function spellingsOfFour(last: number): readonly string[] {
  const four = `192.0.2.${last}`
  const mapped = [`::ffff:${four}`, `::ffff:c000:${hex(0x200 + last)}`]
  const written = [...mapped, `0:0:0:0:0:ffff:c000:${hex(0x200 + last)}`, `::FFFF:${four}`]
  const ports = Array.from({ length: 14 }, (_, index) => 1024 + index)
  return [
    ...[four, ` ${four}`, `${four} `, `${mapped[0]}%eth0`, `198.51.100.7, ${four}`],
    ...ports.map((port) => `${four}:${port}`),
    ...written.flatMap((each) => [each, ...ports.map((port) => `[${each}]:${port}`)]).slice(0, 56),
  ]
}

/** 75 addresses of one customer, whose network this is. */
function addressesOfNetwork(network: string): readonly string[] {
  const plain = Array.from(
    { length: 50 },
    (_, index) => `${network}:${hex(index)}:2:3:${hex(index)}`,
  )
  const ports = plain.slice(0, 25).map((address, index) => `[${address}]:${4000 + index}`)
  return [...plain, ...ports]
}

describe.each(STORES)('security M4: one caller on %s', (kind) => {
  let server: TestServer
  let crm: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind, OPTIONS)
    crm = await startTestServer(kind, { ...OPTIONS, contract: 'crm-com' })
  })
  afterAll(async () => {
    await server?.stop()
    await crm?.stop()
  })

  /** Each limit: one wrong try from an address. @returns whether it was heard */
  const tries: Record<string, (from: string, number: number) => Promise<boolean>> = {
    async 'the secret of an app'(from) {
      const body = `grant_type=client_credentials&client_id=${WEB_APP.id}&client_secret=wrong`
      const headers = { ...FORM, 'x-forwarded-for': from }
      const { status } = await ask(`${server.issuer}/token`, { method: 'POST', body, headers })
      return status === 401
    },
    async 'the password of an account'(from, number) {
      const browser = new TestBrowser()
      const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
      const fields = { username: `nobody-${number}`, password: 'wrong and wrong again' }
      const { status } = await browser.submit(page, fields, { 'x-forwarded-for': from })
      return status === 422
    },
    async 'an application key'(from) {
      const headers = { ...basicKey('F'.repeat(32)), 'x-forwarded-for': from }
      const { status } = await exchange(crm, codeBody('a-code-of-nobody'), headers)
      return status === 401
    },
  }

  it.each(Object.keys(tries))('in 150 spellings has one limit for %s', async (name) => {
    const at = Object.keys(tries).indexOf(name)
    const callers = [spellingsOfFour(50 + at), addressesOfNetwork(`2001:db8:${at + 1}:1`)]
    expect(new Set(callers.flat()).size).toBe(150)
    for (const spellings of callers) {
      const heard = []
      for (const [number, from] of spellings.entries())
        heard.push(await tries[name]?.(from, number))
      expect(heard.filter(Boolean)).toHaveLength(LIMIT)
    }
    expect(await tries[name]?.(`192.0.2.${100 + at}`, 999)).toBe(true)
    expect(await tries[name]?.(`2001:db8:${at + 1}:2::1`, 999)).toBe(true)
  })

  it('what cannot be read is one caller more', async () => {
    const heard = []
    for (const from of ['unknown', '_x', 'garbage', '1', '0x7f.1', '::g', '[', '300.1.1.1']) {
      heard.push(await tries['the secret of an app']?.(from, 0))
    }
    expect(heard.filter(Boolean)).toHaveLength(LIMIT)
  })

  it('is shown in full, in one spelling', async () => {
    const browser = new TestBrowser()
    const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
    const from = { 'x-forwarded-for': '[2001:DB8:0:0:9::7]:443' }
    await browser.submit(page, { username: 'ada', password: PASSWORD }, from)
    const user = await server.store.findUserByUsername('main', 'ada')
    if (!user) throw new Error('ada is gone')
    const sessions = await server.store.listSessions({
      tenant: 'main',
      userId: user.id,
      nowSeconds: server.clock.nowSeconds(),
    })
    expect(sessions.map(({ address }) => address)).toEqual(['2001:db8::9:0:0:7'])
  })
})
