// Attacks on passwords: who has an account, guessing, and hashing as a weapon.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashPassword } from '../../src/identity/passwords.ts'
import { changePassword } from '../../src/operations/users.ts'
import { newRevocationTag } from '../../src/platform/random.ts'
import { asUserId } from '../../src/protocol/ids.ts'
import type { UserRecord } from '../../src/store/records.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { hashAtFullCost } from '../support/password-cost.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { measureBelow, medianOf, TELLING_T, timeInTurn, welchT } from '../support/timing.ts'
import { MACHINE, PASSWORD, TENANT, WEB_APP } from '../support/world.ts'

hashAtFullCost()

const WRONG = 'wrong horse battery staple'
const HOUR_SECONDS = 3600

describe.each(STORES)('attacks on passwords on %s', (kind) => {
  let server: TestServer
  let app: TestApp
  let passwordHash: string

  beforeAll(async () => {
    server = await startTestServer(kind, { rateLimits: { failedSignInsPerMinute: 10_000 } })
    app = new TestApp(server, WEB_APP)
    passwordHash = await hashPassword(PASSWORD)
  })
  afterAll(() => server?.stop())

  async function createUser(username: string, changes: Partial<UserRecord> = {}) {
    const outcome = await server.store.createUser(
      {
        tenant: TENANT,
        id: asUserId(`user-${username}`),
        tag: newRevocationTag(),
        username,
        name: username,
        email: `${username}@example.com`,
        emailVerified: true,
        passwordHash,
        locale: null,
        createdAtSeconds: server.clock.nowSeconds(),
        disabledAtSeconds: null,
        ...changes,
      },
      [],
    )
    expect(outcome).toBe('created')
  }

  async function trySignIn(
    username: string,
    password: string,
    browser: TestBrowser = new TestBrowser(),
  ): Promise<BrowserPage> {
    const page = await browser.open(
      app.authorizeUrl({ prompt: 'login', code_challenge: CHALLENGE }),
    )
    return browser.submit(page, { username, password })
  }

  /** A page without what is different each time: the sealed request, the name that was typed, ids. */
  function comparable(page: BrowserPage, username: string): string {
    const interaction = page.root.querySelector('[name=interaction]')?.getAttribute('value') ?? ''
    const headers = [...page.headers]
      .filter(([name]) => !['date', 'x-request-id', 'set-cookie', 'content-length'].includes(name))
      .map((header) => header.join(': '))
    const text = page.text.replaceAll(interaction, '…').replaceAll(username, '…')
    return [page.status, ...headers, text].join('\n')
  }

  /** A name of its own each time: no account locks, and none is in any cache. */
  async function compareTimes(names: { known: string[]; unknown: string[] }): Promise<number> {
    const ask = (of: string[]) => () => trySignIn(of.pop() ?? '', WRONG)
    const kinds = { known: ask(names.known), unknown: ask(names.unknown) }
    const { known = [], unknown = [] } = await timeInTurn(kinds, SAMPLES)
    return welchT(known, unknown)
  }

  describe('whose an e-mail address is', () => {
    const ADDRESSES = {
      verified: 'own-one@example.com',
      'not verified': 'unsure@example.com',
      'that of two': 'shared@example.com',
      'that of a user who is gone': 'left@example.com',
    }

    beforeAll(async () => {
      await createUser('own-one')
      await createUser('unsure', { emailVerified: false })
      await createUser('shared')
      await createUser('shared-too', { email: ADDRESSES['that of two'] })
      await createUser('left', { disabledAtSeconds: server.clock.nowSeconds() })
    })

    it.each(Object.entries(ADDRESSES))(
      'D18: one that is %s gets the page of one that nobody has',
      async (_, typed) => {
        const nobodys = 'nobodys@example.com'
        const page = comparable(await trySignIn(nobodys, WRONG), nobodys)
        expect(page).toMatch(/^422\n/)
        expect(comparable(await trySignIn(typed, WRONG), typed)).toBe(page)
      },
    )

    it('D18: one that somebody has locks like one that nobody has', async () => {
      const tryOften = async (typed: string) => {
        const pages: string[] = []
        for (let tries = 0; tries < 12; tries += 1) {
          pages.push(comparable(await trySignIn(typed, WRONG), typed))
        }
        return pages
      }
      await createUser('locked-one')
      const known = await tryOften('locked-one@example.com')
      expect(known.at(-1)).toMatch(/^429\n/)
      expect(await tryOften('locked-nobody@example.com')).toEqual(known)
    })

    it('D18: a name that is locked does not tell which one is its own', async () => {
      await createUser('locked-name')
      for (let tries = 0; tries < 11; tries += 1) await trySignIn('locked-name', WRONG)
      expect((await trySignIn('locked-name', WRONG)).status).toBe(429)
      const [own, nobodys] = ['locked-name@example.com', 'no-one@example.com']
      const page = comparable(await trySignIn(nobodys, WRONG), nobodys)
      expect(page).toMatch(/^422\n/)
      expect(comparable(await trySignIn(own, WRONG), own)).toBe(page)
    })

    it('D18: looking for one takes as long whoever has it', async () => {
      let users = 0
      const t = await measureBelow(TELLING_T, async () => {
        const names = { known: [] as string[], unknown: [] as string[] }
        for (let round = 0; round < ROUNDS; round += 1) {
          users += 1
          await createUser(`addressed-${users}`)
          names.known.push(`addressed-${users}@example.com`)
          names.unknown.push(`elsewhere-${users}@example.com`)
        }
        return compareTimes(names)
      })
      expect(t).toBeLessThan(TELLING_T)
    })
  })

  describe('who has an account', () => {
    it('D6: a wrong password and an unknown or disabled user get the same page, byte for byte', async () => {
      await createUser('known-user')
      await createUser('gone-user', { disabledAtSeconds: server.clock.nowSeconds() })
      const known = comparable(await trySignIn('known-user', WRONG), 'known-user')
      expect(known).toMatch(/^422\n/)
      expect(comparable(await trySignIn('other-user', WRONG), 'other-user')).toBe(known)
      expect(comparable(await trySignIn('gone-user', PASSWORD), 'gone-user')).toBe(known)
    })

    it('D6: an account that does not exist locks like one that does', async () => {
      await createUser('lock-known')
      const tryOften = async (username: string) => {
        const pages: string[] = []
        for (let tries = 0; tries < 12; tries += 1) {
          pages.push(comparable(await trySignIn(username, WRONG), username))
        }
        return pages
      }
      const known = await tryOften('lock-known')
      expect(known.at(-1)).toMatch(/^429\n/)
      expect(await tryOften('lock-other')).toEqual(known)
    })

    it('D6: login_hint shows the same page for a user and for nobody', async () => {
      const open = async (hint: string) => {
        const url = app.authorizeUrl({ login_hint: hint, code_challenge: CHALLENGE })
        return comparable(await new TestBrowser().open(url), hint)
      }
      expect(await open('nobody')).toBe(await open('ada'))
      expect(await open('nobody@example.com')).toBe(await open('ada@example.com'))
    })

    it('D6: looking for an account takes as long as looking into one', async () => {
      let users = 0
      const t = await measureBelow(TELLING_T, async () => {
        const names = { known: [] as string[], unknown: [] as string[] }
        for (let round = 0; round < ROUNDS; round += 1) {
          users += 1
          await createUser(`timed-${users}`)
          names.known.push(`timed-${users}`)
          names.unknown.push(`other-${users}`)
        }
        return compareTimes(names)
      })
      expect(t).toBeLessThan(TELLING_T)
    })

    it('D6: pages to sign up or to reset a password, which could tell, are not offered', async () => {
      for (const path of ['/sign-up', '/register', '/reset', '/forgot-password']) {
        expect((await getAnswer(server.issuer + path)).status).toBe(404)
      }
    })
  })

  describe('guessing', () => {
    it('D7: one address has ten tries at an account, then one a minute', async () => {
      await createUser('waiting')
      let looked = 0
      for (let seconds = 0; seconds < HOUR_SECONDS / 2; seconds += 20) {
        const page = await trySignIn('waiting', `${WRONG} ${seconds}`)
        if (page.status === 422) looked += 1
        else expect(page.status).toBe(429)
        server.clock.advance(20)
      }
      // Ten in the first 200 seconds, and one in each of the 26 minutes that are left.
      expect(looked).toBe(10 + 26)
    })

    it('D7: parallel guesses do not outrun the limit', async () => {
      await createUser('raced')
      const pages = await Promise.all(
        Array.from({ length: 30 }, (_, index) => trySignIn('raced', `${WRONG} ${index}`)),
      )
      expect(pages.filter(({ status }) => status === 422)).toHaveLength(10)
      // Where the machine is slow, some have waited for their turn until there was no more time.
      const others = pages.filter(({ status }) => status === 429 || status === 503)
      expect(others).toHaveLength(20)
    })

    it('D7: who is signed in already goes on while somebody else guesses', async () => {
      await createUser('present')
      const owner = new TestBrowser()
      expect((await trySignIn('present', PASSWORD, owner)).status).toBe(303)
      for (let tries = 0; tries < 12; tries += 1) await trySignIn('present', WRONG)
      const page = await owner.open(app.authorizeUrl())
      expect(page.root.querySelector('[name=decision]')).not.toBeNull()
    })

    it('D7: another spelling of the name is the same account', async () => {
      await createUser('spelling')
      for (const name of ['spelling', 'SPELLING', ' spelling ', 'ｓｐｅｌｌｉｎｇ', 'Spelling']) {
        for (let twice = 0; twice < 2; twice += 1) {
          expect((await trySignIn(name, WRONG)).status).toBe(422)
        }
      }
      expect((await trySignIn('spelling', PASSWORD)).status).toBe(429)
    })
  })

  describe('hashing as a weapon', () => {
    /** A sign-in form in a browser of its own, and the way to send it. */
    async function openForm(): Promise<
      (username: string, password: string) => Promise<BrowserPage>
    > {
      const browser = new TestBrowser()
      const page = await browser.open(app.authorizeUrl())
      return (username, password) => browser.submit(page, { username, password })
    }

    it('D8: 200 passwords of a megabyte are refused without being hashed', async () => {
      const send = await openForm()
      const password = 'a'.repeat(1024 * 1024)
      const statuses = await Promise.all(
        Array.from({ length: 200 }, async () => (await send('ada', password)).status),
      )
      // Had they queued up to be hashed, most would have been turned away with 503.
      expect(new Set(statuses)).toEqual(new Set([400]))
    })

    it.each([257, 5_000, 16_000])(
      'D8: a password of %i characters is wrong, not an error',
      async (length) => {
        const send = await openForm()
        expect(
          (await send('bob', 'ü'.repeat(Math.ceil(length / 6)).padEnd(length, 'a'))).status,
        ).toBe(422)
      },
    )

    it('D8: a password of 256 characters is hashed as a whole', async () => {
      const long = 'a passphrase '.repeat(20).slice(0, 255)
      const context = { ...server, actor: 'cli' }
      await changePassword({ username: 'eve', password: `${long}1` }, context)
      const send = await openForm()
      expect((await send('eve', `${long}2`)).status).toBe(422)
      expect((await send('eve', long)).status).toBe(422)
      expect((await send('eve', `${long}1`)).status).toBe(303)
    })

    it('D8: a flood of sign-ins is cut short with 503, and apps get their tokens meanwhile', async () => {
      const send = await openForm()
      const floodStartedAt = performance.now()
      const flood = Array.from({ length: 200 }, (_, index) => send(`flood-${index}`, WRONG))
      const machine = new TestApp(server, MACHINE)
      const waits: number[] = []
      for (let asked = 0; asked < 20; asked += 1) {
        const startedAt = performance.now()
        expect((await machine.token({ grant_type: 'client_credentials' })).status).toBe(200)
        waits.push(performance.now() - startedAt)
      }
      const pages = await Promise.all(flood)
      const floodMilliseconds = performance.now() - floodStartedAt
      expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([422, 503]))
      for (const page of pages.filter(({ status }) => status === 503)) {
        expect(page.headers.get('retry-after')).toBe('1')
      }
      // Behind the passwords that wait, each token would take as long as they do.
      expect(medianOf(waits)).toBeLessThan(floodMilliseconds / 4)
    })
  })
})

/** The same for all, so that pages can be compared. */
const CHALLENGE = 'A'.repeat(43)
const SAMPLES = 40
const ROUNDS = SAMPLES + SAMPLES / 10

describe.each(STORES)('one address that tries many accounts on %s', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    const rateLimits = { failedSignInsPerMinute: 20 }
    server = await startTestServer(kind, { rateLimits, trustedProxies: ['127.0.0.1', '::1'] })
  })
  afterAll(() => server?.stop())

  it('D7: is slowed down, whatever the account, and others are not', async () => {
    const app = new TestApp(server, WEB_APP)
    const trySignIn = async (username: string, password: string, address: string) => {
      const browser = new TestBrowser()
      const page = await browser.open(app.authorizeUrl())
      return browser.submit(page, { username, password }, { 'x-forwarded-for': address })
    }
    const attacker = '203.0.113.7'
    for (let tries = 0; tries < 20; tries += 1) {
      expect((await trySignIn(`stuffed-${tries}`, WRONG, attacker)).status).toBe(422)
    }
    expect((await trySignIn('ada', PASSWORD, attacker)).status).toBe(429)
    const spoofed = `203.0.113.9, ${attacker}`
    expect((await trySignIn('ada', PASSWORD, spoofed)).status).toBe(429)
    expect((await trySignIn('ada', PASSWORD, '203.0.113.8')).status).toBe(303)
  })
})
