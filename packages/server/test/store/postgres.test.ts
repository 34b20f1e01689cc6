// The store on PostgreSQL, and what is special about it: connections that break, answers that do not come, deadlocks.

import { createServer } from 'node:net'
import pg from 'pg'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Deadline } from '../../src/platform/deadline.ts'
import type { Store } from '../../src/store/port.ts'
import { openStore } from '../../src/store/sql/open.ts'
import { createDatabase } from '../support/postgres.ts'
import {
  approve,
  auditEventRecord,
  CLIENT,
  giveGrant,
  NOW,
  newTenant,
  redemptionOf,
} from './records.ts'
import { storeContract } from './store-contract.ts'

const url = createDatabase()

storeContract({
  name: 'PostgreSQL',
  open: async () => openStore({ kind: 'postgres', url: await url }, { migrate: true }),
})

const UNAVAILABLE = { name: 'StoreUnavailableError' }

async function openAlone(poolSize: number): Promise<{ store: Store; admin: pg.Client }> {
  const own = await createDatabase()
  const store = await openStore({ kind: 'postgres', url: own, poolSize }, { migrate: true })
  const admin = new pg.Client(own)
  await admin.connect()
  onTestFinished(async () => {
    await admin.end()
    await store.close()
  })
  return { store, admin }
}

const killOthers = (admin: pg.Client) =>
  admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  )

describe('trouble with the database', () => {
  test('idle connections that break are replaced', async () => {
    const { store, admin } = await openAlone(2)
    await killOthers(admin)
    const tenant = newTenant()
    await expect
      .poll(() =>
        store.recordAuditEvent(auditEventRecord({ tenant })).then(() => 'recorded', String),
      )
      .toBe('recorded')
  })

  test('a connection that breaks in a transaction fails that caller alone, and nothing is kept', async () => {
    const { store, admin } = await openAlone(2)
    const { code } = await approve(store, { tenant: newTenant() })
    const { hash } = code
    await admin.query('begin')
    await admin.query('select 1 from codes where hash = $1 for update', [hash])
    const request = redemptionOf(code)
    const redemption = store.redeemCode(request).catch((error: unknown) => error)
    await expect.poll(() => countWaiting(admin)).toBe(1)
    await killOthers(admin)
    expect(await redemption).toMatchObject(UNAVAILABLE)
    await admin.query('rollback')
    await expect.poll(() => store.redeemCode(request).catch(String)).toBe('redeemed')
  })

  test('a lock that is held too long ends in a refusal, not in waiting', async () => {
    const { store, admin } = await openAlone(2)
    const { code } = await approve(store, { tenant: newTenant() })
    const { hash } = code
    await admin.query('begin')
    await admin.query('select 1 from codes where hash = $1 for update', [hash])
    const request = redemptionOf(code)
    await expect(store.redeemCode(request)).rejects.toMatchObject(UNAVAILABLE)
    await admin.query('rollback')
    // The next ones are turned away for a moment.
    await expect.poll(() => store.redeemCode(request).catch(String)).toBe('redeemed')
  })

  test('a transaction that loses a deadlock is run again', async () => {
    const { store, admin } = await openAlone(2)
    await admin.query(`set deadlock_timeout = '10s'`)
    const grant = await giveGrant(store, { tenant: newTenant(), clientId: CLIENT })
    const { tenant, id: grantId } = grant
    const input = { tenant, grantId, nowSeconds: NOW }
    await admin.query(`insert into revocation_sequences values ($1, 0)`, [tenant])
    await admin.query('begin')
    await admin.query('select 1 from grants where id = $1 for update', [grantId])
    const ending = store.revokeGrant(input)
    await expect.poll(() => countWaiting(admin)).toBe(1)
    await admin.query('update revocation_sequences set sequence = 7 where tenant = $1', [tenant])
    await admin.query('commit')
    expect(await ending).toBe('ended')
    const feed = { tenant, afterSequence: 0, nowSeconds: NOW - 1, limit: 10 }
    expect((await store.readFeed(feed)).lines).toMatchObject([{ sequence: 8 }])
  })

  test('a table that was filled is looked at, and then left alone', async () => {
    const { store, admin } = await openAlone(2)
    const fill = () =>
      admin.query(`insert into one_time_ids (tenant, purpose, id, expires_at_seconds)
        select 'main', 'test', gen_random_uuid(), 0 from generate_series(1, 150)`)
    await fill()
    await admin.query('select pg_stat_force_next_flush()')
    await expect.poll(() => store.findOutgrownTables()).toContain('one_time_ids')
    for (const name of await store.findOutgrownTables()) await store.analyseTable(name)
    await expect.poll(() => store.findOutgrownTables()).toEqual([])
    // Half as much again is no reason to look.
    await fill()
    await admin.query('select pg_stat_force_next_flush()')
    expect(await store.findOutgrownTables()).toEqual([])
  })

  test('chaos 3: a single statement that loses a deadlock is run again', async () => {
    const { store, admin } = await openAlone(2)
    await admin.query(`set deadlock_timeout = '10s'`)
    for (const name of ['first', 'second']) {
      const limits = { failures: 9, windowSeconds: 0, thenEverySeconds: 0 }
      const allowance = { purpose: 'test', slot: name, ...limits }
      await store.countFailure({ tenant: 'main', allowance, nowSeconds: NOW })
    }
    const lock = (offset: number) =>
      admin.query(`select 1 from guesses order by ctid limit 1 offset ${offset} for update`)
    await admin.query('begin')
    await lock(1)
    const deleting = store.deleteExpired(NOW + 1, 10)
    await expect.poll(() => countWaiting(admin)).toBe(1)
    await lock(0)
    await admin.query('commit')
    expect(await deleting).toBe(2)
  })

  test.each([
    ['a statement', '57014', '0'],
    ['a lock', '55P03', '100ms'],
  ])(
    'chaos 3: after a time-out of %s others are turned away for a moment',
    async (_, code, lockTimeout) => {
      const { store, admin } = await openAlone(1)
      const database = (await admin.query('select current_database() as name')).rows[0].name
      await admin.query(`alter database ${database} set lock_timeout = '${lockTimeout}'`)
      await killOthers(admin)
      const { code: record } = await until(() => approve(store, { tenant: newTenant() }))
      const { tenant, hash } = record
      await admin.query('begin')
      await admin.query('select 1 from codes where hash = $1 for update', [hash])
      const redemption = redemptionOf(record)
      const failure = { ...UNAVAILABLE, cause: { code } }
      await expect(store.redeemCode(redemption)).rejects.toMatchObject(failure)
      const early = await store.findCode(tenant, hash).catch((error: unknown) => error)
      await admin.query('rollback')
      expect(early).toMatchObject({ message: 'the database did not answer just now' })
      expect(await until(() => store.redeemCode(redemption))).toBe('redeemed')
    },
  )

  test('chaos 3: all that a request asks for shares one deadline, and no connection is left behind', async () => {
    const { store, admin } = await openAlone(1)
    const { code } = await approve(store, { tenant: newTenant() })
    await admin.query('begin')
    await admin.query('select 1 from codes where hash = $1 for update', [code.hash])
    const redeem = () => store.redeemCode(redemptionOf(code)).catch((error: unknown) => error)
    const alone = await timed(redeem)
    await until(() => store.check())
    const request = await timed(() =>
      within(600, async () => {
        return [await redeem(), await redeem(), await Promise.all([redeem(), redeem()])].flat()
      }),
    )
    expect(request.outcome).toMatchObject([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE])
    // One call that is under no deadline waits for the time-out of the server.
    expect(request.milliseconds / alone.milliseconds).toBeLessThan(0.8)
    await admin.query('rollback')
    expect(await until(() => store.redeemCode(redemptionOf(code)))).toBe('redeemed')
    expect(store.load()).toMatchObject({ waiting: 0, connections: { busy: 0 } })
  })

  test('a server that cannot be reached is named as the trouble', async () => {
    const settings = { kind: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' } as const
    for (const migrate of [false, true]) {
      await expect(openStore(settings, { migrate })).rejects.toMatchObject(UNAVAILABLE)
    }
  })

  test('a server that does not answer is given up on', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    await new Promise((listening) => silent.once('listening', listening))
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const settings = { kind: 'postgres', url: `postgres://x@127.0.0.1:${port}/x` } as const
    await expect(openStore(settings, { migrate: false })).rejects.toMatchObject(UNAVAILABLE)
  })
})

/** Does it as a request with so much time would. */
function within<Result>(milliseconds: number, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    Deadline.begin(milliseconds).govern(() => work().then(resolve, reject))
  })
}

async function timed<Outcome>(work: () => Promise<Outcome>) {
  const startedAt = performance.now()
  const outcome = await work()
  return { outcome, milliseconds: performance.now() - startedAt }
}

/** Tries until the store answers. */
async function until<Result>(work: () => Promise<Result>): Promise<Result> {
  return vi.waitFor(work, { timeout: 5000 })
}

async function countWaiting(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query(
    `select count(*)::int as n from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows[0]?.n
}
