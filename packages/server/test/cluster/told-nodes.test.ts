// Nodes on one PostgreSQL tell each other what they revoke. Where that is impossible they look ten times a second, and
// nobody misses anything when it becomes possible, or impossible, meanwhile.

import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabase } from '../support/postgres.ts'
import { scrape } from '../support/scrape.ts'
import { type SecondNode, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { MACHINE } from '../support/world.ts'

const ROUNDS = 16
const PATIENTLY = { timeout: 30_000 }

let writer: TestServer
let told: SecondNode
let deaf: SecondNode

beforeAll(async () => {
  writer = await startTestServer('postgres', { management: { port: 0 } })
  told = await writer.startSecondNode()
  deaf = await writer.startSecondNode({ listenUrl: await createDatabase() })
})
afterAll(async () => {
  await told?.close()
  await deaf?.close()
  await writer?.stop()
})

const read = (node: SecondNode, query: string) => getAnswer(`${node.url}/revocations?${query}`)
const isTold = async (node: SecondNode) =>
  (await scrape(node.managementUrl)).value('ostiary_feed_told')
const held = async (node: SecondNode) =>
  (await scrape(node.managementUrl)).value('ostiary_feed_requests_held')

/** @returns for each node, after how long the request that it held was answered with the line */
async function timeUntilAnswered(nodes: readonly SecondNode[]): Promise<readonly number[]> {
  const app = new TestApp({ issuer: writer.url }, MACHINE)
  const { body } = await app.token({ grant_type: 'client_credentials' })
  const after = (await read(told, 'after=0')).body.last_sequence
  let since = 0
  const answers = nodes.map(async (node) => {
    const answer = await read(node, `after=${after}&wait=25`)
    expect(answer.body.revocations).toHaveLength(1)
    return performance.now() - since
  })
  for (const node of nodes) await expect.poll(() => held(node), PATIENTLY).toBe(1)
  await app.revoke(body.access_token)
  since = performance.now()
  return Promise.all(answers)
}

const sum = (times: readonly (number | undefined)[]) =>
  times.reduce<number>((total, time) => total + (time ?? 0), 0)

it('contracts: revoked means now: a node is told of a line sooner than one that looks finds it', {
  timeout: 120_000,
}, async () => {
  await timeUntilAnswered([told, deaf])
  await expect.poll(() => isTold(told), PATIENTLY).toBe(1)
  expect(await isTold(deaf)).toBe(0)
  const rounds: (readonly number[])[] = []
  while (rounds.length < ROUNDS) rounds.push(await timeUntilAnswered([told, deaf]))
  expect(sum(rounds.map(([first]) => first))).toBeLessThan(sum(rounds.map(([, last]) => last)))
})

it('a node that is cut off from what is told hears of lines by looking, and is told again later', async () => {
  await timeUntilAnswered([told])
  await expect.poll(() => isTold(told), PATIENTLY).toBe(1)
  if (writer.database.kind !== 'postgres') throw new Error('it is PostgreSQL')
  const name = new URL(writer.database.url).pathname.slice(1)
  // Only from elsewhere can a database be closed to new connections.
  const admin = new pg.Client(await createDatabase())
  await admin.connect()
  try {
    const after = (await read(told, 'after=0')).body.last_sequence
    const answer = read(told, `after=${after}&wait=25`)
    await expect.poll(() => held(told), PATIENTLY).toBe(1)
    await admin.query(`alter database ${name} allow_connections false`)
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = $1 and query = 'listen ostiary'`,
      [name],
    )
    await expect.poll(() => isTold(told), PATIENTLY).toBe(0)
    const app = new TestApp({ issuer: writer.url }, MACHINE)
    const { body } = await app.token({ grant_type: 'client_credentials' })
    await app.revoke(body.access_token)
    expect((await answer).body.revocations).toHaveLength(1)
    expect(await isTold(told)).toBe(0)
    await admin.query(`alter database ${name} allow_connections true`)
    await expect.poll(() => isTold(told), PATIENTLY).toBe(1)
  } finally {
    await admin.query(`alter database ${name} allow_connections true`)
    await admin.end()
  }
})
