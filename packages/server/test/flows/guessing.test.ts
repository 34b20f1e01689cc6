// Guessing at passwords, seen from the owner of the account: who fails has to wait, and nobody else.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changePassword } from '../../src/operations/users.ts'
import type { Allowance } from '../../src/store/port/guessing.ts'
import { StoreUnavailableError } from '../../src/store/port.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { registerDesktopApp } from '../support/contract-world.ts'
import { latestEvents } from '../support/latest-events.ts'
import { hashAtFullCost } from '../support/password-cost.ts'
import {
  type SecondNode,
  STORES,
  startTestServer,
  type TestServer,
} from '../support/start-server.ts'
import { type Fields, TestApp } from '../support/test-app.ts'
import { PASSWORD, TENANT } from '../support/world.ts'

const WRONG = 'not the password'
const FLOOD = 100

describe.each(STORES)('guessing on %s', (kind) => {
  let server: TestServer
  let node: SecondNode
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind, {
      contract: 'json-api',
      trustedProxies: ['127.0.0.1', '::1'],
    })
    node = await server.startSecondNode()
    app = new TestApp(server, await registerDesktopApp(server.context))
  })
  afterAll(async () => {
    await node?.close()
    await server?.stop()
  })
  // Nothing that a test has used up is left for the next.
  beforeEach(() => server.clock.advance(3601))

  let addresses = 0
  const newAddress = () => {
    addresses += 1
    return `198.51.${addresses >> 8}.${addresses & 255}`
  }

  interface Caller {
    readonly address?: string
    /** Nodes are asked in turn. */
    readonly turn?: number
  }

  interface From {
    readonly browser?: TestBrowser
    readonly address?: string
  }

  async function signIn(
    username: string,
    password: string,
    { browser = new TestBrowser(), address = newAddress() }: From = {},
  ): Promise<BrowserPage> {
    const page = await browser.open(
      new TestApp(server, server.apps.webApp).authorizeUrl({ prompt: 'login' }),
    )
    return browser.submit(page, { username, password }, { 'x-forwarded-for': address })
  }

  const askAt = async (url: string, fields: Fields, address: string) => {
    const { id, secret = '' } = app.client
    const all = { grant_type: 'password', client_id: id, client_secret: secret, ...fields }
    const body = new URLSearchParams(all as Record<string, string>)
    const response = await fetch(`${url}${server.paths.token}`, {
      method: 'POST',
      body,
      headers: { 'x-forwarded-for': address },
    })
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: (await response.json()) as { error?: string },
    }
  }
  const ask = (
    username: string,
    password: string,
    { address = newAddress(), turn = 0 }: Caller = {},
  ) => askAt(turn % 2 === 0 ? server.url : node.url, { username, password }, address)

  /** An allowance is used up: by one failure for real, which shows where it is counted, and the rest in the store. */
  async function useUp(
    purpose: string,
    username: string,
    address = newAddress(),
  ): Promise<Allowance> {
    const { store, clock } = server
    const original = store.reserveTry
    const seen: Allowance[] = []
    Object.assign(store, {
      reserveTry: (input: Parameters<typeof original>[0]) => {
        seen.push(...input.allowances.filter((each) => each.purpose === purpose))
        return original(input)
      },
    })
    expect((await ask(username, WRONG, { address })).status).toBe(400)
    Object.assign(store, { reserveTry: original })
    const [allowance] = seen
    if (!allowance) throw new Error(`no ${purpose}`)
    const at = { tenant: TENANT, allowances: [allowance], nowSeconds: clock.nowSeconds() }
    for (let failure = 1; failure < allowance.failures; failure += 1) {
      await store.settleTry({ ...at, result: 'failed', subject: null })
    }
    return allowance
  }

  /** Strangers have failed a hundred times at an account. */
  async function hammer(username: string): Promise<void> {
    const strangers = await useUp('strangers', username)
    expect(strangers).toMatchObject({ failures: 100, windowSeconds: 3600 })
    expect((await ask(username, WRONG)).status).toBe(429)
  }

  describe('by strangers', () => {
    it('security H3: does not keep out the owner at a browser that has signed in before', async () => {
      const browser = new TestBrowser()
      expect((await signIn('ada', PASSWORD, { browser })).status).toBe(303)
      await hammer('ada')
      // From wherever: the browser is known, not its address.
      expect((await signIn('ada', PASSWORD, { browser })).status).toBe(303)
    })

    it('security H3: does not keep out the owner at an address that has signed in before', async () => {
      const address = newAddress()
      expect((await ask('ada', PASSWORD, { address })).status).toBe(200)
      await hammer('ada')
      expect((await ask('ada', PASSWORD, { address })).status).toBe(200)
      expect((await signIn('ada', PASSWORD, { address })).status).toBe(303)
      // At another account that address is nobody.
      await hammer('bob')
      expect((await ask('bob', PASSWORD, { address })).status).toBe(429)
    })

    it('security H3: lets the owner in from anywhere else within seconds, before those who have failed', async () => {
      await hammer('ada')
      const stranger = newAddress()
      const refused = await ask('ada', PASSWORD)
      const seconds = Number(refused.retryAfter)
      expect([refused.status, seconds > 0 && seconds <= 10]).toEqual([429, true])
      server.clock.advance(seconds)
      // They fail once, which is one check, and have to let others go first from then on.
      expect((await ask('ada', WRONG, { address: stranger })).status).toBe(400)
      server.clock.advance(10)
      expect((await ask('ada', WRONG, { address: stranger })).status).toBe(429)
      expect((await ask('ada', PASSWORD)).status).toBe(200)
    })

    it('ruling 3: is one check in ten seconds for all nodes after a hundred failures in an hour', async () => {
      for (let address = 0; address < 10; address += 1) {
        const from = newAddress()
        for (let turn = 0; turn < 10; turn += 1) {
          expect((await ask('nobody-at-all', WRONG, { address: from, turn })).status).toBe(400)
        }
      }
      let looked = 0
      for (let seconds = 0; seconds < 60; seconds += 5) {
        server.clock.advance(5)
        const both = await Promise.all([0, 1].map((turn) => ask('nobody-at-all', WRONG, { turn })))
        looked += both.filter(({ status }) => status === 400).length
      }
      expect(looked).toBe(6)
    })

    it('ruling 3: ends by itself within the hour', async () => {
      await hammer('ada')
      server.clock.advance(3601)
      for (let turn = 0; turn < 10; turn += 1) {
        expect((await ask('ada', WRONG, { turn })).status).toBe(400)
      }
    })

    it.each(['ada', 'nobody'])(
      'ruling 3: a hundred tries at once on two nodes have ten looks at the password of %s',
      async (username) => {
        const address = newAddress()
        const tries = Array.from({ length: FLOOD }, (_, turn) =>
          ask(username, `${WRONG} ${turn}`, { address, turn }),
        )
        const statuses = (await Promise.all(tries)).map(({ status }) => status)
        expect(statuses.filter((status) => status === 400)).toHaveLength(10)
        // Where the machine is slow, some have waited for two seconds before the ten were looked at.
        for (const status of statuses) expect([400, 429, 503]).toContain(status)
        expect((await ask(username, PASSWORD, { address })).status).toBe(429)
      },
    )
  })

  describe('by a browser that is known', () => {
    it('ruling 3: has ten failures of its own, and then counts as unknown', async () => {
      const browser = new TestBrowser()
      await signIn('ada', PASSWORD, { browser })
      await hammer('ada')
      for (let failure = 0; failure < 10; failure += 1) {
        expect((await signIn('ada', WRONG, { browser })).status).toBe(422)
      }
      expect((await signIn('ada', PASSWORD, { browser })).status).toBe(429)
      server.clock.advance(3601)
      // Not again after the hour: it has to sign in first.
      await hammer('ada')
      expect((await signIn('ada', PASSWORD, { browser })).status).toBe(429)
      server.clock.advance(3601)
      expect((await signIn('ada', PASSWORD, { browser })).status).toBe(303)
      await hammer('ada')
      expect((await signIn('ada', PASSWORD, { browser })).status).toBe(303)
    })

    it('ruling 3: is known for its user alone, and no more after a new password', async () => {
      const browser = new TestBrowser()
      await signIn('ada', PASSWORD, { browser })
      await hammer('bob')
      expect((await signIn('bob', PASSWORD, { browser })).status).toBe(429)
      const password = 'seven green umbrellas'
      await changePassword({ username: 'ada', password }, server.context)
      await hammer('ada')
      expect((await signIn('ada', password, { browser })).status).toBe(429)
      await changePassword({ username: 'ada', password: PASSWORD }, server.context)
    })

    it('ruling 3: cannot be made up', async () => {
      const browser = new TestBrowser()
      await signIn('ada', PASSWORD, { browser })
      const [name] = [...browser.cookies.keys()].filter((each) => each.endsWith('-device'))
      const value = browser.cookies.get(name ?? '') ?? ''
      await hammer('ada')
      for (const forged of ['', 'x', value.slice(1), `${value.slice(0, -2)}AA`, `.${value}`]) {
        const stranger = new TestBrowser()
        stranger.cookies.set(name ?? '', forged)
        const { status } = await signIn('ada', PASSWORD, { browser: stranger })
        // Only the last of them holds what we have written.
        expect([forged === `.${value}` ? 303 : 429, forged]).toEqual([status, forged])
      }
    })
  })

  describe('by nobody at all', () => {
    hashAtFullCost()

    it.each([10, 20, 50])(
      'security M1: of %i right sign-ins at once, by app and by page, none is refused',
      async (size) => {
        const turns = Array.from({ length: size }, (_, turn) => turn)
        const together = newAddress()
        const grants = await Promise.all(
          turns.map((turn) => ask('ada', PASSWORD, { address: together, turn })),
        )
        expect(new Set(grants.map(({ status }) => status))).toEqual(new Set([200]))
        const apart = await Promise.all(turns.map((turn) => ask('bob', PASSWORD, { turn })))
        // Fifty checks can be more than a slow machine has turns for: those are not counted.
        for (const { status } of apart) expect([200, 503]).toContain(status)
        const pages = await Promise.all(
          turns.map(() => signIn('eve', PASSWORD, { address: together })),
        )
        expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([303]))
        expect(
          await server.store.listLockedSubjects(TENANT, server.clock.nowSeconds(), { limit: 9 }),
        ).toEqual([])
      },
    )

    it('security H2: a flood of others makes nobody wait whose check was not made', async () => {
      const flood = Array.from({ length: 90 }, (_, turn) => ask(`made-up-${turn}`, WRONG))
      const owner = newAddress()
      const answers = []
      for (let turn = 0; turn < 8; turn += 1)
        answers.push(await ask('eve', PASSWORD, { address: owner }))
      expect((await Promise.all(flood)).map(({ status }) => status)).toContain(503)
      for (const { status, retryAfter } of answers) {
        expect([200, 503]).toContain(status)
        if (status === 503) expect(retryAfter).toBe('1')
      }
      expect((await ask('eve', PASSWORD, { address: owner })).status).toBe(200)
      // All ten failures are left.
      const stranger = newAddress()
      for (let turn = 0; turn < 10; turn += 1) {
        expect((await ask('eve', WRONG, { address: stranger })).status).toBe(400)
      }
    })

    it('security H2: one address that keeps the queue full is refused first', async () => {
      const from = newAddress()
      const flood = Array.from({ length: 110 }, (_, turn) =>
        ask(`name-${turn}`, WRONG, { address: from }),
      )
      const others = Array.from({ length: 5 }, () => ask('eve', PASSWORD))
      const statuses = (await Promise.all(others)).map(({ status }) => status)
      expect(statuses).toEqual([200, 200, 200, 200, 200])
      await Promise.all(flood)
    })

    it('security H2: a store that goes away meanwhile counts nothing', async () => {
      const { store } = server
      const original = store.settleTry
      Object.assign(store, {
        settleTry: () => Promise.reject(new StoreUnavailableError('gone')),
      })
      const address = newAddress()
      for (let turn = 0; turn < 10; turn += 1) {
        expect((await ask('eve', WRONG, { address })).status).toBe(503)
      }
      Object.assign(store, { settleTry: original })
      // Places that nobody gives back are free after a minute.
      server.clock.advance(60)
      for (let turn = 0; turn < 10; turn += 1) {
        expect((await ask('eve', WRONG, { address })).status).toBe(400)
      }
    })
  })

  describe('is told', () => {
    it('security L12: to wait, not that the password is wrong, where an address has failed too often', async () => {
      const address = newAddress()
      const { failures } = await useUp('source', 'some-name', address)
      expect(failures).toBe(120)
      const { status, body, retryAfter } = await ask('ada', PASSWORD, { address })
      expect([status, body.error]).toEqual([429, 'too_many_requests'])
      expect(Number(retryAfter)).toBeGreaterThan(0)
      const page = await signIn('bob', PASSWORD, { address })
      expect([page.status, page.headers.get('retry-after')]).toEqual([429, retryAfter])
      expect(page.text).toContain(
        `Wait ${Number(retryAfter) === 60 ? '1 minute' : `${retryAfter} seconds`}`,
      )
    })

    it('security L6: by the log, with address, tenant and a digest of the account', async () => {
      const address = newAddress()
      server.forgetLog()
      await ask('eve', WRONG, { address })
      await ask('eve', WRONG, { address })
      const lines = server.logLines.map((line) => JSON.parse(line))
      const failed = lines.filter(({ msg }) => msg === 'a check of credentials failed')
      expect(failed).toHaveLength(2)
      expect(failed[0]).toMatchObject({ tenant: TENANT, address })
      expect(failed[0].account).toMatch(/^[\w-]{16}$/)
      expect(failed[1].account).toBe(failed[0].account)
      expect(server.logLines.join('')).not.toContain(WRONG)
    })

    it('ruling 11: by one event for an account and address in a quarter of an hour', async () => {
      const events = async () => {
        const all = await latestEvents(server.store, TENANT, 1000)
        return all.filter(({ action }) => action === 'sign_in.locked').length
      }
      const address = newAddress()
      const before = await events()
      const failTenTimes = async (from: string) => {
        for (let turn = 0; turn < 10; turn += 1) await ask('phantom', WRONG, { address: from })
      }
      await failTenTimes(address)
      expect(await events()).toBe(before + 1)
      server.clock.advance(60)
      await ask('phantom', WRONG, { address })
      expect(await events()).toBe(before + 1)
      await failTenTimes(newAddress())
      expect(await events()).toBe(before + 2)
    })
  })

  it('structural 12: made-up names leave a bounded number of rows', async () => {
    const { store } = server
    const slots = new Set<string>()
    const original = store.reserveTry
    Object.assign(store, {
      reserveTry: (input: Parameters<typeof original>[0]) => {
        for (const { purpose, slot } of input.allowances) slots.add(`${purpose} ${slot}`)
        return original(input)
      },
    })
    for (let turn = 0; turn < 20; turn += 1) await ask(`made-up-${turn}`, WRONG)
    Object.assign(store, { reserveTry: original })
    expect(slots.size).toBeGreaterThan(40)
    // One of 65,536 in the base of 36.
    for (const each of slots) expect(each).toMatch(/^(caller|source|strangers) [\da-z]{1,4}$/)
  })
})
