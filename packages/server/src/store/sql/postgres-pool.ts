// Connections to PostgreSQL, with time-outs: after so long a caller is better served by a 503 than by more waiting.

import pg from 'pg'

/** Within two seconds a caller has its answer, and that is not all a request has to do. */
const STATEMENT_MILLISECONDS = 1500
const CONNECT_MILLISECONDS = 1750
const PATIENT_CONNECT_MILLISECONDS = 10_000

/** What PostgreSQL itself ends. */
export const TIME_LIMITS = {
  statement_timeout: STATEMENT_MILLISECONDS,
  idle_in_transaction_session_timeout: 2 * CONNECT_MILLISECONDS,
}

/** @param settings `patient` for what no caller waits for: then a statement takes the time that it takes */
export function openPool({
  url,
  size,
  patient = false,
}: {
  url: string
  size: number
  patient?: boolean
}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: patient ? PATIENT_CONNECT_MILLISECONDS : CONNECT_MILLISECONDS,
    ...(!patient && TIME_LIMITS),
    keepAlive: true,
    pipeline: true,
    types: { getTypeParser },
  })
  // A connection that breaks fails its queries and leaves the pool; unheard, its event would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

const INT8 = 20

/** Times and counts are 64 bits wide in the tables, and far from that in truth. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) =>
  oid === INT8 ? Number : pg.types.getTypeParser(oid, format)
