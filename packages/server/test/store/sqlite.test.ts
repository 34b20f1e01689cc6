// The store on the embedded database, and what is special about it: files, groups of transitions, a full disk.

import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Deadline } from '../../src/platform/deadline.ts'
import type { Store } from '../../src/store/port.ts'
import { createCheckpointer } from '../../src/store/sql/checkpointer.ts'
import { migrateStore, openStore } from '../../src/store/sql/open.ts'
import { SqliteDriver } from '../../src/store/sql/sqlite.ts'
import { compilerFor } from '../../src/store/sql/statement.ts'
import { createStore } from '../../src/store/sql/store.ts'
import { latestEvents } from '../support/latest-events.ts'
import { temporaryFolder } from './databases.ts'
import { auditEventRecord, NOW, newTenant } from './records.ts'
import { storeContract } from './store-contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'ostiary-store-'))
afterAll(() => rmSync(folder, { recursive: true }))

storeContract({
  name: 'SQLite',
  open: () => openStore({ kind: 'sqlite', path: join(folder, 'ostiary.db') }, { migrate: true }),
})

const UNAVAILABLE = { name: 'StoreUnavailableError' }

async function newDatabase(): Promise<string> {
  const path = join(await temporaryFolder(), 'data', 'ostiary.db')
  await migrateStore({ kind: 'sqlite', path })
  return path
}

function openOver(db: DatabaseSync, patienceMilliseconds?: number): Store {
  const patience = patienceMilliseconds === undefined ? {} : { patienceMilliseconds }
  const store = createStore(new SqliteDriver(db, compilerFor('sqlite'), patience))
  onTestFinished(() => store.close())
  return store
}

describe('the files of the embedded database', () => {
  test('can be read by their owner alone', async () => {
    const path = await newDatabase()
    const store = await openStore({ kind: 'sqlite', path }, { migrate: false })
    await store.recordAuditEvent(auditEventRecord({ tenant: newTenant() }))
    const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)
    expect([path, `${path}-wal`, `${path}-shm`].map(modeOf)).toEqual(['600', '600', '600'])
    expect(modeOf(join(path, '..'))).toBe('700')
    await store.close()
  })

  test.each([
    ['deleted', rmSync, 'was removed'],
    ['moved away', (file: string) => renameSync(file, `${file}-away`), 'was removed'],
    ['replaced by a copy', replaceByCopy, 'was replaced'],
    ['closed to its owner', (file: string) => chmodSync(file, 0o400), 'its mode is 400'],
  ])(
    'chaos 6: are not in order when one of them is %s while it is open',
    async (_, harm, problem) => {
      for (const which of ['', '-wal']) {
        const path = await newDatabase()
        const store = await openStore({ kind: 'sqlite', path }, { migrate: false })
        onTestFinished(() => store.close())
        await store.recordAuditEvent(auditEventRecord({ tenant: newTenant() }))
        await store.check()
        harm(path + which)
        await expect(store.check()).rejects.toMatchObject({
          ...UNAVAILABLE,
          message: expect.stringContaining(`${path}${which} `),
        })
        await expect(store.check()).rejects.toThrow(problem)
      }
    },
  )

  test('a path that cannot be opened is named', async () => {
    const settings = { kind: 'sqlite', path: '/dev/null/ostiary.db' } as const
    await expect(openStore(settings, { migrate: true })).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringContaining('/dev/null/ostiary.db'),
    })
  })
})

describe('the log of the embedded database', () => {
  test('comes into the file by another thread, while commits go on', async () => {
    const path = await newDatabase()
    const store = await openStore({ kind: 'sqlite', path }, { migrate: false })
    onTestFinished(() => store.close())
    const tenant = newTenant()
    const write = (events: number) =>
      Promise.all(
        Array.from({ length: events }, () => store.recordAuditEvent(auditEventRecord({ tenant }))),
      )
    await write(4000)
    await vi.waitFor(
      async () => {
        await write(10)
        expect(countEventsWithoutLog(path)).toBeGreaterThanOrEqual(2000)
      },
      { timeout: 10_000 },
    )
    expect((await latestEvents(store, tenant, 9000)).length).toBeGreaterThanOrEqual(2010)
  })
})

describe('chaos 6: the thread that empties the log', () => {
  test('says when it ends and why, and is asked again by whoever asks whether all is in order', async () => {
    const path = await newDatabase()
    copyFileSync(path, `${path}-whole`)
    writeFileSync(path, 'this is no database, and longer than the header of one would have to be')
    const lines: object[] = []
    const note = (fields: object, words: string) => void lines.push({ ...fields, words })
    const log = { info: note, warn: note, error: note }
    const checkpointer = createCheckpointer({ path, log })
    onTestFinished(() => checkpointer.close())
    await checkpointer.check()
    checkpointer.committed(10_000)
    await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 10_000 })
    expect(lines).toMatchObject([
      {
        words: 'the thread that empties the log of the database has ended',
        err: expect.any(Error),
      },
    ])
    await expect(checkpointer.check()).rejects.toMatchObject(UNAVAILABLE)
    renameSync(`${path}-whole`, path)
    await vi.waitFor(() => checkpointer.check(), { timeout: 10_000 })
  })
})

function replaceByCopy(file: string): void {
  copyFileSync(file, `${file}-copy`)
  renameSync(`${file}-copy`, file)
}

/** Of the file alone, as if the log had never been. */
function countEventsWithoutLog(path: string): number {
  const alone = `${path}-alone`
  copyFileSync(path, alone)
  using db = new DatabaseSync(alone)
  return Number(db.prepare('select count(*) as events from audit_events').get()?.events)
}

/** Time goes by only while it waits to look again, which takes so long each time: as on a machine that is busy. */
function lookEvery(milliseconds: number) {
  let now = performance.now()
  let looks = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void) => {
    looks += 1
    now += milliseconds
    setImmediate(work)
  }) as typeof setTimeout)
  onTestFinished(() => void vi.restoreAllMocks())
  return {
    count: () => looks,
    wait(more: number) {
      now += more
    },
  }
}

describe('transitions that are committed together', () => {
  test('one that fails is undone alone', async () => {
    const store = openOver(new DatabaseSync(await newDatabase()))
    const tenant = newTenant()
    const allowanceAt = (slot: string) => ({
      ...{ purpose: 'test', slot, failures: 9, windowSeconds: 60, thenEverySeconds: 0 },
    })
    const fail = (...slots: string[]) => {
      const allowances = slots.map(allowanceAt)
      return store.settleTry({
        tenant,
        allowances,
        result: 'failed',
        nowSeconds: NOW,
        subject: null,
      })
    }
    const outcomes = await Promise.allSettled([
      fail('one'),
      // The first of its statements is carried out, the second cannot be.
      fail('one', Symbol('no text') as never),
      fail('one'),
    ])
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: [1] },
      { status: 'rejected', reason: { message: expect.stringContaining('was given symbol') } },
      { status: 'fulfilled', value: [2] },
    ])
  })

  test('are answered after their commit', async () => {
    const path = await newDatabase()
    const store = openOver(new DatabaseSync(path))
    using other = new DatabaseSync(path, { readOnly: true })
    const count = () => other.prepare('select count(*) as n from audit_events').get()?.n
    const writes = Array.from({ length: 600 }, () =>
      store.recordAuditEvent(auditEventRecord({ tenant: newTenant() })),
    )
    expect(count()).toBe(0)
    await writes[0]
    expect(count()).toBeGreaterThan(1)
    await Promise.all(writes)
    expect(count()).toBe(600)
  })

  test('while another process holds the database, all fail, and later ones succeed', async () => {
    const path = await newDatabase()
    const store = openOver(new DatabaseSync(path), 20)
    using other = new DatabaseSync(path)
    const tenant = newTenant()
    other.exec('begin immediate')
    const outcomes = await Promise.allSettled([
      store.recordAuditEvent(auditEventRecord({ tenant })),
      store.recordAuditEvent(auditEventRecord({ tenant })),
    ])
    expect(outcomes).toMatchObject([{ reason: UNAVAILABLE }, { reason: UNAVAILABLE }])
    expect(await latestEvents(store, tenant, 10)).toEqual([])
    other.exec('rollback')
    await store.recordAuditEvent(auditEventRecord({ tenant }))
    expect((await latestEvents(store, tenant, 10)).length).toBe(1)
  })

  test('while another process holds the database for a moment, they wait and this one goes on', async () => {
    const path = await newDatabase()
    const store = openOver(new DatabaseSync(path))
    using other = new DatabaseSync(path)
    const tenant = newTenant()
    other.exec('begin immediate')
    const writes = Array.from({ length: 300 }, () =>
      store.recordAuditEvent(auditEventRecord({ tenant })),
    )
    // Were it to wait as SQLite does, nothing here would run before it gives up.
    for (let turns = 0; turns < 20; turns++) await delay(1)
    expect(await latestEvents(store, tenant, 1)).toEqual([])
    other.exec('rollback')
    await Promise.all(writes)
    expect(await latestEvents(store, tenant, 1000)).toHaveLength(300)
  })

  test('chaos 4: patience is counted in time, however seldom it looks', async () => {
    const path = await newDatabase()
    const store = openOver(new DatabaseSync(path), 300)
    using other = new DatabaseSync(path)
    other.exec('begin immediate')
    const looks = lookEvery(50)
    const failed = store.recordAuditEvent(auditEventRecord({ tenant: newTenant() }))
    await expect(failed).rejects.toMatchObject(UNAVAILABLE)
    expect(looks.count()).toBe(6)
    other.exec('rollback')
  })

  test('chaos 3: what a request wants to write waits as long as the request has time, and is not done later', async () => {
    const path = await newDatabase()
    const store = openOver(new DatabaseSync(path))
    using other = new DatabaseSync(path)
    const tenant = newTenant()
    const record = () => store.recordAuditEvent(auditEventRecord({ tenant }))
    other.exec('begin immediate')
    const hurried = new Promise<unknown>((resolve) => {
      Deadline.begin(20).govern(() => record().catch(resolve))
    })
    const patient = record()
    expect(await hurried).toMatchObject(UNAVAILABLE)
    other.exec('rollback')
    await patient
    expect(await latestEvents(store, tenant, 10)).toHaveLength(1)
  })

  test('chaos 3: nobody waits a second time for who holds the database for long', async () => {
    const path = await newDatabase()
    const store = openOver(new DatabaseSync(path), 100)
    using other = new DatabaseSync(path)
    const tenant = newTenant()
    const record = () => store.recordAuditEvent(auditEventRecord({ tenant }))
    other.exec('begin immediate')
    const looks = lookEvery(10)
    await expect(record()).rejects.toMatchObject(UNAVAILABLE)
    expect(looks.count()).toBe(10)
    for (let again = 0; again < 5; again++) {
      await expect(record()).rejects.toMatchObject(UNAVAILABLE)
    }
    expect(looks.count()).toBe(10)
    // Who has not looked for a while has patience again.
    looks.wait(1000)
    await expect(record()).rejects.toMatchObject(UNAVAILABLE)
    expect(looks.count()).toBe(20)
    other.exec('rollback')
    await record()
  })

  test('what is left when the store is closed is written first', async () => {
    const path = await newDatabase()
    const store = openOver(new DatabaseSync(path))
    const tenant = newTenant()
    const writes = Array.from({ length: 600 }, () =>
      store.recordAuditEvent(auditEventRecord({ tenant })),
    )
    await store.close()
    await Promise.all(writes)
    const after = openOver(new DatabaseSync(path))
    expect(await latestEvents(after, tenant, 1000)).toHaveLength(600)
  })

  test('on a full disk all of the group fail, and the store lives on', async () => {
    const db = new DatabaseSync(await newDatabase())
    const store = openOver(db)
    const tenant = newTenant()
    const small = auditEventRecord({ tenant })
    const huge = { ...small, target: 'x'.repeat(1_000_000) }
    db.exec('pragma max_page_count = 100')
    const outcomes = await Promise.allSettled([
      store.recordAuditEvent(small),
      store.recordAuditEvent(huge),
      store.recordAuditEvent(small),
    ])
    expect(outcomes).toMatchObject([
      { reason: UNAVAILABLE },
      { reason: UNAVAILABLE },
      { reason: UNAVAILABLE },
    ])
    expect(await latestEvents(store, tenant, 10)).toEqual([])
    await store.recordAuditEvent(small)
    expect(await latestEvents(store, tenant, 10)).toEqual([small])
  })
})
