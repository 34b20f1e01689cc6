// Signing in with user name and password: lock-out, limits, and one answer for every way to be wrong.

import { argon2Sync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listLocks, unlockUser } from '../../src/operations/user-locks.ts'
import { asUserId } from '../../src/protocol/ids.ts'
import type { UserRecord } from '../../src/store/records.ts'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { latestEvents } from '../support/latest-events.ts'
import { kindOf } from '../support/page-kind.ts'
import { hashAtFullCost } from '../support/password-cost.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { MAIN_TENANT } from '../support/tenant.ts'
import { TestApp } from '../support/test-app.ts'
import { PASSWORD, TENANT, userIdOf, WEB_APP } from '../support/world.ts'

hashAtFullCost()

describe.each(STORES)('sign-in on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, { rateLimits: { failedSignInsPerMinute: 1000 } })
  })
  afterAll(() => server?.stop())

  async function submit(fields: Record<string, string>): Promise<BrowserPage> {
    const browser = new TestBrowser()
    const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
    return browser.submit(page, fields)
  }

  const attempt = (username: string, password = PASSWORD) => submit({ username, password })

  async function addUser(username: string, fields: Partial<UserRecord> = {}): Promise<void> {
    const ada = await server.store.findUser(TENANT, userIdOf('ada'))
    if (!ada) throw new Error('ada is gone')
    await server.store.createUser({ ...ada, id: asUserId(username), username, ...fields }, [])
  }

  describe('the form', () => {
    it('RFC 9700 §4.12: the right password leads on by 303', async () => {
      const done = await attempt('ada')
      expect(done.status).toBe(303)
      expect(done.location).toMatch(`${server.issuer}/authorize?`)
    })

    it.each(['ADA', ' ada ', 'ａｄａ'])('takes "%s" for ada', async (username) => {
      expect((await attempt(username)).status).toBe(303)
    })

    it.each([
      [{ username: '', password: PASSWORD }, 'Enter your user name or e-mail address'],
      [{ username: 'ada', password: '' }, 'Enter your password'],
    ])('names the field that is missing in %j, and keeps the other', async (fields, problem) => {
      const answer = await submit(fields)
      expect(answer.status).toBe(422)
      expect(answer.text).toContain(problem)
      const kept = answer.root.querySelector('[name=username]')?.getAttribute('value')
      expect(kept).toBe(fields.username)
    })

    it('never sends the password back', async () => {
      const answer = await attempt('ada', 'a password that is not right')
      expect(answer.status).toBe(422)
      expect(answer.text).not.toContain('a password that is not right')
    })
  })

  it('ASVS 6.3.8: wrong password, unknown user and disabled user get the same answer', async () => {
    await addUser('disabled', { disabledAtSeconds: server.clock.nowSeconds() })
    await addUser('keyless', { passwordHash: null })
    /** What the answer says, apart from the name that was typed and the sealed request. */
    const answerFor = async (username: string, password = PASSWORD) => {
      const { status, text } = await attempt(username, password)
      const withoutState = text.replace(/name="interaction" value="[^"]*"/, '')
      return { status, text: withoutState.replace(`value="${username}"`, '') }
    }
    const wrong = await answerFor('eve', 'wrong')
    expect(wrong.status).toBe(422)
    expect(wrong.text).toContain('The user name, e-mail address or password is not right.')
    for (const username of ['nobody', 'disabled', 'keyless']) {
      expect(await answerFor(username), username).toEqual(wrong)
    }
  })

  describe('lock-out', () => {
    async function fail(username: string, times: number): Promise<void> {
      for (let count = 0; count < times; count += 1) {
        expect((await attempt(username, 'wrong')).status).toBe(422)
      }
    }

    async function expectLocked(username: string): Promise<void> {
      const answer = await attempt(username)
      expect(answer.status).toBe(429)
      expect(kindOf(answer)).toBe('sign-in')
      expect(answer.text).toContain('Too many attempts to sign in.')
    }

    it('ASVS 6.3.1: after ten failures from one address it has one try a minute', async () => {
      await addUser('forgetful')
      await fail('forgetful', 10)
      for (let minute = 0; minute < 3; minute += 1) {
        await expectLocked('forgetful')
        server.clock.advance(59)
        await expectLocked('forgetful')
        server.clock.advance(1)
        // Being told to wait does not count as a try.
        await fail('forgetful', 1)
      }
      server.clock.advance(60)
      expect((await attempt('forgetful')).status).toBe(303)
    })

    it('ASVS 6.3.1: says how long to wait, to people and to programs', async () => {
      await addUser('impatient')
      await fail('impatient', 10)
      server.clock.advance(40)
      const answer = await attempt('impatient')
      expect(answer.text).toContain('Wait 20 seconds')
      expect(answer.headers.get('retry-after')).toBe('20')
    })

    it('a sign-in that succeeds starts the count of its address anew', async () => {
      await addUser('clumsy')
      for (let round = 0; round < 3; round += 1) {
        await fail('clumsy', 9)
        expect((await attempt('clumsy')).status).toBe(303)
      }
    })

    it('ASVS 6.3.8: a name that nobody has locks just the same', async () => {
      await fail('phantom', 10)
      await expectLocked('phantom')
    })

    it('counts every spelling of a name as one', async () => {
      await addUser('spelled')
      for (const name of ['spelled', 'SPELLED', ' spelled', 'ｓpelled', 'Spelled']) {
        await fail(name, 2)
      }
      await expectLocked('spelled')
    })

    it('slows this account alone down, and leaves an audit event', async () => {
      await addUser('locked')
      await fail('locked', 10)
      await expectLocked('locked')
      expect((await attempt('bob')).status).toBe(303)
      const [event] = await latestEvents(server.store, TENANT, 1)
      expect(event).toMatchObject({ action: 'sign_in.locked', target: 'username:locked' })
    })

    it('operating 5, 32: the operator ends the wait without a new password', async () => {
      await addUser('besieged')
      await fail('besieged', 10)
      await expectLocked('besieged')
      const { store, clock } = server
      const context = { tenant: MAIN_TENANT, store, clock, actor: 'test' }
      expect(await Array.fromAsync(listLocks(context))).toContainEqual(
        expect.objectContaining({ username: 'besieged', failures: 10 }),
      )
      await unlockUser({ username: 'besieged' }, context)
      expect((await attempt('besieged')).status).toBe(303)
      const locks = await Array.fromAsync(listLocks(context))
      expect(locks.map(({ username }) => username)).not.toContain('besieged')
    })
  })

  it('ASVS 11.4.2: a hash of weaker parameters is made anew at the next sign-in', async () => {
    await addUser('veteran', { passwordHash: weakHashOf(PASSWORD) })
    const hashOf = async () =>
      (await server.store.findUser(TENANT, asUserId('veteran')))?.passwordHash
    expect((await attempt('veteran', 'wrong')).status).toBe(422)
    expect(await hashOf()).toContain('$m=8192,t=1,')
    expect((await attempt('veteran')).status).toBe(303)
    const upgraded = await hashOf()
    expect(upgraded).toContain('$m=19456,t=2,')

    expect((await attempt('veteran')).status).toBe(303)
    expect(await hashOf()).toBe(upgraded)
  })

  it('ASVS 6.2.8: looks at every character of the password', async () => {
    expect((await attempt('bob', PASSWORD.toUpperCase())).status).toBe(422)
    expect((await attempt('bob', `${PASSWORD} `)).status).toBe(422)
    expect((await attempt('bob', PASSWORD.slice(0, -1))).status).toBe(422)
    expect((await attempt('bob')).status).toBe(303)
  })
})

function weakHashOf(password: string): string {
  const nonce = randomBytes(16)
  const parameters = { memory: 8192, passes: 1, parallelism: 1, tagLength: 32 }
  const tag = argon2Sync('argon2id', { message: password, nonce, ...parameters })
  const [salt, hash] = [nonce, tag].map((bytes) => bytes.toString('base64').replaceAll('=', ''))
  return `$argon2id$v=19$m=8192,t=1,p=1$${salt}$${hash}`
}

// This limit runs on the real clock, so its minute is not waited for.
describe.each(STORES)('limit per address on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, {
      rateLimits: { failedSignInsPerMinute: 3 },
      trustedProxies: ['127.0.0.1', '::1'],
    })
  })
  afterAll(() => server?.stop())

  it('RFC 6585 §4: who fails too often, with whatever names, must wait; others need not', async () => {
    const browser = new TestBrowser()
    const page = await browser.open(new TestApp(server, WEB_APP).authorizeUrl())
    const attempt = (address: string, username: string, password = PASSWORD) =>
      browser.submit(page, { username, password }, { 'x-forwarded-for': address })

    for (const username of ['ada', 'bob', 'nobody']) {
      expect((await attempt('192.0.2.1', username, 'wrong')).status).toBe(422)
    }
    const blocked = await attempt('192.0.2.1', 'ada')
    expect(blocked.status).toBe(429)
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(blocked.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect((await attempt('192.0.2.2', 'ada')).status).toBe(303)
  })
})
