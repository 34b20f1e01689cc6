// What one process has committed is told to the others on the same PostgreSQL: not before it is durable, and where it
// cannot be told the store says so, so that they look.

import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { News, Store } from '../../src/store/port.ts'
import { openStore } from '../../src/store/sql/open.ts'
import { createDatabase } from '../support/postgres.ts'
import { startStallingProxy } from '../support/stalling-proxy.ts'
import { CLIENT, giveGrant, NOW, newTenant } from './records.ts'

const PATIENTLY = { timeout: 30_000 }

interface Ear {
  readonly store: Store
  readonly heard: (News | undefined)[]
  readonly warnings: object[]
}

async function openStoreAt(url: string): Promise<Store> {
  const store = await openStore({ kind: 'postgres', url }, { migrate: true })
  onTestFinished(() => store.close())
  return store
}

async function listenAt(url: string, listenUrl = url): Promise<Ear> {
  const warnings: object[] = []
  const ignore = () => undefined
  const log = { info: ignore, error: ignore, warn: (fields: object) => void warnings.push(fields) }
  const store = await openStore({ kind: 'postgres', url, listenUrl }, { migrate: true, log })
  onTestFinished(() => store.close())
  const heard: (News | undefined)[] = []
  store.hearNews((news) => heard.push(news))
  return { store, heard, warnings }
}

async function connectTo(url: string): Promise<pg.Client> {
  const admin = new pg.Client(url)
  await admin.connect()
  onTestFinished(() => admin.end())
  return admin
}

const endListening = (admin: pg.Client) =>
  admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query = 'listen ostiary'`,
  )

async function publishBy(store: Store): Promise<News> {
  const grant = await giveGrant(store, { tenant: newTenant(), clientId: CLIENT })
  const { tenant, id: grantId } = grant
  expect(await store.revokeGrant({ tenant, grantId, nowSeconds: NOW })).toBe('ended')
  return { of: 'feed', tenant }
}

describe('what one process publishes', () => {
  test('another hears of, and of its own it hears once', async () => {
    const url = await createDatabase()
    const { store, heard } = await listenAt(url)
    await expect.poll(() => store.hearsOthers(), PATIENTLY).toBe(true)
    const own = await publishBy(store)
    const others = await publishBy(await openStoreAt(url))
    await expect.poll(() => heard, PATIENTLY).toContainEqual(others)
    expect(heard).toEqual([undefined, own, others])
  })

  test('reaches all who want to know, whoever of them was the first', async () => {
    const url = await createDatabase()
    const { store, heard } = await listenAt(url)
    const second: (News | undefined)[] = []
    store.hearNews((news) => second.push(news))
    await expect.poll(() => store.hearsOthers(), PATIENTLY).toBe(true)
    const others = await publishBy(await openStoreAt(url))
    await expect.poll(() => second, PATIENTLY).toContainEqual(others)
    expect(second).toEqual([undefined, others])
    expect(heard).toEqual(second)
  })

  test('it hears of when it is durable, not before', async () => {
    const url = await createDatabase()
    const { store, heard } = await listenAt(url)
    await expect.poll(() => store.hearsOthers(), PATIENTLY).toBe(true)
    const writer = await openStoreAt(url)
    const admin = await connectTo(url)
    const grant = await giveGrant(writer, { tenant: newTenant(), clientId: CLIENT })
    const { tenant, id: grantId } = grant
    await admin.query('begin')
    await admin.query('select 1 from grants where id = $1 for update', [grantId])
    const ending = writer.revokeGrant({ tenant, grantId, nowSeconds: NOW })
    // Told by the same writer, and later than the line that is waiting for its commit.
    const others = await publishBy(writer)
    await expect.poll(() => heard, PATIENTLY).toContainEqual(others)
    expect(heard).not.toContainEqual({ of: 'feed', tenant })
    await admin.query('rollback')
    await ending
    await expect.poll(() => heard, PATIENTLY).toContainEqual({ of: 'feed', tenant })
  })

  test('it hears of from a process that ends at once, as a command does', async () => {
    const url = await createDatabase()
    const { store, heard } = await listenAt(url)
    await expect.poll(() => store.hearsOthers(), PATIENTLY).toBe(true)
    const command = await openStore({ kind: 'postgres', url }, { migrate: false })
    const news = await publishBy(command)
    await command.close()
    await expect.poll(() => heard, PATIENTLY).toContainEqual(news)
  })
})

test('a connection that is cut is missed at once, and comes back', async () => {
  const url = await createDatabase()
  const { store, heard, warnings } = await listenAt(url)
  await expect.poll(() => store.hearsOthers(), PATIENTLY).toBe(true)
  heard.length = 0
  await endListening(await connectTo(url))
  // Once, because it hears no more; and again, because something may have been missed.
  await expect.poll(() => heard, PATIENTLY).toEqual([undefined, undefined])
  expect(store.hearsOthers()).toBe(true)
  expect(warnings).toHaveLength(1)
  const news = await publishBy(await openStoreAt(url))
  await expect.poll(() => heard, PATIENTLY).toContainEqual(news)
})

test('a connection that falls silent before it listens is given up for another', async () => {
  const url = await createDatabase()
  const proxy = await startStallingProxy(url)
  onTestFinished(() => proxy.close())
  proxy.stallAt(`listen ostiary`)
  const { store, warnings } = await listenAt(url, proxy.url)
  await expect.poll(() => warnings, PATIENTLY).toHaveLength(1)
  await expect.poll(() => store.hearsOthers(), PATIENTLY).toBe(true)
})

test('what listens where nothing arrives, as through a pooler, does not count as told', async () => {
  const url = await createDatabase()
  // Notices stay within a database.
  const { store, warnings } = await listenAt(url, await createDatabase())
  await expect.poll(() => warnings, PATIENTLY).toHaveLength(1)
  expect(warnings[0]).toMatchObject({ reason: expect.stringContaining('database.listenUrl') })
  expect(store.hearsOthers()).toBe(false)
})
