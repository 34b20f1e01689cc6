// Where the contract promises that the very next call is refused, the answer to a revocation waits for the APIs that
// follow the feed here: all who are known, nobody else, and nobody twice who was late.

import { createGuard, type Guard } from '@ostiary/resource'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryInTime, untilNobodyLapses } from '../support/lapses.ts'
import { scrape } from '../support/scrape.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { API, API_SERVER, MACHINE, WEB_APP } from '../support/world.ts'

const TRIES = 16
const PATIENTLY = { timeout: 30_000 }
const basic = ({ id, secret }: { id: string; secret: string | undefined }) =>
  `Basic ${btoa(`${id}:${secret}`)}`

describe.each(STORES)('contracts: revoked means now, on %s', (kind) => {
  let server: TestServer
  let machine: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind, {
      management: { port: 0 },
      policy: { revocationWaitsForApis: true },
    })
    machine = new TestApp(server, MACHINE)
  })
  afterAll(() => server?.stop())

  const newToken = async () =>
    String((await machine.token({ grant_type: 'client_credentials' })).body.access_token)
  const metric = async (name: string, labels = {}) =>
    (await scrape(server.managementUrl)).value(name, labels)
  const held = () => metric('ostiary_feed_requests_held')
  const lapsed = async () =>
    (await metric('ostiary_feed_followers_lapsed_total', { tenant: 'main' })) ?? 0
  const newGuard = () =>
    createGuard({
      ...{ issuer: server.issuer, audience: API, pollSeconds: 30, descriptions: false },
      introspection: { clientId: API_SERVER.id, clientSecret: API_SERVER.secret ?? '' },
    })
  const takes = async (guard: Guard, token: string) =>
    (await guard.authorize({ authorization: `Bearer ${token}` }, {}, undefined)).ok

  it(`when the answer has gone out, the next call is refused, in ${TRIES} of ${TRIES} tries`, async () => {
    const guards = [newGuard(), newGuard()]
    try {
      for (const guard of guards) expect(await takes(guard, await newToken())).toBe(true)
      await expect.poll(held, PATIENTLY).toBe(guards.length)
      const verdicts = await tryInTime(TRIES, {
        async revoke() {
          const token = await newToken()
          await machine.revoke(token)
          return token
        },
        verdictsOn: (token) => Promise.all(guards.map((guard) => takes(guard, token))),
      })
      expect(verdicts).toEqual(Array.from({ length: TRIES * guards.length }, () => false))
    } finally {
      await Promise.all(guards.map((guard) => guard.close()))
      await expect.poll(held, PATIENTLY).toBe(0)
    }
  })

  it('an API that hangs is waited for once, then not until it confirms again', async () => {
    const last = async () => (await server.store.readFeedState('main')).lastSequence
    const follow = async (follower: string, after: number) =>
      fetch(`${server.issuer}/revocations?after=${after}&wait=25&follower=${follower}`, {
        headers: { authorization: basic(API_SERVER) },
      })
    // The guards of the test before have gone without a word.
    const before = await untilNobodyLapses({
      lapsed,
      revoke: async () => machine.revoke(await newToken()),
    })
    const told = follow('hanging', await last())
    await expect.poll(held, PATIENTLY).toBe(1)
    const lapsedByNow = async () => {
      expect((await machine.revoke(await newToken())).status).toBe(200)
      return lapsed()
    }
    await expect.poll(lapsedByNow, PATIENTLY).toBe(before + 1)
    expect((await told).status).toBe(200)
    await machine.revoke(await newToken())
    expect(await lapsed()).toBe(before + 1)
    expect(server.logLines.join()).toContain('APIs did not confirm a revocation in time')
  })

  it('strangers, apps that are no API and wrong secrets are not waited for', async () => {
    const before = await lapsed()
    const ask = async (authorization?: string) =>
      fetch(`${server.issuer}/revocations?after=0&wait=25&follower=stranger`, {
        ...(authorization && { headers: { authorization } }),
      })
    expect((await ask()).status).toBe(200)
    expect((await ask(basic(WEB_APP))).status).toBe(403)
    expect((await ask(basic({ ...API_SERVER, secret: 'wrong' }))).status).toBe(401)
    await machine.revoke(await newToken())
    expect(await lapsed()).toBe(before)
  })

  it('a guard whose credentials are no longer taken goes on following', async () => {
    const guard = createGuard({
      ...{ issuer: server.issuer, audience: API, pollSeconds: 30, descriptions: false },
      introspection: { clientId: API_SERVER.id, clientSecret: 'was rotated' },
    })
    try {
      const token = await newToken()
      expect(await takes(guard, token)).toBe(true)
      await expect.poll(held, PATIENTLY).toBe(1)
      await machine.revoke(token)
      await expect.poll(() => takes(guard, token), PATIENTLY).toBe(false)
    } finally {
      await guard.close()
    }
  })
})

it('a policy that does not say so waits for nobody', async () => {
  const server = await startTestServer('sqlite', { management: { port: 0 } })
  try {
    const machine = new TestApp(server, MACHINE)
    const url = `${server.issuer}/revocations?after=0&wait=25&follower=hanging`
    const told = fetch(url, { headers: { authorization: basic(API_SERVER) } })
    const held = async () =>
      (await scrape(server.managementUrl)).value('ostiary_feed_requests_held')
    await expect.poll(held, PATIENTLY).toBe(1)
    const { body } = await machine.token({ grant_type: 'client_credentials' })
    await machine.revoke(body.access_token)
    expect((await told).status).toBe(200)
    const { value } = await scrape(server.managementUrl)
    expect(value('ostiary_feed_followers_lapsed_total', { tenant: 'main' }) ?? 0).toBe(0)
  } finally {
    await server.stop()
  }
})
