// Tells trouble of PostgreSQL, or of the way to it, from an error in a statement of ours.

import pg from 'pg'
import { StoreUnavailableError } from '../port.ts'

/** What `pg` says when it has waited for a connection for long enough. */
const SILENCE = /\btime-?out\b/i

/** Statement time-out, lock time-out, and what conflicted again each time it was run. */
const TOO_SLOW = new Set(['57014', '55P03', '40P01', '40001'])

/** Whether the database let somebody wait for nothing: then the next ones need not try the same. */
export function isSilence(error: unknown): boolean {
  const { cause } = error instanceof StoreUnavailableError ? error : {}
  if (cause instanceof pg.DatabaseError) return TOO_SLOW.has(cause.code ?? '')
  return cause instanceof Error && SILENCE.test(cause.message)
}

/** Deadlock and serialization failure: the same transaction may well succeed when it is run again. */
const CONFLICTS = new Set(['40P01', '40001'])

export function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && CONFLICTS.has(error.code ?? '')
}

/**
 * SQLSTATE classes, and single codes: connection trouble, wrong credentials, no such database, read-only
 * standby, out of resources, not accepting connections, cancelled or shut down, lock time-out, system error.
 */
const UNAVAILABLE = ['08', '28', '3D', '25006', '53', '55000', '55P03', '57', '58']

/** A prepared statement that is not there, or was there already: somebody between us and PostgreSQL has shared its connection. */
const STATEMENT_LOST = ['26000', '42P05']

/** What a pooler, such as PgBouncer, has to do or to be spared. */
const POOLER_ADVICE = {
  statements: 'behind PgBouncer before 1.21, set database.preparedStatements to false',
  parameters:
    'in PgBouncer, let ignore_startup_parameters name statement_timeout and idle_in_transaction_session_timeout',
}

export type PoolerTrouble = keyof typeof POOLER_ADVICE

export function poolerTroubleOf(error: unknown): PoolerTrouble | undefined {
  if (!(error instanceof pg.DatabaseError)) return undefined
  if (STATEMENT_LOST.includes(error.code ?? '')) return 'statements'
  return error.message.startsWith('unsupported startup parameter') ? 'parameters' : undefined
}

/** @returns a StoreUnavailableError for trouble, and any other error as it is. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof StoreUnavailableError) return error
  const trouble = poolerTroubleOf(error)
  if (trouble !== undefined) return asTrouble(error, POOLER_ADVICE[trouble])
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? ''
    if (!UNAVAILABLE.some((start) => code.startsWith(start))) return error
  }
  // Whatever is not from the server itself went wrong on the way to it: refused, broken off, too slow.
  return asTrouble(error)
}

export function asTrouble(error: unknown, advice?: string): StoreUnavailableError {
  const said = error instanceof Error ? error.message || error.name : String(error)
  const reason = advice === undefined ? said : `${said} (${advice})`
  return new StoreUnavailableError(`the database cannot answer: ${reason}`, { cause: error })
}
