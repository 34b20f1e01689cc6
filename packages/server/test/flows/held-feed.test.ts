// The feed is pushed: a request that asks to wait is answered when there is something to tell, takes nothing from
// others meanwhile, and is over at once when the server leaves or the caller is gone.

import { createGuard } from '@ostiary/resource'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendRequest } from '../support/http-request.ts'
import { scrape } from '../support/scrape.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { API, MACHINE } from '../support/world.ts'

const ROOM = 4
const PATIENTLY = { timeout: 30_000 }
/** Sooner than the time for which requests are held here. */
const BEFORE_ITS_TIME = { timeout: 15_000 }
const PLACES_OF_SOURCE = 16

describe.each(STORES)('contracts: revoked means now, on %s', (kind) => {
  let server: TestServer
  let machine: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind, {
      server: { maxRequestsInFlight: ROOM },
      management: { port: 0 },
    })
    machine = new TestApp(server, MACHINE)
  })
  afterAll(() => server?.stop())

  const newToken = async () =>
    (await machine.token({ grant_type: 'client_credentials' })).body.access_token
  const read = (query: string) => getAnswer(`${server.issuer}/revocations?${query}`)
  const lastNumber = async () => (await read('after=0')).body.last_sequence as number
  const hold = async (waitSeconds: number) =>
    read(`after=${await lastNumber()}&wait=${waitSeconds}`)
  const held = async () => (await scrape(server.managementUrl)).value('ostiary_feed_requests_held')

  /** One after the other, because all at once there is no room for. */
  async function holdMany<Answer>(
    count: number,
    ask: () => Promise<Answer>,
  ): Promise<readonly Promise<Answer>[]> {
    const answers: Promise<Answer>[] = []
    while (answers.length < count) {
      answers.push(ask())
      await expect.poll(held, PATIENTLY).toBe(answers.length)
    }
    return answers
  }

  it('a request that asks to wait is answered when a line comes', async () => {
    const token = await newToken()
    const before = await lastNumber()
    const answer = hold(25)
    await expect.poll(held, PATIENTLY).toBe(1)
    await machine.revoke(token)
    const { body, headers } = await answer
    expect(body).toMatchObject({ sequence: before + 1, last_sequence: before + 1, more: false })
    expect(body.revocations).toHaveLength(1)
    // Whatever stands in between must not give it to anybody else.
    expect(headers.get('cache-control')).toBe('no-store')
    await expect.poll(held, PATIENTLY).toBe(0)
  })

  it('how long they are held is no measure of how quickly requests are served', async () => {
    const labels = { tenant: 'main', route: '/revocations' }
    const seconds = async () =>
      (await scrape(server.managementUrl)).value(
        'ostiary_http_request_duration_seconds_sum',
        labels,
      ) ?? 0
    const before = await seconds()
    const after = await lastNumber()
    await read(`after=${after}&wait=3`)
    expect((await seconds()) - before).toBeLessThan(3)
  })

  it('without any, it is answered when its time is over', async () => {
    const before = await lastNumber()
    const { status, body } = await hold(1)
    expect(status).toBe(200)
    expect(body).toMatchObject({ sequence: before, last_sequence: before, revocations: [] })
  })

  it.each(['after=99999&wait=25', 'after=0&wait=25', 'after=0'])(
    '%s: what there is to tell is told at once',
    async (query) => {
      await machine.revoke(await newToken())
      const { body } = await read(query)
      expect(body.last_sequence).toBe(await lastNumber())
    },
    // Held, it would be answered as well, but not before this.
    15_000,
  )

  it.each(['wait=-1', 'wait=x', 'wait=1.5', 'wait='])('%s is refused', async (query) => {
    expect((await read(`after=0&${query}`)).status).toBe(query === 'wait=' ? 200 : 400)
  })

  it('those that wait hold no place among the requests that are worked on', async () => {
    const answers = await holdMany(ROOM * 2, () => hold(25))
    const { value } = await scrape(server.managementUrl)
    expect(value('ostiary_http_requests_in_flight')).toBe(0)
    const token = await newToken()
    expect(token).toBeTypeOf('string')
    await machine.revoke(token)
    for (const { body } of await Promise.all(answers)) expect(body.revocations).toHaveLength(1)
  })

  it('E21: of one source so many are held, and one more is answered at once', async () => {
    const after = await lastNumber()
    const waiting = new AbortController()
    const url = `${server.issuer}/revocations?after=${after}&wait=25`
    const holders = await holdMany(PLACES_OF_SOURCE, () =>
      fetch(url, { signal: waiting.signal }).catch(() => undefined),
    )
    const { body } = await read(`after=${after}&wait=25`)
    expect(body.revocations).toEqual([])
    expect(await held()).toBe(PLACES_OF_SOURCE)
    // A caller who is gone has no place.
    waiting.abort()
    await Promise.all(holders)
    await expect.poll(held, BEFORE_ITS_TIME).toBe(0)
  })

  it('a guard follows it, and refuses what was revoked without polling', async () => {
    const urls: string[] = []
    const guard = createGuard({
      ...{ issuer: server.issuer, audience: API, pollSeconds: 30, descriptions: false },
      fetch: (input, init) => {
        urls.push(String(input))
        return fetch(input, init)
      },
    })
    const takes = async (token: string) =>
      (await guard.authorize({ authorization: `Bearer ${token}` }, {}, undefined)).ok
    try {
      const tokens = await Promise.all([newToken(), newToken(), newToken()])
      for (const token of tokens) {
        expect(await takes(token)).toBe(true)
        await expect.poll(held, PATIENTLY).toBe(1)
        await machine.revoke(token)
        await expect.poll(() => takes(token), PATIENTLY).toBe(false)
      }
      const reads = urls.filter((url) => url.includes('/revocations'))
      expect(reads.length).toBeLessThanOrEqual(tokens.length + 2)
    } finally {
      await guard.close()
    }
  })

  it(
    'a server that leaves ends them at once, with an answer',
    async () => {
      const other = await startTestServer(kind)
      const url = `${other.issuer}/revocations?after=0&wait=25`
      const answer = sendRequest(url, {})
      // It is there before the server is told to leave.
      await getAnswer(`${other.issuer}/revocations?after=0`)
      await other.stop()
      const { status, headers } = await answer
      expect(status).toBe(200)
      expect(headers.connection).toBe('close')
    },
    BEFORE_ITS_TIME.timeout,
  )
})
