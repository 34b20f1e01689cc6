// Where the contract promises that the very next call is refused, the answer of one node also waits for the APIs that
// follow the feed at another.

import { setTimeout as pause } from 'node:timers/promises'
import { createGuard, type Guard } from '@ostiary/resource'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryInTime, untilNobodyLapses } from '../support/lapses.ts'
import { createDatabase } from '../support/postgres.ts'
import { scrape } from '../support/scrape.ts'
import { type SecondNode, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { API, API_SERVER, MACHINE } from '../support/world.ts'

const TRIES = 16
const PATIENTLY = { timeout: 30_000 }
const BASIC = `Basic ${btoa(`${API_SERVER.id}:${API_SERVER.secret}`)}`

type Node = Pick<SecondNode, 'url' | 'managementUrl'>

const metric = async ({ managementUrl }: Node, name: string, labels = {}) =>
  (await scrape(managementUrl)).value(name, labels)
const held = (node: Node) => metric(node, 'ostiary_feed_requests_held')
const lapsed = async (node: Node) =>
  (await metric(node, 'ostiary_feed_followers_lapsed_total', { tenant: 'main' })) ?? 0
const calls = (node: Node, call: string) =>
  metric(node, 'ostiary_store_call_duration_seconds_count', { call })

const takes = async (guard: Guard, token: string) =>
  (await guard.authorize({ authorization: `Bearer ${token}` }, {}, undefined)).ok

/** Follows the feed at this node, as a balancer would have it. */
function guardAt(node: Node, { issuer, url }: TestServer): Guard {
  return createGuard({
    ...{ issuer, audience: API, pollSeconds: 30, descriptions: false },
    introspection: { clientId: API_SERVER.id, clientSecret: API_SERVER.secret ?? '' },
    fetch: (input, init) => fetch(String(input).replace(url, node.url), init),
  })
}

async function newToken(app: TestApp): Promise<string> {
  return String((await app.token({ grant_type: 'client_credentials' })).body.access_token)
}

async function startNodes(policy: object) {
  const writer = await startTestServer('postgres', { management: { port: 0 }, policy })
  const other = await writer.startSecondNode()
  return { writer, other, app: new TestApp({ issuer: writer.url }, MACHINE) }
}

describe('contracts: revoked means now, where APIs follow another node', () => {
  let writer: TestServer
  let other: SecondNode
  let deaf: SecondNode
  let app: TestApp

  beforeAll(async () => {
    const nodes = await startNodes({ revocationWaitsForApis: true })
    writer = nodes.writer
    other = nodes.other
    app = nodes.app
    deaf = await writer.startSecondNode({ listenUrl: await createDatabase() })
  })
  afterAll(async () => {
    await deaf?.close()
    await other?.close()
    await writer?.stop()
  })

  it(`when the answer has gone out, the next call is refused, in ${TRIES} of ${TRIES} tries`, {
    timeout: 120_000,
  }, async () => {
    const nodes = [other, other, writer, deaf]
    const guards = nodes.map((node) => guardAt(node, writer))
    try {
      for (const guard of guards) expect(await takes(guard, await newToken(app))).toBe(true)
      await expect.poll(() => held(other), PATIENTLY).toBe(2)
      await expect.poll(() => held(writer), PATIENTLY).toBe(1)
      await expect.poll(() => held(deaf), PATIENTLY).toBe(1)
      const verdicts = await tryInTime(TRIES, {
        async revoke() {
          const token = await newToken(app)
          await app.revoke(token)
          return token
        },
        verdictsOn: (token) => Promise.all(guards.map((guard) => takes(guard, token))),
      })
      expect(verdicts).toEqual(Array.from({ length: TRIES * guards.length }, () => false))
    } finally {
      await Promise.all(guards.map((guard) => guard.close()))
      for (const node of [other, writer, deaf]) {
        await expect.poll(() => held(node), PATIENTLY).toBe(0)
      }
    }
  })

  it('one that hangs is waited for once, wherever it follows, and again when it has read a line in time', {
    timeout: 60_000,
  }, async () => {
    // Those of the test before have gone without a word.
    const before = await untilNobodyLapses({
      lapsed: () => lapsed(writer),
      revoke: async () => app.revoke(await newToken(app)),
    })
    const nodes = [other, writer]
    let after = (await writer.store.readFeedState('main')).lastSequence
    let asked = 0
    const follow = async () => {
      // As a balancer spreads them: what tells it of a line is not where it asks next.
      const { url } = nodes[asked++ % nodes.length] ?? writer
      const answer = await fetch(`${url}/revocations?after=${after}&wait=25&follower=slow`, {
        headers: { authorization: BASIC },
      })
      return ((await answer.json()) as { last_sequence: number }).last_sequence
    }
    const isHeld = () =>
      expect
        .poll(async () => (await Promise.all(nodes.map(held))).toSorted(), PATIENTLY)
        .toEqual([0, 1])

    const told = follow()
    await isHeld()
    const lapsedByNow = async () => {
      await app.revoke(await newToken(app))
      return lapsed(writer)
    }
    await expect.poll(lapsedByNow, PATIENTLY).toBe(before + 1)
    expect(await told).toBeGreaterThan(after)
    await app.revoke(await newToken(app))
    expect(await lapsed(writer)).toBe(before + 1)

    // Waited for again means that an answer does not go out before the line has been read.
    after = await follow()
    let asking = follow()
    const isWaitedFor = async () => {
      await isHeld()
      const revoking = app.revoke(await newToken(app))
      after = await asking
      const answer = await Promise.race([revoking, pause(200, 'waits')])
      asking = follow()
      await revoking
      return answer === 'waits'
    }
    await expect.poll(isWaitedFor, { ...PATIENTLY, interval: 1500 }).toBe(true)
    expect(await lapsed(writer)).toBe(before + 1)
  })
})

it('a policy that does not say so costs no call to the database', async () => {
  const { writer, other, app } = await startNodes({ revocationWaitsForApis: false })
  const guard = guardAt(other, writer)
  try {
    const token = await newToken(app)
    expect(await takes(guard, token)).toBe(true)
    await expect.poll(() => held(other), PATIENTLY).toBe(1)
    await app.revoke(token)
    await expect.poll(() => takes(guard, token), PATIENTLY).toBe(false)
    for (const node of [writer, other]) {
      expect(await calls(node, 'recordFollowers')).toBeUndefined()
      expect(await calls(node, 'findFollowersBehind')).toBeUndefined()
    }
    expect(await calls(writer, 'revokeGrant')).toBe(1)
  } finally {
    await guard.close()
    await other.close()
    await writer.stop()
  }
})
