// Looks whether a pooler, such as PgBouncer, stands between us and PostgreSQL, and does what our connections cannot bear.

import pg from 'pg'
import { type PoolerTrouble, poolerTroubleOf } from './postgres-errors.ts'
import { TIME_LIMITS } from './postgres-pool.ts'

const PROBE = { name: 'ostiary_probe', text: 'select 1' }
const PATIENCE_MILLISECONDS = 2000

/**
 * Where each transaction may come to another connection, one that was kept busy meanwhile takes its statements with it.
 * @returns undefined where there is none, or none that can be seen: other trouble, opening the store tells
 */
export async function findPoolerTrouble(url: string): Promise<PoolerTrouble | undefined> {
  const [one, other] = [newClient(url), newClient(url)]
  try {
    await one.connect()
    await other.connect()
    await one.query(PROBE)
    await other.query('begin')
    await one.query(PROBE)
    return undefined
  } catch (error) {
    return poolerTroubleOf(error)
  } finally {
    await Promise.allSettled([one.end(), other.end()])
  }
}

function newClient(url: string): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: PATIENCE_MILLISECONDS,
    query_timeout: PATIENCE_MILLISECONDS,
    ...TIME_LIMITS,
  })
  client.on('error', () => undefined)
  return client
}
