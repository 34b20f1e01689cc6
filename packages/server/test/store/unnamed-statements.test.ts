// The store on PostgreSQL without prepared statements, and through a PgBouncer where the machine has one: each transaction
// comes to another of its few connections.

import pg from 'pg'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { openStore } from '../../src/store/sql/open.ts'
import { asStoreError, poolerTroubleOf } from '../../src/store/sql/postgres-errors.ts'
import { findPoolerTrouble } from '../../src/store/sql/postgres-pooler.ts'
import { findPgBouncer, type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts'
import { createDatabase } from '../support/postgres.ts'
import { CLIENT, giveGrant, newTenant } from './records.ts'
import { storeContract } from './store-contract.ts'

const program = findPgBouncer()
const database = createDatabase()
let bouncer: PgBouncer | undefined
afterAll(() => bouncer?.stop())

async function urlOf(): Promise<string> {
  const url = await database
  if (program === undefined) return url
  bouncer ??= await startPgBouncer(program, url)
  return bouncer.url
}

storeContract({
  name: program === undefined ? 'PostgreSQL' : 'PgBouncer',
  open: async () => {
    const settings = { kind: 'postgres', url: await urlOf(), preparedStatements: false } as const
    return openStore(settings, { migrate: true })
  },
})

test.each([true, false])(
  'ruling 16: whether statements have names, with the setting %s',
  async (preparedStatements) => {
    const asked = vi.spyOn(pg.Client.prototype, 'query')
    onTestFinished(() => asked.mockRestore())
    const settings = { kind: 'postgres', url: await database, preparedStatements } as const
    const store = await openStore(settings, { migrate: true })
    onTestFinished(() => store.close())
    asked.mockClear()
    await store.findClient('main', CLIENT)
    await giveGrant(store, { tenant: newTenant(), clientId: CLIENT })
    const named = asked.mock.calls.filter(([first]) => typeof first === 'object' && 'name' in first)
    expect(named.length > 0).toBe(preparedStatements)
  },
)

test('ruling 16: a statement that was lost on the way is trouble, and names its setting', () => {
  for (const [code, message] of [
    ['26000', 'prepared statement "findClient" does not exist'],
    ['42P05', 'prepared statement "findClient" already exists'],
  ] as const) {
    const error = Object.assign(new pg.DatabaseError(message, 0, 'error'), { code })
    expect(poolerTroubleOf(error)).toBe('statements')
    expect(asStoreError(error)).toMatchObject({
      name: 'StoreUnavailableError',
      message: `the database cannot answer: ${message} (behind PgBouncer before 1.21, set database.preparedStatements to false)`,
    })
  }
})

test('ruling 16: PostgreSQL itself is no pooler', async () => {
  expect(await findPoolerTrouble(await database)).toBeUndefined()
  expect(await findPoolerTrouble('postgres://nobody@127.0.0.1:1/none')).toBeUndefined()
})
